"""Takes versions out of sight, and back: what a version held is deleted later, by gc.

datasets/<name>/versions/<n>.json ─▶ [remove_version] ─▶ datasets/<name>/removed/<n>.json ─▶ [restore_version] ─▶ back

The record of a removed version stays for good: its number is never used again, and what it was made of can be told.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.core.settings import canonical_json
from video4spatial.pipeline.store.blobs import Blobs
from video4spatial.pipeline.store.table import to_parquet
from video4spatial.pipeline.store.version import (
    Version,
    dataset_folders,
    read_removed,
    read_version,
    removed_numbers,
    removed_path,
    tag_path,
    tags,
    version_numbers,
    version_path,
)
from video4spatial.pipeline.store.withdrawal import PICTURES

logger = logging.getLogger(__name__)

_OWN = ("removed", "removed_tags", "lineage")
"""What the record of a removed version says beyond its manifest."""


def remove_version(blobs: Blobs, version: Version, with_tags: bool = False) -> list[str]:
    """Removes it; returns the tags that went with it. Raises ConfigError where it is tagged and may not lose its tags.

    Killed in between, it stands in both places and counts as there; the same call finishes it.
    """
    dataset, number = version.manifest["dataset"], version.manifest["version"]
    with blobs.deleting():
        held = [tag for tag, named in tags(blobs, dataset).items() if named == number]
        if held and not with_tags:
            raise ConfigError(
                f"{version.name} is tagged {', '.join(held)}: somebody relies on it; --with-tags removes both"
            )
        record = version.manifest | {
            "lineage": _keep_lineage(version),
            "removed": datetime.now(UTC).isoformat(timespec="seconds"),
            "removed_tags": held,
        }
        blobs.replace(removed_path(dataset, number), canonical_json(record))
        for tag in held:
            blobs.remove(tag_path(dataset, tag))
        blobs.remove(version_path(dataset, number))
    return held


def restore_version(blobs: Blobs, dataset: str, number: int) -> Version:
    """Brings a removed version back with its tags. Raises StorageError where gc has taken its files already."""
    with blobs.committing():
        if number in version_numbers(blobs, dataset):
            raise ConfigError(f"{dataset}@{number} is there: nothing to restore")
        record = read_removed(blobs, dataset, number)
        if record is None:
            raise ConfigError(f"{dataset}@{number} was never removed, or never there")
        lost = _lost(blobs, record)
        if lost:
            raise StorageError(
                f"{dataset}@{number} cannot come back: {len(lost)} of its files are gone (the first: {lost[0]}); "
                "publish its recipe again"
            )
        manifest = {name: value for name, value in record.items() if name not in _OWN}
        blobs.create(version_path(dataset, number), canonical_json(manifest))
        for tag in record["removed_tags"]:
            blobs.create(tag_path(dataset, tag), json.dumps({"version": number}).encode())
        blobs.remove(removed_path(dataset, number))
    return read_version(blobs, dataset, number)


def removed_versions(blobs: Blobs) -> list[dict[str, Any]]:
    """`version`, `content`, `removed` (UTC) and `restorable` of every version that was removed, by name and number."""
    found = []
    for dataset in dataset_folders(blobs):
        there = version_numbers(blobs, dataset)
        for number in removed_numbers(blobs, dataset):
            record = read_removed(blobs, dataset, number)
            if record is not None and number not in there:
                told = {"version": f"{dataset}@{number}", "restorable": not _lost(blobs, record)}
                found.append({**told, "content": record["content"], "removed": record["removed"]})
    return found


def _keep_lineage(version: Version) -> str | None:
    """Stores the rows without pictures, for good: what a model was trained on is asked long after the data is gone."""
    try:
        table = version.table()
    except StorageError as error:
        logger.warning("%s goes without its rows, `v4s datasets trace` will not know them: %s", version.name, error)
        return None
    names = [name for name in table.column_names if name not in (*PICTURES, "members")]
    return version.blobs.put("lineages", to_parquet(table.select(names)), "parquet")


def _lost(blobs: Blobs, manifest: dict[str, Any]) -> list[str]:
    named = [(manifest["table"]["path"], manifest["table"]["nbytes"])]
    named += [(shard["path"], shard["nbytes"]) for shard in manifest["shards"]]
    return [path for path, nbytes in named if blobs.size(path) != nbytes]
