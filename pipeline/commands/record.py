"""`v4s datasets record`: one stored sequence ─▶ a Rerun recording of its camera, points and boxes."""

import argparse
from pathlib import Path

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.report.recording import check_rerun, write_recording
from video4spatial.pipeline.store.reader import Reader
from video4spatial.pipeline.store.store import Store
from video4spatial.pipeline.store.version import Version


def add_options(parser: argparse.ArgumentParser) -> None:
    """What `datasets record` takes beside the version."""
    parser.add_argument("key", metavar="KEY", help="key of the sequence, as the table and the report name it")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.rrd", help="the recording")
    add_overwrite(parser)


def add_overwrite(parser: argparse.ArgumentParser) -> None:
    """The one way to ask for replacing files."""
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there")


def run_record(options: argparse.Namespace) -> int:
    """Reads the sequence from the store, kept or rejected, and writes it."""
    check_rerun()
    refuse_existing([options.out], options.overwrite)
    version = Store.open(options.store, create=False).version(options.version)
    reader = _stored(version)
    if options.key not in {row["key"] for row in reader.rows}:
        some = ", ".join(row["key"] for row in reader.rows if row["pose_source"] != "none")
        known = f"with cameras: {some if len(some) < 120 else some[:120].rpartition(',')[0] + ', ...'}"
        known = f"it has {len(reader)}, {known if some else 'none with cameras'}"
        raise ConfigError(f"{version.name} stores no sequence {options.key!r}; {known}")
    sequence = reader.read(reader.find(options.key), without=["covisibility"])
    write_recording(options.out, options.key, sequence)
    print(f"{options.out}: {len(sequence)} frames; look at it with: rerun {options.out}")
    return 0


def refuse_existing(paths: list[Path], overwrite: bool) -> None:
    """Raises ConfigError that names the first file that would be lost."""
    taken = next((path for path in paths if path.exists()), None)
    if taken is not None and not overwrite:
        raise ConfigError(f"{taken} is there already; name another place, or replace it with --overwrite")


def _stored(version: Version) -> Reader:
    """Every sequence of the version whose bytes are stored, rejected ones too."""
    rows = version.table().drop_columns(["thumbnail_jpeg"]).to_pylist()
    return Reader(version.blobs, [row for row in rows if row["shard"]])
