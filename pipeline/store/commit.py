"""Commits a version: one create-only write of its manifest under the next free number.

publish, derive ─▶ manifest without a name ─▶ [commit_version] ─▶ datasets/<name>/versions/<n>.json

Of many who commit the same, one creates it and all get it. A number is used once, also where its version was removed.
"""

from datetime import UTC, datetime
from typing import Any

from video4spatial.pipeline.core.settings import canonical_json, fingerprint
from video4spatial.pipeline.store.blobs import Blobs
from video4spatial.pipeline.store.version import Version, read_version, used_numbers, version_numbers, version_path

_IDENTITY = ("units", "selection", "content", "table", "failed_units")


def commit_version(
    blobs: Blobs, dataset: str, manifest: dict[str, Any], parent: str | None = None
) -> tuple[Version, bool]:
    """The version of `dataset` that says the same, else a new one (then True).

    `parent` is `<name>@<number>` of the version it was derived from; None stands for the one before. Call it while
    `blobs.committing()` is held.
    """
    identity = fingerprint({name: manifest[name] for name in _IDENTITY})
    while True:
        numbers, used = version_numbers(blobs, dataset), used_numbers(blobs, dataset)
        for number in reversed(numbers):
            version = read_version(blobs, dataset, number)
            if version.manifest["identity"] == identity:
                return version, False
        number = used[-1] + 1 if used else 1
        before = f"{dataset}@{numbers[-1]}" if numbers else None
        full = manifest | {
            "dataset": dataset,
            "version": number,
            "parent": parent or before,
            "identity": identity,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        if blobs.create(version_path(dataset, number), canonical_json(full)):
            return Version(blobs, full), True
