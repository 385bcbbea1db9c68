"""When does a sequence show a thing: the truth of "find the red chair", for rendered and for real footage.

objects with boxes + Cameras ─▶ [grounding_task] ─▶ entry of `tasks` of the sequence
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from video4spatial.pipeline.core.camera import Cameras, project

CENTRED_SHARE = 0.15
"""Of the picture's side, how far the middle of the thing may be from the centre to be called centred."""


def grounding_task(task: Mapping[str, Any], objects: Sequence[Mapping[str, Any]], cameras: Cameras) -> dict[str, Any]:
    """The finished entry of `tasks`: `seen`, the frames that show the object, and `end`, the frame from which on it is
    seen and centred until the last. `objects` must have boxes."""
    entry = next(entry for entry in objects if entry["id"] == task["object"])
    seen = [frame for frame, box in enumerate(entry["box_px"]) if box is not None]
    centre = np.asarray(entry["box"]["centre_m"])
    off = np.full(len(cameras), np.inf)
    for frame in seen:
        pixel, depth = project(centre, cameras.image_from_camera[frame], cameras.world_from_camera[frame])
        middle = np.array([cameras.width_px, cameras.height_px]) / 2
        off[frame] = np.abs((pixel - middle) / middle).max() / 2 if depth > 0 else np.inf
    end = len(off)
    while end > 0 and off[end - 1] <= CENTRED_SHARE:
        end -= 1
    return {**task, "seen": seen, "end": end}
