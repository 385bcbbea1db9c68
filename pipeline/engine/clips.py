"""What a model may be trained on and is measured on, as one hash."""

from video4spatial.pipeline.core.settings import fingerprint
from video4spatial.pipeline.store.version import Version


def split_fingerprint(version: Version) -> str:
    """sha256 (64 hex digits) over what a model may be trained on and is measured on: key, bytes and part of every kept
    sequence. Two versions with the same `content` and other splits or captions differ here."""
    captions = ["caption"] if version.manifest.get("captions") else []
    table = version.table(["key", "sample_sha256", "verdict", "split", "held_out", *captions])
    return fingerprint(
        [
            [row["key"], row["sample_sha256"].hex(), row["split"], row["held_out"], *(row[name] for name in captions)]
            for row in table.to_pylist()
            if row["verdict"] == "kept"
        ]
    )
