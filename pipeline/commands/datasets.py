"""`v4s datasets`: what a store holds. Here list, show and verify; the other actions are in files of their own."""

import argparse
import json
from collections import Counter
from typing import Any

from video4spatial.pipeline.commands import record
from video4spatial.pipeline.commands.datasets_ask import register_questions
from video4spatial.pipeline.commands.datasets_change import register_changes
from video4spatial.pipeline.commands.datasets_trace import register_traces
from video4spatial.pipeline.commands.export import register_export
from video4spatial.pipeline.commands.export_whole import register_repack
from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.store.store import Store


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb and its own verbs."""
    parser = verbs.add_parser(
        "datasets",
        help="list, show, compare, derive, trace, verify, remove and export versions",
        description="What a store holds, and every verb over its versions; docs/datasets.md explains them.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for name, action, text in (
        ("list", run_list, "every version of every dataset"),
        ("show", run_show, "one version: what it holds, what was dropped and why"),
        ("verify", run_verify, "read a version back and compare every hash"),
        ("record", record.run_record, "write a sequence as a Rerun recording (.rrd)"),
    ):
        sub = actions.add_parser(name, help=text)
        sub.add_argument("--store", required=True, metavar="DIR", help="the dataset store")
        if name != "record":
            sub.add_argument("--json", action="store_true", help="for machines")
        if name == "list":
            sub.add_argument("dataset", nargs="?", metavar="DATASET")
            sub.add_argument(
                "--removed", action="store_true", help="those that were removed, which `rm --restore` may bring back"
            )
        else:
            sub.add_argument("version", metavar="DATASET[@N|@TAG]")
        if name == "verify":
            sub.add_argument("--quick", action="store_true", help="sizes only, no hashes")
        if name == "record":
            record.add_options(sub)
        sub.set_defaults(run=action)
    for register_more in (register_questions, register_traces, register_changes, register_repack, register_export):
        register_more(actions)


def run_list(options: argparse.Namespace) -> int:
    """One line a version; a damaged one has its line too and does not hide the others."""
    store = Store.open(options.store, create=False)
    if options.removed:
        return _list_removed(store, options)
    names = store.datasets()
    if options.dataset:
        if options.dataset not in names:
            known = ", ".join(names) or "nothing yet"
            raise ConfigError(f"no dataset {options.dataset!r} in {options.store}, which holds {known}")
        names = [options.dataset]
    lines = [_summary(store, name, number) for name in names for number in store.versions(name)]
    if options.json:
        print(json.dumps(lines))
    elif not lines:
        print("no versions yet: v4s run RECIPE --out DIR makes one")
    else:
        print(f"{'VERSION':20s} {'KEPT':>7s} {'ROWS':>7s} {'MB':>9s}  {'CREATED':25s} CONTENT")
    for line in lines if not options.json else []:
        if "damaged" in line:
            print(f"{line['version']:20s} DAMAGED {line['damaged']}")
            continue
        print(
            f"{line['version']:20s} {line['kept']:7d} {line['rows']:7d} {line['bytes'] / 1e6:9.1f}  "
            f"{line['created']:25s} {line['content'][:16]}{'' if line['complete'] else '  INCOMPLETE'}"
            + "".join(f"  @{tag}" for tag in line["tags"])
        )
    return 0


def _list_removed(store: Store, options: argparse.Namespace) -> int:
    """One line a removed version: when it went, and whether all that it needs to come back is there."""
    lines = [line for line in store.removed() if options.dataset in (None, line["version"].partition("@")[0])]
    if options.json:
        print(json.dumps(lines))
        return 0
    for line in lines:
        state = "can be restored" if line["restorable"] else "its files are collected"
        print(f"{line['version']:20s} removed {line['removed']}  {state}  {line['content'][:16]}")
    if not lines:
        print("no version was removed")
    return 0


def run_show(options: argparse.Namespace) -> int:
    """A version's counts by fate, reason, split and kind, and its manifest."""
    store = Store.open(options.store, create=False)
    version = store.version(options.version)
    rows = version.table(["verdict", "reason", "split", "held_out", "kind"]).to_pylist()
    counts = {
        "verdict": Counter(row["verdict"] for row in rows),
        "reason": Counter(row["reason"] for row in rows if row["verdict"] != "kept"),
        "kind": Counter(row["kind"] for row in rows if row["verdict"] == "kept"),
        "split": Counter(
            f"{row['split']}, held out" if row["held_out"] else row["split"] for row in rows if row["verdict"] == "kept"
        ),
    }
    if options.json:
        print(json.dumps({"manifest": version.manifest, "counts": counts}, sort_keys=True))
        return 0
    tags = [
        tag for tag, number in store.tags(version.manifest["dataset"]).items() if number == version.manifest["version"]
    ]
    print(f"{version.name}  content {version.content}" + (f"  tagged {', '.join(tags)}" if tags else ""))
    for name, tally in counts.items():
        if tally:
            print(f"  {name:8s} " + ", ".join(f"{count} {value}" for value, count in tally.most_common()))
    for key in ("complete", "created", "seeds", "parent", "derivation", "code"):
        if version.manifest.get(key) is not None:
            print(f"  {key:8s} {_plain(version.manifest[key])}")
    for unit in version.manifest.get("failed_units", ()):
        print(f"  failed   {_plain(unit)}")
    return 0


def run_verify(options: argparse.Namespace) -> int:
    """Exit 0 when every byte is what the manifest says, 1 with one line a problem otherwise."""
    store = Store.open(options.store, create=False)
    version = store.version(options.version)
    problems = store.verify(version, quick=options.quick)
    if options.json:
        print(json.dumps([{"path": item.path, "what": item.what, "remedy": item.remedy} for item in problems]))
    for item in problems if not options.json else []:
        print(f"{item.path}: {item.what}; {item.remedy}")
    if problems:
        raise StorageError(f"{version.name}: {len(problems)} problems found")
    if not options.json:
        print(
            f"{version.name}: {version.manifest['rows']} rows, every hash as published"
            if not options.quick
            else f"{version.name}: {version.manifest['rows']} rows, every size as published"
        )
    return 0


def _summary(store: Store, dataset: str, number: int) -> dict[str, Any]:
    try:
        version = store.version(f"{dataset}@{number}")
        verdicts = Counter(version.table(["verdict"])["verdict"].to_pylist())
        tags = [tag for tag, tagged in store.tags(dataset).items() if tagged == number]
    except StorageError as error:
        return {"version": f"{dataset}@{number}", "damaged": str(error)}
    manifest = version.manifest
    return {
        "version": version.name,
        "kept": verdicts["kept"],
        "rows": verdicts.total(),
        "bytes": manifest["bytes"],
        "created": manifest["created"],
        "content": version.content,
        "complete": manifest["complete"],
        "tags": tags,
    }


def _plain(value: Any) -> str:
    return ", ".join(f"{key} {item}" for key, item in value.items()) if isinstance(value, dict) else str(value)
