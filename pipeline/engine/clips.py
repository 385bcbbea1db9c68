"""What a model may be trained on and is measured on, as one hash."""

from video4spatial.pipeline.core.errors import ConfigError
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


def check_captions(version: Version, instruction_bytes: int) -> None:
    """Raises ConfigError where a caption that a model of the version may be given is too long for it."""
    if not version.manifest.get("captions"):
        return
    rows = version.table(["key", "caption", "verdict", "pose_source"]).to_pylist()
    sizes = {
        row["key"]: len(row["caption"].encode()) + 1
        for row in rows
        if row["verdict"] == "kept" and row["pose_source"] != "none" and row["caption"]
    }
    longest = max(sizes, key=lambda key: sizes[key], default=None)
    if longest is not None and sizes[longest] > instruction_bytes:
        raise ConfigError(
            f"the caption of {longest} needs {sizes[longest]} bytes, model.instruction_bytes is {instruction_bytes}; "
            f"set model.instruction_bytes={sizes[longest]}, or caption shorter"
        )
