"""The object table of a sequence: what each thing is, and where and how much of it every frame shows.

Scene + Frames ─▶ [object_table] ─▶ `objects` of a sequence
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.render.base import Frames
from video4spatial.sim_scenes.scene import Scene


def object_table(
    scene: Scene, geometry: Frames, boxes_in: Frames | None = None, moving: tuple[Mapping[str, Any], ...] = ()
) -> tuple[Mapping[str, Any], ...]:
    """The objects seen in at least one frame, with `visible_px`: the pixels of the id grid that show them, per frame.

    With `boxes_in` (the full-size frames) also `box_px`, per frame: [left, top, right, bottom], half-open, in pixels of
    these, around what is visible, or None where nothing is. `moving`: entries of what moves, which may be made of
    several bodies of `scene`; they come last.
    """
    count = len(geometry.object_id)
    top = 1 + max(body.object_id for body in scene.bodies)
    flat = geometry.object_id.reshape(count, -1) + np.arange(count)[:, None] * top
    visible = np.bincount(flat.ravel(), minlength=count * top).reshape(count, top)
    boxes = {} if boxes_in is None else boxes_px(boxes_in.object_id)
    moves = {int(entry["id"]) for entry in moving}
    still = (body.describe() for body in scene.bodies if body.object_id > 0 and body.object_id not in moves)
    table = []
    for entry in (*still, *moving):
        seen, here = visible[:, entry["id"]], boxes.get(entry["id"], [None] * count)
        if seen.any() or any(here):
            counted = {**entry, "visible_px": [int(n) for n in seen]}
            table.append(counted if boxes_in is None else {**counted, "box_px": here})
    return tuple(table)


def boxes_px(object_id: NDArray[np.int32]) -> dict[int, list[list[int] | None]]:
    """For each id above 0 in (T, H, W): its box [left, top, right, bottom] of each frame, half-open, or None."""
    found: dict[int, list[list[int] | None]] = {}
    for frame, picture in enumerate(object_id):
        for each in np.unique(picture[picture > 0]):
            mask = picture == each
            rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            box = [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]
            found.setdefault(int(each), [None] * len(object_id))[frame] = box
    return found
