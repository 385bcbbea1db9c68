"""Helps to fill ReportFacts: which pictures a report wants, and how they are made from a stored sequence.

table ─▶ wanted_pictures ─▶ (caller reads these sequences) ─▶ picture_of, path_of ─▶ ReportFacts
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from video4spatial.pipeline.core.sequence import Sequence
from video4spatial.pipeline.report.facts import CameraPath, Picture, SceneMap, Threshold

PICTURES_PER_KIND = 24
"""Kept sequences shown of each kind; more make the page long, not clearer."""


def wanted_pictures(table: pa.Table) -> tuple[str, ...]:
    """Keys of the rows with stored bytes whose frames a report shows, sorted: kept ones spread over scenes, whole
    variant groups first, the largest frames first; and what the selection rejected (rows below the floor carry a
    thumbnail of their own)."""
    rows = [row for row in _rows(table) if row.get("shard")]
    wanted: set[str] = set()
    for kind in ("simulation", "real"):
        kept = [row for row in rows if row.get("kind") == kind and row.get("verdict") == "kept"]
        wanted.update(_spread(kept, PICTURES_PER_KIND))
        rejected = [row for row in rows if row.get("kind") == kind and row.get("verdict") == "rejected"]
        wanted.update(_spread(rejected, PICTURES_PER_KIND, by="reason"))
    return tuple(sorted(wanted))


def picture_of(key: str, sequence: Sequence, count: int = 4) -> Picture:
    """`count` frames spread over the sequence, with the depth and the ids of the first of them."""
    chosen = np.unique(np.linspace(0, len(sequence) - 1, min(count, len(sequence))).round().astype(int))
    first = int(chosen[0])
    return Picture(
        key=key,
        frames=sequence.frames[chosen],
        depth_m=None if sequence.depth_m is None else sequence.depth_m[first],
        object_id=None if sequence.object_id is None else sequence.object_id[first],
    )


def path_of(key: str, sequence: Sequence) -> CameraPath | None:
    """Where the sequence's camera went; None without cameras."""
    if sequence.cameras is None:
        return None
    return CameraPath(key=key, world_from_camera=sequence.cameras.world_from_camera)


def read_scene_map(folder: Path, scene: str, paths: tuple[CameraPath, ...]) -> SceneMap:
    """`folder`/`scene`/plan.json and the picture it names; a scene without a plan keeps its paths and says so."""
    described = folder / scene / "plan.json"
    if not described.is_file():
        return SceneMap(scene=scene, bounds_m=None, plan=None, paths=paths)
    plan = json.loads(described.read_text())
    x_min, z_min, x_max, z_max = (float(value) for value in plan["bounds_m"])
    with Image.open(described.with_name(plan["free"])) as image:
        pixels = np.asarray(image.convert("RGB"))
    return SceneMap(scene=scene, bounds_m=(x_min, z_min, x_max, z_max), plan=pixels, paths=paths)


def selection_thresholds(selection: Mapping[str, Any]) -> tuple[Threshold, ...]:
    """The rules of a manifest's `selection`."""
    return tuple(
        Threshold(
            score=rule["score"],
            min=rule.get("min"),
            max=rule.get("max"),
            reason=rule.get("reason", ""),
            kind=rule.get("kind", "any"),
        )
        for rule in selection.get("rules", ())
    )


def floor_thresholds(floor: Mapping[str, Any]) -> tuple[Threshold, ...]:
    """The limits of a recipe's `floor:` (fields `min_<score>`, `max_<score>`) that applied to real video."""
    limits = [(name[:3], name[4:], value) for name, value in floor.items() if isinstance(value, (int, float))]
    return tuple(
        Threshold(score=score, **{side: float(value)}, kind="real", where="floor")  # type: ignore[arg-type]
        for side, score, value in limits
        if side in ("min", "max")
    )


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    names = [
        name
        for name in ("key", "shard", "kind", "verdict", "reason", "scene", "source_uri", "variant_group", "height")
        if name in table.column_names
    ]
    return table.select(names).to_pylist()


def _spread(rows: list[dict[str, Any]], count: int, by: str = "") -> list[str]:
    """Up to `count` keys, taking variant groups whole and turning from one scene (or `by`) to the next."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: row["key"]):
        groups.setdefault(str(row.get("variant_group") or row["key"]), []).append(row)
    lanes: dict[str, list[list[dict[str, Any]]]] = {}
    for members in sorted(groups.values(), key=lambda members: (-len(members), -int(members[0].get("height") or 0))):
        lane = str(members[0].get(by) if by else members[0].get("scene") or members[0].get("source_uri"))
        lanes.setdefault(lane, []).append(members)
    keys: list[str] = []
    while len(keys) < count and any(lanes.values()):
        for lane in sorted(lanes):
            if lanes[lane] and len(keys) < count:
                keys.extend(row["key"] for row in lanes[lane].pop(0))
    return keys
