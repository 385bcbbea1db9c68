"""`v4s datasets diff|query`: what differs between two versions and why, and SQL over one."""

import argparse
import csv
import json
import math
import sys
from collections import Counter
from typing import Any

from video4spatial.pipeline.store.diff import Difference, compare, compare_manifests
from video4spatial.pipeline.store.expression import query
from video4spatial.pipeline.store.store import Store, Version

_WIDEST = 48


def register_questions(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the actions to `v4s datasets`."""
    diff = actions.add_parser("diff", help="samples added, removed and changed, and why", description=__doc__)
    diff.add_argument("first", metavar="DATASET[@N|@TAG]")
    diff.add_argument("second", metavar="DATASET[@N|@TAG]")
    diff.add_argument("--keys", action="store_true", help="name every sample, not only how many")
    diff.add_argument("--json", action="store_true", help="for machines: every sample")
    diff.set_defaults(run=run_diff)
    ask = actions.add_parser("query", help="SQL over a version's table", description=__doc__)
    ask.add_argument("version", metavar="DATASET[@N|@TAG]")
    ask.add_argument("sql", metavar="SQL", help='"select reason, count(*) from samples group by 1"')
    ask.add_argument("--format", choices=("text", "csv", "json"), default="text", help="how rows are written")
    ask.set_defaults(run=run_query)
    for parser in (diff, ask):
        parser.add_argument("--store", required=True, metavar="DIR", help="the dataset store")


def run_diff(options: argparse.Namespace) -> int:
    """Counts by what changed and why, and what was asked for differently."""
    store = Store.open(options.store, create=False)
    first, second = store.version(options.first), store.version(options.second)
    found = compare(first, second)
    told = compare_manifests(first.manifest, second.manifest)
    if options.json:
        samples = [{**vars(item), "why": list(item.why)} for item in found]
        print(json.dumps({"first": first.name, "second": second.name, "settings": told, "samples": samples}))
        return 0
    print(_headline(first, second, found))
    for (change, why), count in Counter((item.change, "; ".join(item.why)) for item in found).most_common():
        print(f"  {change:8s} {count:7d}  {why}")
    for sentence in told:
        print(f"  {sentence}")
    for item in found if options.keys else ():
        keys = " to ".join(dict.fromkeys(key for key in (item.before, item.after) if key))
        print(f"{item.change:8s} {keys}  {item.source_uri}  {'; '.join(item.why)}")
    return 0


def run_query(options: argparse.Namespace) -> int:
    """The rows of one SELECT over `samples`."""
    version = Store.open(options.store, create=False).version(options.version)
    names, rows = query(version.table(), options.sql)
    if options.format == "json":
        print(json.dumps([dict(zip(names, map(_plain, row), strict=True)) for row in rows]))
    elif options.format == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([["" if value is None else _plain(value) for value in row] for row in rows])
    else:
        _print_table(names, rows)
    return 0


def _headline(first: Version, second: Version, found: list[Difference]) -> str:
    counts = Counter(item.change for item in found)
    same = first.manifest["rows"] - counts["removed"] - counts["changed"] - counts["moved"]
    if not found:
        return f"{first.name} and {second.name} hold the same {same} samples, on the same sides of the split"
    parts = [f"{counts[change]} {change}" for change in ("added", "removed", "changed", "moved") if counts[change]]
    return f"{first.name} to {second.name}: {', '.join(parts)}; {same} the same"


def _plain(value: Any) -> Any:
    """As JSON can hold it."""
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, (bool, int, float, str, list, dict)) else str(value)


def _print_table(names: list[str], rows: list[tuple[Any, ...]]) -> None:
    cells = [["" if value is None else _short(_plain(value)) for value in row] for row in rows]
    widths = [max(len(name), *(len(row[place]) for row in cells), 0) for place, name in enumerate(names)]
    for row in [names, *cells]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print(f"({len(rows)} rows)")


def _short(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."
