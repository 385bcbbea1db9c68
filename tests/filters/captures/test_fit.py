"""Pictures are cut, straightened, turned and made smaller with their cameras. Else pixels and rays part company."""

from pathlib import Path

import numpy as np
import pytest

from video4spatial.filters.captures.capture import Capture, Up
from video4spatial.filters.captures.fit import fit_depth, fit_from_plain, fit_picture, fitted_cameras, plan_fit
from video4spatial.filters.captures.lens import Lens, LensKind, distorted, straight_or
from video4spatial.pipeline.core.camera import Cameras, project
from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.core.geometry import look_at
from video4spatial.pipeline.core.settings import to_plain

LENS = np.array([[220.0, 0, 160.0], [0, 221.0, 118.0], [0, 0, 1.0]])
POSE = look_at([0, 1.5, 0], [0.4, 1.1, -2.0])


def capture(lens: Lens | None = None, pose: np.ndarray = POSE, up: Up = "gravity") -> Capture:
    cameras = Cameras(world_from_camera=pose[None], image_from_camera=LENS[None], width_px=320, height_px=240)
    return Capture(
        format="test", root=Path(), cameras=cameras, lens=lens or Lens(), camera_valid=np.ones(1, dtype=bool), up=up
    )


def dot_picture(kind: LensKind, bends: np.ndarray, point: np.ndarray, pose: np.ndarray) -> np.ndarray:
    """A black picture with a soft white spot where a world point is seen through a lens."""
    pixel, _ = project(point, np.eye(3), pose)
    bent = distorted(kind, bends, pixel[None])[0]
    u, v = bent * LENS[[0, 1], [0, 1]] + LENS[:2, 2]
    columns, rows = np.meshgrid(np.arange(320) + 0.5, np.arange(240) + 0.5)
    spot = 255 * np.exp(-((columns - u) ** 2 + (rows - v) ** 2) / (2 * 3.0**2))
    return np.repeat(spot[..., None], 3, axis=2).astype(np.uint8)


def centre_of(picture: np.ndarray) -> np.ndarray:
    """(x, y) of the middle of what is bright, in pixels with centres at +0.5."""
    weight = picture[..., 0].astype(float)
    rows, columns = np.indices(weight.shape) + 0.5
    return np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()


LENSES: list[tuple[LensKind, list[float]]] = [
    ("pinhole", []),
    ("opencv", [-0.2, 0.05, 0.002, -0.001, 0.0]),
    ("opencv", [0.12, -0.03, 0.0, 0.0]),
    ("fisheye", [0.05, -0.01, 0.0, 0.0]),
    ("fisheye", [0.0, 0.0, 0.0, 0.0]),
]


@pytest.mark.parametrize(("kind", "bends"), LENSES)
@pytest.mark.parametrize("roll", [0, 1, 2, 3])
def test_a_point_is_seen_where_the_stored_camera_says(kind: LensKind, bends: list[float], roll: int) -> None:
    turn = np.eye(4)
    angle = roll * np.pi / 2
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    pose = POSE @ turn
    lens = Lens() if kind == "pinhole" else straight_or(kind, np.array([bends]))
    filmed = capture(lens, pose)
    fit = fit_from_plain(to_plain(plan_fit(filmed, 96, "square", 100.0)))
    cameras = fitted_cameras(filmed.cameras, fit)
    assert cameras.world_from_camera[0, 1, 1] < -0.9, "it stands upright"
    for point in ([0.4, 1.1, -2.0], [0.7, 1.4, -2.0], [0.1, 0.8, -2.0]):
        picture = dot_picture(kind, lens.of(0), np.array(point), pose)
        stored = fit_picture(picture, fit, LENS, kind, lens.of(0))
        expected, _ = project(np.array(point), cameras.image_from_camera[0], cameras.world_from_camera[0])
        assert stored.shape == (96, 96, 3)
        assert np.abs(centre_of(stored) - expected).max() < 0.15


@pytest.mark.parametrize(("kind", "bends"), LENSES[1:])
def test_a_straightened_picture_is_as_wide_as_it_can_be_and_holds_no_border(kind: LensKind, bends: list[float]) -> None:
    lens = straight_or(kind, np.array([bends]))
    fit = plan_fit(capture(lens), 200, "square", 100.0)
    white = np.full((240, 320, 3), 255, dtype=np.uint8)
    white[[0, 1, -2, -1]] = white[:, [0, 1, -2, -1]] = 0
    stored = fit_picture(white, fit, LENS, kind, lens.of(0))
    assert stored[4:-4, 4:-4].min() == 255
    assert stored.min() < 255, "it reaches the edge"


def test_depth_is_read_and_never_mixed() -> None:
    depth = np.zeros((60, 80), dtype=np.float32)
    depth[:, :40], depth[:, 40:] = 1.0, 3.0
    depth[0:5] = np.nan
    fit = plan_fit(capture(), 48, "square", 100.0)
    stored = fit_depth(depth, fit, LENS, "pinhole", np.zeros(0), (48, 48))
    assert set(np.unique(stored)) == {0.0, 1.0, 3.0}
    assert (stored[10:, :24] == 1).all()
    assert (stored[10:, 24:] == 3).all()


def test_nothing_is_enlarged_and_sizes_are_even() -> None:
    assert plan_fit(capture(), 1000, "square", 100.0).out_px == (240, 240)
    assert plan_fit(capture(), 99, "whole", 100.0).out_px in {(132, 100), (132, 98)}


def test_without_gravity_nothing_is_turned() -> None:
    sideways = POSE @ np.array([[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    assert plan_fit(capture(pose=sideways), 48, "square", 100.0).quarter_turns != 0
    assert plan_fit(capture(pose=sideways, up="unknown"), 48, "square", 100.0).quarter_turns == 0


def test_a_lens_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(SourceError, match="no straight picture") as refused:
        plan_fit(capture(straight_or("opencv", np.array([[-400.0, 0, 0, 0]]))), 48, "square", 100.0)
    assert refused.value.reason == "bad_lens"


def test_an_opencv_lens_that_bends_nothing_is_a_pinhole_and_a_fisheye_is_none() -> None:
    assert straight_or("opencv", np.zeros((3, 5))).kind == "pinhole"
    assert straight_or("fisheye", np.zeros((3, 4))).kind == "fisheye"
