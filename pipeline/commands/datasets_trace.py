"""`v4s datasets lineage|trace`: from a sample back to its raw input, and from a raw input to what was made of it."""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from video4spatial.pipeline.core.settings import to_plain
from video4spatial.pipeline.store.derive import find_source
from video4spatial.pipeline.store.store import Lineage, Store, Trace


def register_traces(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the actions to `v4s datasets`."""
    back = actions.add_parser("lineage", help="what a sample was made of", description=__doc__)
    back.add_argument("key", metavar="KEY")
    back.set_defaults(run=run_lineage)
    forth = actions.add_parser("trace", help="what was made of a raw input", description=__doc__)
    forth.add_argument("source", metavar="SOURCE", help="name (source_uri) or sha256 of the input")
    add_runs_option(forth)
    forth.set_defaults(run=run_trace)
    for parser in (back, forth):
        parser.add_argument("--store", required=True, metavar="DIR", help="the dataset store")
        parser.add_argument("--json", action="store_true", help="for machines: everything")


def add_runs_option(parser: argparse.ArgumentParser) -> None:
    """Where checkpoints are looked for."""
    parser.add_argument(
        "--runs",
        action="append",
        type=Path,
        metavar="DIR",
        help="folder below which checkpoints are looked for; may be given several times; default: that of the store",
    )


def run_lineage(options: argparse.Namespace) -> int:
    """Raw input, settings, seed, code and stages, parent, scores, drawn parameters, and its fate in each version."""
    found = Store.open(options.store, create=False).lineage(options.key)
    if options.json:
        print(json.dumps(_jsonable(found), sort_keys=True))
        return 0
    for name, value in _facts(found):
        print(f"{name:10s} {value}")
    for fate in found.fates:
        side = f", {fate.side}" if fate.side else f", {fate.reason}"
        print(f"{'version':10s} {fate.version}{' (removed)' if fate.removed else ''}: {fate.verdict}{side}")
    return 0


def run_trace(options: argparse.Namespace) -> int:
    """The units made of it, every version with its rows, every training and checkpoint."""
    store = Store.open(options.store, create=False)
    source = find_source(store.sources(), options.source)
    found = store.trace(source, chosen_runs(options))
    if options.json:
        print(json.dumps(to_plain(found), sort_keys=True))
        return 0
    print(f"{' or '.join(found.source_uris)}  sha256 {source}")
    gone = sum(unit.collected for unit in found.units)
    print(f"{len(found.units)} units made {sum(unit.sequences for unit in found.units)} sequences of it", end="")
    print(f"; of {gone} the bytes are collected" if gone else "")
    print_uses(found, "")
    return 0


def chosen_runs(options: argparse.Namespace) -> list[Path]:
    """The folders to look for checkpoints in: those given, else the run that the store lies in."""
    store = Path(options.store).absolute()
    if options.runs is None:
        return [store.parent] if (store.parent / "run.json").exists() else []
    return list(options.runs)


def print_uses(found: Trace, indent: str, holding: bool = False) -> None:
    """One line a version, a training and a checkpoint; `holding`: only versions that hold something of it."""
    for use in found.uses:
        if holding and not use.holds_it:
            continue
        fates = Counter(row["verdict"] if row["verdict"] == "kept" else row["reason"] for row in use.rows)
        told = ", ".join(f"{count} {fate}" for fate, count in fates.most_common())
        print(f"{indent}{use.version}{' (removed)' if use.removed else ''}: {told}")
    for trained in found.trained:
        told = (
            ", ".join(f"{count} in {side}" for side, count in sorted(trained.sides.items()))
            or "nothing to learn from, no cameras"
        )
        print(f"{indent}{trained.where}, on {trained.version}: {told}")
    for name in found.unread:
        print(f"{indent}{name} cannot be read: whether it holds any is not known")


def _facts(found: Lineage) -> list[tuple[str, Any]]:
    row, receipt = found.row, found.receipt
    told: list[tuple[str, Any]] = [
        ("key", found.key),
        ("source", f"{row['source_uri']}  sha256 {row['source_sha256']}"),
        ("frames", f"{row['start']} to {row['stop']}, half-open"),
        ("seed", row["seed"]),
        ("stages", row["stages"]),
        ("unit", row["unit_id"]),
        ("parent", found.parent),
        ("variant", _words(found.variant)),
        ("scores", ", ".join(f"{name} {value:.6g}" for name, value in sorted(found.scores.items()))),
    ]
    if receipt is not None:
        told += [("settings", _words(receipt.settings)), ("made by", _words(receipt.facts))]
    if row["sample_sha256"] is not None:
        told.append(("sha256", row["sample_sha256"].hex()))
    return [(name, value) for name, value in told if value not in (None, "")]


def _words(value: Any) -> str:
    return json.dumps(to_plain(value), sort_keys=True) if value else ""


def _jsonable(found: Lineage) -> dict[str, Any]:
    row = {name: value.hex() if isinstance(value, bytes) else value for name, value in found.row.items()}
    return to_plain({**vars(found), "row": row})
