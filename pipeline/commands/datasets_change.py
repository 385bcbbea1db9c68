"""`v4s datasets tag|derive|drop|rm|gc|rebuild`: other versions of what a store holds, and fewer of them.

No shard is ever rewritten, no version ever changed.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable

from video4spatial.pipeline.commands.datasets_trace import add_runs_option, chosen_runs, print_uses
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.engine.environment import code_facts
from video4spatial.pipeline.store.derive import find_source
from video4spatial.pipeline.store.store import Derived, Garbage, Grace, Store

Run = Callable[[argparse.Namespace], int]


def register_changes(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the actions to `v4s datasets`."""
    tag = _add(actions, "tag", run_tag, "give a version a name that stays")
    tag.add_argument("tag", metavar="TAG")
    derive = _add(actions, "derive", run_derive, "a version of fewer sequences, nothing rewritten")
    derive.add_argument("--where", required=True, metavar="SQL", help='condition on a row: "sharpness > 60"')
    derive.add_argument("--name", metavar="DATASET", help="dataset of the new version; default: the same")
    drop = _add(actions, "drop", run_drop, "a version without a withdrawn input; later ones leave it out too")
    drop.add_argument("--source", required=True, metavar="SOURCE", help="name (source_uri) or sha256 of the input")
    add_runs_option(drop)
    remove = _add(actions, "rm", run_rm, "take a version out of sight; gc deletes what it held, later")
    remove.add_argument("--with-tags", action="store_true", help="also where it is tagged")
    remove.add_argument("--restore", action="store_true", help="bring it back, as long as gc has not been there")
    _add(actions, "rebuild", run_rebuild, "make a version's lost or damaged table again from its units")
    collect = actions.add_parser("gc", help="find, and with --delete remove, what nothing needs", description=__doc__)
    collect.add_argument("--store", required=True, metavar="DIR", help="the dataset store")
    collect.add_argument("--delete", action="store_true", help="delete; without it, only say what would go")
    collect.add_argument(
        "--grace-days", type=float, default=Grace.days, metavar="D", help=f"younger files stay; default {Grace.days:g}"
    )
    collect.add_argument(
        "--unit-days",
        type=float,
        default=Grace.unit_days,
        metavar="D",
        help=f"younger units that no version names stay; default {Grace.unit_days:g}",
    )
    collect.add_argument(
        "--originals", action="store_true", help="also units of which no version keeps a sequence, as after repack"
    )
    collect.add_argument("--json", action="store_true", help="for machines: every unit and file")
    collect.set_defaults(run=run_gc)


def _add(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, run: Run, text: str
) -> argparse.ArgumentParser:
    """An action on one version."""
    parser = actions.add_parser(name, help=text, description=__doc__)
    parser.add_argument("version", metavar="DATASET[@N|@TAG]")
    parser.add_argument("--store", required=True, metavar="DIR", help="the dataset store")
    parser.set_defaults(run=run)
    return parser


def run_tag(options: argparse.Namespace) -> int:
    """A tag is given once and never moved."""
    store = Store.open(options.store)
    version = store.version(options.version)
    store.tag(version.name, options.tag)
    print(f"{version.manifest['dataset']}@{options.tag} is {version.name}")
    return 0


def run_derive(options: argparse.Namespace) -> int:
    """The version of the rows for which the condition is true."""
    store = Store.open(options.store)
    parent = store.version(options.version)
    derived = store.derive(parent, options.where, options.name, code_facts())
    print(_told(derived, parent.name))
    if derived.unknown:
        print(f"  {derived.unknown} of those left out lack a value that the condition needs")
    _warn_empty_sides(derived)
    return 0


def run_drop(options: argparse.Namespace) -> int:
    """The version without the input, and where the input still is."""
    store = Store.open(options.store)
    parent = store.version(options.version)
    source = find_source(parent.table(["source_sha256", "source_uri"]), options.source)
    derived = store.drop(parent, source, code_facts())
    print(_told(derived, parent.name))
    _warn_empty_sides(derived)
    twins = _left_without_twin(derived)
    if twins:
        print(f"  {twins} sequences stay rejected as near duplicates of it; `v4s publish` judges them anew")
    print("no version that is made from now on takes it in; it is still in:")
    print_uses(store.trace(source, chosen_runs(options)), "  ", holding=True)
    print("  `v4s datasets rm` those versions, then `v4s datasets gc --delete` frees its bytes")
    print("  take it out of the inputs of recipes too, or runs make its units again, for publish to leave out")
    return 0


def run_rm(options: argparse.Namespace) -> int:
    """Out of sight, with a way back until gc has been there."""
    dataset, _, which = options.version.partition("@")
    if not which:
        raise ConfigError(f"rm needs to know which version of {dataset}: {dataset}@N")
    store = Store.open(options.store)
    if options.restore:
        if not which.isdigit():
            raise ConfigError(f"--restore needs the number of the version: {dataset}@N")
        print(f"{store.restore(dataset, int(which)).name} is back")
        return 0
    version = store.version(options.version)
    went = store.remove(version, options.with_tags)
    tags = f", with its tags {', '.join(went)}" if went else ""
    print(f"{version.name} is removed{tags}; `v4s datasets rm {version.name} --restore` brings it back")
    print(f"  what it alone held goes with `v4s datasets gc --delete` once it is {Grace.days:g} days old")
    return 0


def run_rebuild(options: argparse.Namespace) -> int:
    """The same bytes under the same name, or an error that says what is missing."""
    store = Store.open(options.store)
    version = store.version(options.version)
    made = store.rebuild(version)
    print(f"{version.name}: its table {'was made again, as it was published' if made else 'is whole'}")
    return 0


def run_gc(options: argparse.Namespace) -> int:
    """Says what nothing needs; deletes it with --delete alone."""
    if options.grace_days < 0 or options.unit_days < 0:
        raise ConfigError("--grace-days and --unit-days must not be below 0")
    store = Store.open(options.store)
    grace = Grace(days=options.grace_days, unit_days=options.unit_days, originals=options.originals)
    garbage = store.collect(grace) if options.delete else store.garbage(grace)
    if options.json:
        files = [{"path": file.path, "nbytes": file.nbytes} for file in garbage.files]
        print(json.dumps({"deleted": options.delete, "units": garbage.units, "files": files}))
        return 0
    print(f"{'deleted' if options.delete else 'would delete'}: {_of(garbage)}")
    if garbage.files and not options.delete:
        print("  nothing was touched; --delete deletes it")
    return 0


def _of(garbage: Garbage) -> str:
    """`12 shards, 3 tables; 48.1 MB; 4 units retired`."""
    kinds = Counter(file.path.partition("/")[0] for file in garbage.files)
    files = ", ".join(f"{count} of {kind}" for kind, count in sorted(kinds.items())) or "nothing"
    units = f"; {len(garbage.units)} units, of which the receipt is kept apart" if garbage.units else ""
    return f"{files}; {garbage.nbytes / 1e6:.1f} MB{units}"


def _told(derived: Derived, parent: str) -> str:
    version = derived.version
    if version.name == parent:
        return f"{parent} is that version already: it holds nothing that would go"
    kept = version.manifest["rows"]
    made = "made" if derived.created else "is there already"
    return f"{version.name} {made} from {parent}: kept {kept} of {kept + derived.left_out}"


def _warn_empty_sides(derived: Derived) -> None:
    splits = derived.version.manifest["splits"]
    empty = [side for side in ("train", "val", "test") if not splits[side]["rows"]]
    if empty:
        print(f"  it has no sequence for {' and '.join(empty)}: rows keep their side of the split; publish splits anew")


def _left_without_twin(derived: Derived) -> int:
    table = derived.version.table(["key", "verdict", "reason", "near_duplicate_of"]).to_pylist()
    gone = {row["key"] for row in table if row["reason"] == "withdrawn"}
    return sum(row["near_duplicate_of"] in gone for row in table if row["reason"] == "near_duplicate")
