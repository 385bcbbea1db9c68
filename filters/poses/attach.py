"""Makes a measured clip a posed one: its cameras, its path in words, the frames they stand for.

Product + Posed ─▶ [ClipPoser] ─▶ Product with cameras and a navigation task ─▶ filters/curate.py
"""

from dataclasses import replace

import numpy as np

from video4spatial.filters.camera_motion import CameraMotion
from video4spatial.filters.captures.path_scores import path_scores
from video4spatial.filters.captures.tasks import clip_tasks
from video4spatial.filters.config import Floor, RealConfig
from video4spatial.filters.decode import Picture
from video4spatial.filters.hash import picture_columns
from video4spatial.filters.poses.estimate import Posed, PoseEstimator, Unposed, pycolmap_version
from video4spatial.filters.scores import measure
from video4spatial.pipeline.core.unit import Product


class ClipPoser:
    """Holds the estimator."""

    def __init__(self, config: RealConfig, floor: Floor) -> None:
        self._crops = config.posed.crop == "square"
        self._tool = f"pycolmap {pycolmap_version()}"
        limits = config.limits
        self._estimator = PoseEstimator(
            config.poses,
            least_frames=floor.min_frames,
            timeout_s=limits.pose_timeout_s,
            memory_gib=limits.memory_gib,
        )

    def pose(self, product: Product, pictures: tuple[Picture, ...], motion: CameraMotion) -> Product:
        """The clip with cameras; or as it was, with the word for what was wrong (`pose_status`, `pose_detail`)."""
        luma = np.stack([picture.fine_luma for picture in pictures if picture.fine_luma is not None])
        sequence = product.sequence
        assert sequence is not None, "what has no frames gets no cameras"
        times_s = np.asarray(sequence.times * float(sequence.time_base), dtype=np.float64)
        posed = self._estimator.estimate(luma, times_s, motion)
        if isinstance(posed, Unposed):
            told = {"pose_status": posed.reason, "pose_detail": posed.detail}
            return replace(product, columns={**product.columns, **told})
        return attach_cameras(product, posed, [picture.index for picture in pictures], self._tool, self._crops)

    def close(self) -> None:
        """Kills the child."""
        self._estimator.close()


def attach_cameras(product: Product, posed: Posed, numbers: list[int], tool: str, crops: bool) -> Product:
    """The clip's frames from `posed.start` on, as many as have a camera, with their cameras.

    `numbers` are the source frames of the clip's frames; `crops` cuts them to the middle square, as captures are.
    """
    sequence = product.sequence
    assert sequence is not None, "what has no frames gets no cameras"
    kept = slice(posed.start, posed.start + len(posed.cameras))
    cameras = posed.cameras.resized(sequence.width_px, sequence.height_px)
    frames = sequence.frames[kept]
    if crops and sequence.width_px != sequence.height_px:
        side = min(sequence.width_px, sequence.height_px)
        left, top = (sequence.width_px - side) // 2, (sequence.height_px - side) // 2
        frames = np.ascontiguousarray(frames[:, top : top + side, left : left + side])
        cameras = cameras.cropped(left, top, side, side)
    start, stop = numbers[kept.start], numbers[kept.stop - 1] + 1
    if kept.stop == len(numbers):
        stop = product.stop
    times = sequence.times[kept]
    sequence = replace(
        sequence,
        frames=frames,
        times=times,
        provenance=replace(sequence.provenance, start=start, stop=stop),
        cameras=cameras,
        camera_valid=np.ones(len(cameras), dtype=bool),
        pose_source="estimated",
        scale="relative",
        tasks=clip_tasks(cameras, (), (), is_metric=False),
    )
    measured = measure(frames, np.asarray(times * float(sequence.time_base), dtype=np.float64))
    return replace(
        product,
        sequence=sequence,
        start=start,
        stop=stop,
        task="navigation",
        scores={
            **product.scores,
            **measured,
            **path_scores(cameras, is_metric=False),
            "registered_share": posed.registered_share,
            "pose_points": float(posed.points),
            "pose_angle_deg": posed.angle_deg,
        },
        columns={
            **product.columns,
            **picture_columns(frames),
            "pose_status": "posed",
            "pose_tool": tool,
            "pose_error_px": posed.error_px,
        },
    )
