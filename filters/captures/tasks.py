"""What a model can be asked about a posed clip: to walk its path, and to find a thing that the clip ends on.

clip + objects ─▶ [clip_tasks] ─▶ `tasks` of the sequence

A thing is a goal where its name means nothing else in the place, and where the clip ends with it in the middle of the
picture, near enough and large enough to be recognised: the rules of the simulated grounding paths.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from video4spatial.filters.captures.capture import Box
from video4spatial.filters.captures.path_scores import describe_path
from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.grounding import grounding_task
from video4spatial.pipeline.core.words import MEANINGLESS, is_alike

LEAST_SHARE, MOST_SHARE = 0.004, 0.5
"""Of the picture that the thing's box covers at the end, as for simulated paths."""
DISTANCE_M = (0.3, 4.0)
"""From the camera to the middle of the thing at the end."""


def clip_tasks(
    cameras: Cameras, objects: Sequence[Mapping[str, Any]], boxes: tuple[Box, ...], *, is_metric: bool
) -> tuple[Mapping[str, Any], ...]:
    """Navigation, with the path in words, and a grounding task for each thing that the clip ends on."""
    navigation = {"task": "navigation", "sentence": describe_path(cameras.world_from_camera, is_metric=is_metric)}
    names = nameable([box.label for box in boxes])
    goals = []
    for entry in objects:
        if entry["category"] not in names or not _is_shown_well(entry, cameras):
            continue
        asked = {"task": "grounding", "object": entry["id"], "sentence": f"find the {entry['category']}"}
        task = grounding_task(asked, objects, cameras)
        if task["end"] < len(cameras):
            goals.append(task)
    return (navigation, *goals)


def main_task(tasks: Sequence[Mapping[str, Any]]) -> str:
    """What the row of a clip says that it is for."""
    return "grounding" if any(task["task"] == "grounding" for task in tasks) else "navigation"


def nameable(labels: Sequence[str]) -> frozenset[str]:
    """The labels that mean one thing of a place: nothing else has the name, or one that people might use for it."""
    return frozenset(
        label
        for place, label in enumerate(labels)
        if label
        and not set(label.split()) & MEANINGLESS
        and all(word.isalpha() for word in label.split())
        and not any(
            is_alike(label, other) or label.endswith(other) or other.endswith(label)
            for k, other in enumerate(labels)
            if other and k != place
        )
    )


def _is_shown_well(entry: Mapping[str, Any], cameras: Cameras) -> bool:
    """Is the thing at the end as near and as large as a goal must be."""
    box = entry["box_px"][-1]
    if box is None:
        return False
    share = (box[2] - box[0]) * (box[3] - box[1]) / (cameras.width_px * cameras.height_px)
    away = float(np.linalg.norm(np.asarray(entry["box"]["centre_m"]) - cameras.world_from_camera[-1, :3, 3]))
    return LEAST_SHARE <= share <= MOST_SHARE and DISTANCE_M[0] <= away <= DISTANCE_M[1]
