"""`v4s datasets export --format arrays|webdataset` and `repack`: whole versions, for readers that know no store.

version ─▶ store/arrays.py ─▶ DIR/sequences/, settings.json, index.json
version ─▶ store/packing.py ─▶ DIR/train-000000.tar, ..., captions.jsonl, index.json
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

from video4spatial.pipeline.commands.recipe_file import parse_recipe
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.files import write_atomic
from video4spatial.pipeline.core.settings import to_plain
from video4spatial.pipeline.engine.clips import split_fingerprint
from video4spatial.pipeline.engine.environment import code_facts
from video4spatial.pipeline.engine.progress import Reporter
from video4spatial.pipeline.store.arrays import write_arrays
from video4spatial.pipeline.store.packing import packs
from video4spatial.pipeline.store.store import Store, Version

SHARD_MB = 256.0

WHOLE = ("arrays", "webdataset")
"""Formats in which a version is written as a whole."""


def add_packing_options(parser: argparse.ArgumentParser) -> None:
    """How large shards are made."""
    parser.add_argument(
        "--shard-mb", type=float, default=SHARD_MB, metavar="MB", help=f"size of a shard; default {SHARD_MB:g}"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the order of sequences in the shards")


def register_repack(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the action to `v4s datasets`."""
    parser = actions.add_parser("repack", help="the same content in large shuffled shards", description=__doc__)
    parser.add_argument("version", metavar="DATASET[@N|@TAG]")
    parser.add_argument("--store", required=True, metavar="DIR", help="the dataset store")
    add_packing_options(parser)
    parser.set_defaults(run=run_repack)


def run_repack(options: argparse.Namespace) -> int:
    """The same sequences in other shards."""
    store = Store.open(options.store)
    parent = store.version(options.version)
    with Reporter("auto").counting("repack", parent.manifest["rows"], "sequences") as counter:
        version, created = store.repack(
            parent, _nbytes(options), options.seed, code_facts(), lambda done: counter.advance(done - counter.done)
        )
    before, after = len(parent.manifest["shards"]), len(version.manifest["shards"])
    made = "made" if created else "is there already"
    print(f"{version.name} {made} from {parent.name}: the same content in {after} shards, before {before}")
    return 0


def export_whole(version: Version, options: argparse.Namespace) -> int:
    """Writes the version to `options.out`; what finished is told by index.json, written last."""
    if options.keys:
        raise ConfigError(f"--format {options.format} writes whole versions; `v4s datasets derive` a smaller one")
    if not version.manifest["rows"]:
        raise ConfigError(f"{version.name} keeps no sequence: there is nothing to export")
    if (options.out / "index.json").exists():
        raise ConfigError(f"{options.out} holds an export already; choose another --out, or remove it")
    with Reporter("auto").counting("export", version.manifest["rows"], "sequences") as counter:
        if options.format == "arrays":
            _write_settings(version, options.out)
            write_arrays(
                version, split_fingerprint(version), options.out, lambda done: counter.advance(done - counter.done)
            )
        else:
            _write_tars(version, options, counter)
    print(f"{version.manifest['rows']} sequences of {version.name} as {options.format} in {options.out}")
    if options.format == "arrays":
        print(f"  next: python -m video4spatial.model train {options.out} --out RUN")
    return 0


def _write_tars(version: Version, options: argparse.Namespace, counter: Any) -> None:
    told: dict[str, list[dict[str, Any]]] = {}
    for item in packs(version, _nbytes(options), options.seed):
        name = f"{item.part}-{item.number:06d}.tar"
        write_atomic(options.out / name, item.data)
        digest = hashlib.sha256(item.data).hexdigest()
        told.setdefault(item.part, []).append(
            {"name": name, "nbytes": len(item.data), "sha256": digest, "sequences": len(item.places)}
        )
        counter.advance(len(item.places))
    if version.manifest.get("captions"):
        write_atomic(options.out / "captions.jsonl", _captions(version))
    index = {"format": 1, "what": "video4spatial webdataset", "version": version.name, "content": version.content}
    write_atomic(options.out / "index.json", json.dumps(index | {"shards": told}, indent=1, sort_keys=True).encode())


def _captions(version: Version) -> bytes:
    """The captions of kept sequences, in the form in which publish takes them."""
    rows = [row for row in version.reader().rows if row["caption"]]
    told = [{"sample_sha256": row["sample_sha256"].hex(), "key": row["key"], "caption": row["caption"]} for row in rows]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in told).encode()


def _write_settings(version: Version, folder: Path) -> None:
    """model, train and evaluate of the recipe that the version was published from, where it is one."""
    try:
        recipe = parse_recipe(version.manifest["recipe"]["text"], Path(f"the recipe of {version.name}")).recipe
    except ConfigError as error:
        print(f"no settings.json is written, give --settings to the trainer: {error}")
        return
    settings = {name: to_plain(getattr(recipe, name)) for name in ("model", "train", "evaluate")}
    write_atomic(folder / "settings.json", json.dumps(settings, indent=1, sort_keys=True).encode())


def _nbytes(options: argparse.Namespace) -> int:
    if not options.shard_mb > 0:
        raise ConfigError(f"--shard-mb must be above 0, got {options.shard_mb:g}")
    return max(1, int(options.shard_mb * 1e6))
