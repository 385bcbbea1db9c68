"""The child's main: estimates the cameras of one clip at a time. Native code may crash or hang here, and only here.

estimate.PoseEstimator ──socketpair──▶ [child] ─▶ long_tracks, mapping

Run as `python -m video4spatial.filters.poses.child FD`.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.poses.long_tracks import Observations, follow_all
from video4spatial.filters.poses.mapping import Mapped, map_clip
from video4spatial.pipeline.core.child import Message, serve

START_FOV_DEG = (60.0, 80.0, 42.0)
"""Along the longer side: where the search for the focal length begins; the first that gives every frame ends it."""
DIVERGED_PX = 100.0
"""A mean reprojection error above it is an adjustment that ran away: another beginning is tried."""
CLOSE_SHARE = 0.08
"""A focal length that came out farther than this from where it began is begun with once more."""


def handle(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Message:
    """Answers `map`: luma (T, H, W) in, the best model out; `frames` is empty where there is none."""
    cv2.setNumThreads(1)
    luma = arrays["luma"]
    size_px = luma.shape[2], luma.shape[1]
    seen = follow_all(luma)
    best = _best(seen, size_px, header["fov_deg"])
    facts = {"corners": float(np.median([len(one.tracks) for one in seen]))}
    if best is None:
        return {**facts, "focal_px": 0.0, "explained_share": 0.0}, dict.fromkeys(
            ("frames", "seen"), np.zeros(0, dtype=np.int64)
        )
    return {**facts, "focal_px": best.focal_px, "explained_share": best.explained_share}, {
        "frames": best.frames,
        "seen": best.seen,
        "world_from_camera": best.world_from_camera,
        "errors_px": best.errors_px,
        "angles_deg": best.angles_deg,
        "points": best.points,
    }


def _best(seen: list[Observations], size_px: tuple[int, int], known_fov_deg: float | None) -> Mapped | None:
    """The model of most frames."""
    best, began_px = None, 0.0
    for fov_deg in START_FOV_DEG if known_fov_deg is None else (known_fov_deg,):
        focal_px = float(max(size_px) / 2 / np.tan(np.radians(fov_deg) / 2))
        mapped = map_clip(seen, size_px, focal_px, known_fov_deg is not None)
        if mapped is not None and mapped.errors_px.size and mapped.errors_px.mean() > DIVERGED_PX:
            continue
        if mapped is not None and (best is None or len(mapped.frames) > len(best.frames)):
            best, began_px = mapped, focal_px
        if best is not None and len(best.frames) == len(seen):
            break
    if best is None or known_fov_deg is not None or abs(best.focal_px / began_px - 1) <= CLOSE_SHARE:
        return best
    again = map_clip(seen, size_px, best.focal_px, False)
    if again is not None and (len(again.frames), -again.errors_px.mean()) > (len(best.frames), -best.errors_px.mean()):
        return again
    return best


if __name__ == "__main__":
    serve(handle)
