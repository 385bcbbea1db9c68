"""Every format is read to the same walk. If an axis, a unit or half a pixel is wrong, a model learns wrong cameras."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.filters.captures import imitate
from video4spatial.filters.captures.capture import ReadOptions
from video4spatial.filters.captures.formats import read_capture
from video4spatial.filters.captures.frames import FrameOpener, Opened
from video4spatial.filters.captures.settings import PosedConfig
from video4spatial.filters.config import DecodeLimits
from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.consistency import geometry_error
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer

SIDE = 48
RENDERED: dict[bytes, np.ndarray] = {}
"""Most formats come to the same cameras."""

Write = Callable[[Path], Path]
WRITERS: dict[str, tuple[Write, str, str]] = {
    "tum": (imitate.write_tum, "metric", "gravity"),
    "tum-bent": (lambda folder: imitate.write_tum(folder, lens="radtan"), "metric", "gravity"),
    "arkitscenes": (imitate.write_arkit, "metric", "gravity"),
    "colmap-text": (imitate.write_colmap, "relative", "unknown"),
    "colmap-binary": (lambda folder: imitate.write_colmap(folder, binary=True), "relative", "unknown"),
    "colmap-opencv": (lambda folder: imitate.write_colmap(folder, model="OPENCV"), "relative", "unknown"),
    "colmap-fisheye": (
        lambda folder: imitate.write_colmap(folder, binary=True, model="OPENCV_FISHEYE"),
        "relative",
        "unknown",
    ),
    "nerfstudio": (imitate.write_nerfstudio, "metric", "convention"),
    "nerfstudio-per-frame": (
        lambda folder: imitate.write_nerfstudio(folder, per_frame=True, depth=False),
        "relative",
        "convention",
    ),
    "nerfstudio-fisheye": (
        lambda folder: imitate.write_nerfstudio(folder, model="OPENCV_FISHEYE", depth=False),
        "relative",
        "convention",
    ),
    "nerfstudio-bent": (
        lambda folder: imitate.write_nerfstudio(folder, model="BENT", depth=False),
        "relative",
        "convention",
    ),
    "scannetpp-dslr": (lambda folder: imitate.write_scannetpp(folder) / "dslr", "metric", "gravity"),
    "scannetpp-iphone": (lambda folder: imitate.write_scannetpp(folder) / "iphone", "metric", "gravity"),
    "scannetpp-iphone-colmap": (
        lambda folder: imitate.write_scannetpp(folder, colmap=True) / "iphone",
        "metric",
        "gravity",
    ),
    "realestate10k": (imitate.write_re10k, "relative", "unknown"),
    "open3d": (imitate.write_open3d, "metric", "unknown"),
}


@pytest.fixture(scope="module")
def opener() -> Iterator[FrameOpener]:
    opened = FrameOpener(DecodeLimits())
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=WRITERS)
def read(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, opener: FrameOpener
) -> tuple[str, Opened]:
    """Each format, written and opened."""
    folder = tmp_path_factory.mktemp("capture") / "place"
    folder.mkdir()
    path = WRITERS[request.param][0](folder)
    capture = read_capture(path, ReadOptions())
    return request.param, opener.open(capture, SIDE, PosedConfig())


def numbers_of(name: str, opened: Opened) -> list[int]:
    """Which frames of the walk the capture has."""
    if name == "scannetpp-dslr":
        return [k for k in range(imitate.FRAMES) if k != 5]
    return list(range(0, imitate.FRAMES, 2)) if name == "scannetpp-iphone-colmap" else list(range(imitate.FRAMES))


def test_the_cameras_are_those_that_rendered_the_frames(read: tuple[str, Opened]) -> None:
    name, opened = read
    capture, known = opened.capture, imitate.truth()
    frames = numbers_of(name, opened)
    assert (capture.scale, capture.up) == WRITERS[name][1:]
    assert capture.camera_valid.all()
    assert np.abs(capture.cameras.world_from_camera - known.c2w[frames]).max() < 1e-5
    assert np.abs(capture.cameras.image_from_camera - imitate.LENS).max() < 1e-6
    assert (capture.cameras.width_px, capture.cameras.height_px) == (imitate.WIDTH, imitate.HEIGHT)


def test_rendering_with_the_stored_cameras_gives_the_stored_frames(read: tuple[str, Opened]) -> None:
    _, opened = read
    stored, _ = opened.frames.read(list(range(0, len(opened.capture), 9)))
    cameras = opened.cameras[slice(0, None, 9)]
    again = render_large(cameras)
    assert stored.shape[1:3] == (SIDE, SIDE)
    right = error_levels(stored, again)
    assert right < 9, "the frames are those that the cameras see"
    for shift in ((0.5, 0.0), (0.0, 0.5), (-0.5, 0.0), (0.0, -0.5)):
        assert error_levels(stored, render_large(moved(cameras, *shift))) > 1.3 * right, "half a pixel would be seen"


def test_depth_and_cameras_agree(read: tuple[str, Opened]) -> None:
    name, opened = read
    _, depth_m = opened.frames.read(list(range(len(opened.capture))))
    if WRITERS[name][1] == "relative" or name == "scannetpp-dslr":
        assert depth_m is None
        return
    assert depth_m is not None
    if name == "tum-bent":
        return  # its depth was rendered straight: only its colour is bent
    assert geometry_error(depth_m, opened.cameras.resized(*opened.grid_px)) < 0.01
    shaken = moved(opened.cameras.resized(*opened.grid_px), 2.0, 0.0)
    assert geometry_error(depth_m, shaken) > geometry_error(depth_m, opened.cameras.resized(*opened.grid_px))


def render_large(cameras: Cameras) -> np.ndarray:
    """(N, SIDE, SIDE, 3) rendered at four times the size and averaged down, as the stored frames are."""
    key = np.round(cameras.world_from_camera, 4).tobytes() + np.round(cameras.image_from_camera, 4).tobytes()
    if key not in RENDERED:
        large = EmbeddedRenderer(imitate.truth().scene, samples=1).render(cameras.resized(4 * SIDE, 4 * SIDE)).rgb
        RENDERED[key] = large.reshape(len(cameras), SIDE, 4, SIDE, 4, 3).mean(axis=(2, 4))
    return RENDERED[key]


def moved(cameras: Cameras, across_px: float, down_px: float) -> Cameras:
    """The cameras with another principal point."""
    return cameras.cropped(-across_px, -down_px, cameras.width_px, cameras.height_px)  # type: ignore[arg-type]


def error_levels(one: np.ndarray, other: np.ndarray) -> float:
    """Root of the mean squared difference, in levels."""
    return float(np.sqrt(np.square(one.astype(float) - other).mean()))
