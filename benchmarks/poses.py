"""How exact estimated poses are, and which clips get none: against motion capture, rendered cameras, and on films.

    python -m benchmarks.poses --posed DIR       DIR/tum_fr1_rpy_handheld, DIR/boofcv_chessboard_pnp
    python -m benchmarks.poses --videos DIR      one line a clip, as the stage cuts them (48 frames at 12 a second)
    python -m benchmarks.poses --houses 4        walks, orbits, slides and dollies in generated houses
    python -m benchmarks.poses --standing 8      pans, tilts, zooms, rolls, shakes, tripods: how many are given poses
    python -m benchmarks.poses --houses 4 --first 400 --fov 40 95 --size 256 128     other houses, lenses, sizes

Truth is compared after the similarity that fits the trajectories best (Umeyama, PAMI 1991): ATE is the root mean square
distance, also as a share of the path; rotation is relative to the first frame.
"""

import argparse
import os
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.camera_motion import FIRST_HOUSE
from benchmarks.film_clips import CLIP_FRAMES, LEAST_FRAMES, film_clips
from benchmarks.known_cameras import MOVING_KINDS, STILL_KINDS, Studio
from video4spatial.filters.camera_motion import measure_camera
from video4spatial.filters.captures.capture import Capture, ReadOptions
from video4spatial.filters.captures.formats import read_capture
from video4spatial.filters.captures.frames import FrameOpener
from video4spatial.filters.captures.lens import straight_or
from video4spatial.filters.captures.settings import PosedConfig
from video4spatial.filters.config import DecodeLimits
from video4spatial.filters.poses.agreement import trajectory_error
from video4spatial.filters.poses.estimate import Posed, PoseEstimator, Unposed
from video4spatial.filters.poses.settings import PoseConfig
from video4spatial.filters.scores import shrink, to_luma
from video4spatial.pipeline.core.camera import Cameras

STORED_PX = 128
MOVING = (*MOVING_KINDS, "orbit_passerby", "walk_passerby")
STANDING = (*STILL_KINDS, "shake_passerby")
WRONG_DEG, WRONG_SHARE = 5.0, 0.05
"""Median rotation error, and ATE as a share of the path, above which poses count as wrong."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posed", type=Path)
    parser.add_argument("--videos", type=Path)
    parser.add_argument("--houses", type=int, default=0)
    parser.add_argument("--standing", type=int, default=0, help="houses, each filmed in ten ways")
    parser.add_argument("--kinds", nargs="+", default=MOVING, help="of motion, for --houses")
    parser.add_argument("--first", type=int, default=FIRST_HOUSE, help="seed of the first house")
    parser.add_argument("--fov", type=float, nargs=2, default=[50.0, 80.0], help="along the width, degrees")
    parser.add_argument(
        "--size", type=int, nargs="+", default=[256], help="short sides at which poses are estimated, px"
    )
    options = parser.parse_args()
    cv2.setNumThreads(1)
    estimator = PoseEstimator(PoseConfig(), least_frames=LEAST_FRAMES, timeout_s=600, memory_gib=4)
    for size in options.size:
        if options.posed:
            of_captures(estimator, options.posed, size)
        if options.videos:
            for film in sorted(options.videos.iterdir()):
                of_film(estimator, film, size)
    fates: Counter[str] = Counter()
    for count, kinds in ((options.standing, STANDING), (options.houses, tuple(options.kinds))):
        for house in range(options.first, options.first + count):
            fates += of_house(estimator, house, kinds, options.size, tuple(options.fov))
    for fate, clips in sorted(fates.items()):
        print(f"{fate}: {clips}")
    estimator.close()


def of_captures(estimator: PoseEstimator, folder: Path, size: int) -> None:
    """Clips of the two recordings whose cameras were measured, straightened."""
    opener = FrameOpener(DecodeLimits())
    for name, capture, stride in (
        ("TUM fr1/rpy", read_capture(folder / "tum_fr1_rpy_handheld", ReadOptions()), 2),
        ("chessboard", chessboard(folder / "boofcv_chessboard_pnp"), 2),
    ):
        opened = opener.open(capture, size, PosedConfig(crop="whole"))
        numbers = np.flatnonzero(capture.camera_valid)[::stride]
        for start in range(0, len(numbers) - LEAST_FRAMES, CLIP_FRAMES):
            chosen = numbers[start : start + CLIP_FRAMES].tolist()
            frames, _ = opened.frames.read(chosen)
            luma, times_s, cameras = to_luma(frames), np.arange(len(chosen)) * stride / 30, opened.cameras[chosen]
            fov_deg = float(2 * np.degrees(np.arctan(luma.shape[2] / 2 / cameras.image_from_camera[0, 0, 0])))
            known = PoseEstimator(PoseConfig(fov_deg=fov_deg), least_frames=LEAST_FRAMES, timeout_s=600, memory_gib=4)
            for used, lens in ((estimator, "lens unknown"), (known, "lens known")):
                told = tell(used, luma, times_s, cameras)
                print(f"{name:12s} {lens:12s} {size:4d} px, {chosen[0]:4d} to {chosen[-1]:4d}: {told}", flush=True)
            known.close()
    opener.close()


def chessboard(folder: Path) -> Capture:
    """The frames of the film whose board was found; positions in squares."""
    rows = np.loadtxt(folder / "poses_pnp_tum.txt", comments="#")
    rows = rows[: int(np.argmax(np.diff(rows[:, 0], append=np.inf) > 1)) + 1]
    x, y, z, w = rows[:, 4:].T
    poses = np.repeat(np.eye(4)[None], len(rows), axis=0)
    poses[:, :3, 0] = np.stack([1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)], axis=1)
    poses[:, :3, 1] = np.stack([2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)], axis=1)
    poses[:, :3, 2] = np.stack([2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)], axis=1)
    poses[:, :3, 3] = rows[:, 1:4]
    text = (folder / "intrinsic.yaml").read_text()
    fx, fy, cx, cy = (float(text.split(f"{name}: ")[1].split()[0]) for name in ("fx", "fy", "cx", "cy"))
    radial = [float(line.strip("- ")) for line in text.split("  radial:\n")[1].splitlines()[:2]]
    lens = np.array([[fx, 0, cx + 0.5], [0, fy, cy + 0.5], [0, 0, 1]])
    return Capture(
        format="chessboard",
        root=folder,
        cameras=Cameras(
            world_from_camera=poses,
            image_from_camera=np.repeat(lens[None], len(rows), axis=0),
            width_px=640,
            height_px=480,
        ),
        lens=straight_or("opencv", np.repeat([[*radial, 0.0, 0.0]], len(rows), axis=0)),
        camera_valid=np.ones(len(rows), dtype=bool),
        video="movie.mjpeg",
        video_frames=rows[:, 0].astype(np.int64),
        up="unknown",
    )


def of_film(estimator: PoseEstimator, film: Path, size: int) -> None:
    """Prints a line for each clip."""
    for start, luma, times_s in film_clips(film, size):
        print(f"{film.name:38s} {size:4d} px {start:5d} {tell(estimator, luma, times_s)}", flush=True)


def of_house(
    estimator: PoseEstimator, house: int, kinds: tuple[str, ...], sizes: list[int], fov_deg: tuple[float, float]
) -> Counter[str]:
    """Prints a line for each clip, and counts what came of them."""
    fates: Counter[str] = Counter()
    studio = Studio(house)
    for kind in kinds:
        for size in sizes:
            clip = studio.film_clip(kind, house, (size * 2 // 3 * 2, size), fov_deg=fov_deg)
            told = tell(estimator, to_luma(clip.frames), clip.times_s, clip.cameras)
            fates[f"{size} px {kind} {told.split()[0].rstrip(':')}{' WRONG' if 'WRONG' in told else ''}"] += 1
            print(f"house {house} {kind:16s} {size:4d} px {told}", flush=True)
    return fates


def tell(
    estimator: PoseEstimator, luma: NDArray[np.uint8], times_s: NDArray[np.float64], truth: Cameras | None = None
) -> str:
    """What came of a clip (T, H, W), in a line."""
    began, motion = time.monotonic(), measure_camera(shrink(luma, STORED_PX), times_s)
    found = estimator.estimate(luma, times_s, motion)
    if isinstance(found, Unposed):
        return f"{found.reason}: {motion.kind}; {found.detail}"
    told = (
        f"posed {len(found.cameras)} of {len(luma)}, {found.error_px:.2f} px, {found.points} points under "
        f"{found.angle_deg:.1f} degrees, {time.monotonic() - began:.0f} s (load {os.getloadavg()[0]:.0f})"
    )
    return told if truth is None else f"{told}; {compare(found, truth)}"


def compare(found: Posed, truth: Cameras) -> str:
    """Errors against the true cameras of the whole clip."""
    run = slice(found.start, found.start + len(found.cameras))
    ours, theirs = found.cameras.world_from_camera, truth.world_from_camera[run]
    length = float(np.linalg.norm(np.diff(theirs[:, :3, 3], axis=0), axis=1).sum())
    ate = trajectory_error(ours[:, :3, 3], theirs[:, :3, 3])
    one, other = (poses[0, :3, :3].T @ poses[:, :3, :3] for poses in (ours, theirs))
    cosine = (np.einsum("nij,nij->n", one, other) - 1) / 2
    turn_deg = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    focal = found.cameras.image_from_camera[0, 0, 0] / truth.image_from_camera[0, 0, 0]
    is_wrong = ate > WRONG_SHARE * length or np.median(turn_deg) > WRONG_DEG
    verdict = "WRONG " if is_wrong else ""
    return (
        f"{verdict}ATE {ate:.3f} of {length:.2f} ({100 * ate / max(length, 1e-9):.1f} %), "
        f"rotation {np.median(turn_deg):.2f} (largest {turn_deg.max():.2f}) degrees, focal {focal:.2f} of the true"
    )


if __name__ == "__main__":
    main()
