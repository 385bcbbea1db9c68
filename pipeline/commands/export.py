"""`v4s datasets export`: sequences of a version in the formats of other tools, a folder each; or a version as a whole.

version ─▶ reader ─▶ filters/captures/write.py ─▶ DIR/KEY/...        export_whole.py: arrays, webdataset
"""

import argparse
import shutil
from pathlib import Path

from video4spatial.filters.captures.write import WRITERS
from video4spatial.pipeline.commands.export_whole import WHOLE, add_packing_options, export_whole
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.files import write_error
from video4spatial.pipeline.store.reader import Reader
from video4spatial.pipeline.store.store import Store


def register_export(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the action to `v4s datasets`."""
    text = "write for other tools: COLMAP, nerfstudio, TUM RGB-D; plain arrays, WebDataset"
    parser = actions.add_parser("export", help=text, description=__doc__)
    parser.add_argument("version", metavar="DATASET[@N|@TAG]")
    parser.add_argument("keys", nargs="*", metavar="KEY", help="sequences; default: all that have cameras")
    parser.add_argument("--store", required=True, metavar="DIR", help="the dataset store")
    parser.add_argument("--format", required=True, choices=sorted([*WRITERS, *WHOLE]), help="what to write")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where to; a folder a sequence")
    add_packing_options(parser)
    parser.set_defaults(run=run_export)


def run_export(options: argparse.Namespace) -> int:
    """Writes each sequence into OUT/KEY. Nothing is overwritten."""
    version = Store.open(options.store, create=False).version(options.version)
    if options.format in WHOLE:
        return export_whole(version, options)
    reader = version.reader()
    places = _chosen(reader, options.keys, version.name)
    keys = [str(reader.rows[place]["key"]) for place in places]
    taken = next((key for key in keys if (options.out / key).exists()), None)
    if taken is not None:
        raise ConfigError(f"{options.out / taken} exists already; choose another --out, or remove it")
    for key, place in zip(keys, places, strict=True):
        sequence = reader.read(place, without=("object_id", "covisibility"))
        part = options.out / f".{key}.part"
        try:
            WRITERS[options.format](part, sequence)
            part.rename(options.out / key)
        except OSError as error:
            raise write_error(options.out / key, error) from error
        except ConfigError as error:
            raise ConfigError(f"{key}: {error}") from None
        finally:
            shutil.rmtree(part, ignore_errors=True)
    left = len(reader) - len(places) if not options.keys else 0
    said = f"; {left} sequences have no cameras and were left out" if left else ""
    print(f"{len(places)} sequences of {version.name} as {options.format} in {options.out}{said}")
    return 0


def _chosen(reader: Reader, keys: list[str], version: str) -> list[int]:
    """Positions in the reader. Raises ConfigError for an unknown key and for one without cameras."""
    if not keys:
        posed = [place for place, row in enumerate(reader.rows) if row["pose_source"] != "none"]
        if not posed:
            raise ConfigError(f"no sequence of {version} has cameras: there is nothing to export")
        return posed
    places = [reader.find(key) for key in keys]
    for place in places:
        if reader.rows[place]["pose_source"] == "none":
            raise ConfigError(f"{reader.rows[place]['key']} has no cameras and cannot be exported")
    return places
