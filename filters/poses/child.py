"""The child's main: estimates the cameras of one clip at a time. Native code may crash or hang here, and only here.

estimate.PoseEstimator ──socketpair──▶ [child] ─▶ long_tracks, mapping

Run as `python -m video4spatial.filters.poses.child FD`.
"""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.poses.agreement import Apart, apart
from video4spatial.filters.poses.long_tracks import Observations, follow_all
from video4spatial.filters.poses.mapped import Mapped
from video4spatial.filters.poses.mapping import map_clip
from video4spatial.pipeline.core.child import Message, serve

START_FOV_DEG = (60.0, 80.0, 42.0)
"""Along the longer side: where the search for the focal length begins; two that agree end it."""
KNOWN_LEFT_OUT = (None, 0, 1)
"""Where the lens is known, solutions differ by which third of the tracks they do without."""


def handle(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
    """Answers `map`: luma (T, H, W) in, the best model out; `frames` is empty where there is none."""
    cv2.setNumThreads(1)
    luma = arrays["luma"]
    size_px = luma.shape[2], luma.shape[1]
    seen = follow_all(luma)
    best, distance = _best(seen, size_px, header["fov_deg"])
    facts = {"corners": float(np.median([len(one.tracks) for one in seen]))}
    if best is None:
        return {
            **facts,
            "focal_px": 0.0,
            "explained_share": 0.0,
            "apart_share": None,
            "apart_focal": 1.0,
        }, dict.fromkeys(("frames", "seen"), np.zeros(0, dtype=np.int64))
    return {
        **facts,
        "focal_px": best.focal_px,
        "explained_share": best.explained_share,
        "apart_share": None if distance is None else distance.place_share,
        "apart_focal": 1.0 if distance is None else distance.focal_ratio,
    }, {
        "frames": best.frames,
        "seen": best.seen,
        "world_from_camera": best.world_from_camera,
        "errors_px": best.errors_px,
        "angles_deg": best.angles_deg,
        "points": best.points,
        "apart_deg": np.full(len(best.frames), np.inf) if distance is None else distance.turn_deg,
    }


def _best(
    seen: list[Observations], size_px: tuple[int, int], known_fov_deg: float | None
) -> tuple[Mapped | None, Apart | None]:
    """The solution that explains most corners, and how far the one of the others that is nearest is from it."""
    found: list[Mapped] = []
    for mapped in _solutions(seen, size_px, known_fov_deg):
        found.append(mapped)
        found.sort(key=lambda one: -one.explained_share)
        nearest = _nearest(found[0], found[1:])
        if nearest is not None and nearest.agrees:
            return found[0], nearest
    return (found[0], _nearest(found[0], found[1:])) if found else (None, None)


def _solutions(seen: list[Observations], size_px: tuple[int, int], known_fov_deg: float | None) -> Iterator[Mapped]:
    starts: list[tuple[float, int | None]] = [(fov_deg, None) for fov_deg in START_FOV_DEG]
    if known_fov_deg is not None:
        starts = [(known_fov_deg, left_out) for left_out in KNOWN_LEFT_OUT]
    for fov_deg, left_out in starts:
        focal_px = float(max(size_px) / 2 / np.tan(np.radians(fov_deg) / 2))
        used = seen if left_out is None else [one.without(left_out) for one in seen]
        if (mapped := map_clip(used, size_px, focal_px, known_fov_deg is not None)) is not None:
            yield mapped


def _nearest(one: Mapped, others: list[Mapped]) -> Apart | None:
    distances = [distance for other in others if (distance := apart(one, other)) is not None]
    return min(distances, key=lambda found: (not found.agrees, float(np.median(found.turn_deg))), default=None)


if __name__ == "__main__":
    serve(handle)
