"""What the camera does is told from its pictures, against cameras that are known. Unseen: pans that pass for walks."""

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from benchmarks.known_cameras import MOVING_KINDS, KnownClip, Studio
from video4spatial.filters.camera_motion import CameraMotion, measure_camera
from video4spatial.filters.parallax import measure_parallax
from video4spatial.filters.scores import shrink, to_luma
from video4spatial.filters.tracks import follow
from video4spatial.filters.turning import fit_turning
from video4spatial.filters.video import VideoReader

KIND_OF = {
    "static": "static",
    "static_passerby": "static",
    "pan": "pan",
    "pan_passerby": "pan",
    "tilt": "tilt",
    "zoom": "zoom",
    "roll": "roll",
    "shake": "handheld",
    **dict.fromkeys(MOVING_KINDS, "translation"),
}


class OneStudio:
    """Films each clip once."""

    def __init__(self) -> None:
        self._studio = Studio(100)
        self._clips: dict[str, KnownClip] = {}

    def film_clip(self, kind: str) -> KnownClip:
        if kind not in self._clips:
            self._clips[kind] = self._studio.film_clip(kind, 7, (240, 180))
        return self._clips[kind]


@pytest.fixture(scope="module")
def studio() -> OneStudio:
    return OneStudio()


def measured(clip: KnownClip, short_side_px: int = 128) -> CameraMotion:
    return measure_camera(shrink(to_luma(clip.frames), short_side_px), clip.times_s)


@pytest.mark.parametrize("kind", KIND_OF)
def test_each_kind_of_motion_is_told(studio: OneStudio, kind: str) -> None:
    assert measured(studio.film_clip(kind)).kind == KIND_OF[kind]


def test_amounts_are_those_of_the_camera(studio: OneStudio) -> None:
    pan, zoom, roll = (studio.film_clip(kind) for kind in ("pan", "zoom", "roll"))
    focal = zoom.cameras.image_from_camera[:, 0, 0]
    seconds = zoom.times_s[-1]
    assert measured(zoom).scores["camera_zoom_per_s"] == pytest.approx(
        abs(np.log(focal[-1] / focal[0])) / seconds, rel=0.1
    )
    assert measured(roll).scores["camera_roll_dps"] == pytest.approx(turned_deg(roll) / seconds, rel=0.1)
    # degrees of a pan hang on the lens, which is not known
    assert measured(pan).scores["camera_turn_dps"] == pytest.approx(turned_deg(pan) / seconds, rel=0.4)


def turned_deg(clip: KnownClip) -> float:
    first, last = clip.cameras.world_from_camera[[0, -1], :3, :3]
    return float(np.degrees(np.arccos(np.clip((np.trace(first.T @ last) - 1) / 2, -1, 1))))


def test_a_faster_clip_turns_faster_and_has_the_same_parallax(studio: OneStudio) -> None:
    clip = studio.film_clip("truck")
    luma = shrink(to_luma(clip.frames), 128)
    slow, fast = measure_camera(luma, clip.times_s), measure_camera(luma, clip.times_s / 2)
    assert fast.scores["camera_shift_wps"] == pytest.approx(2 * slow.scores["camera_shift_wps"])
    assert fast.scores["parallax"] == slow.scores["parallax"]


def test_parallax_is_in_picture_widths_whatever_the_size(studio: OneStudio) -> None:
    clip = studio.film_clip("truck")
    small, large = (measured(clip, short).scores["parallax"] for short in (90, 180))
    assert small == pytest.approx(large, rel=0.35)


def test_somebody_who_walks_by_is_scene_motion_and_no_parallax(studio: OneStudio) -> None:
    alone, passed = (measured(studio.film_clip(kind)) for kind in ("static", "static_passerby"))
    assert passed.scores["parallax_evidence"] < 1
    assert alone.scores["scene_motion"] < 0.02


def test_a_turning_camera_is_found_with_its_rotation_and_zoom() -> None:
    random = np.random.default_rng(0)
    first = random.uniform([0, 0], [320, 240], (150, 2))
    focal, zoom, angle = 280.0, 1.2, np.radians(8)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    rays = np.concatenate([(first - [160, 120]) / focal, np.ones((150, 1))], axis=1) @ turn.T
    last = rays[:, :2] / rays[:, 2:] * focal * zoom + [160, 120] + random.normal(scale=0.1, size=(150, 2))
    last[:40] += random.uniform(-30, 30, (40, 2))
    found = fit_turning(first, last, (320, 240), 0.3)
    assert np.median(found.error_px[40:]) < 0.15
    assert found.zoom == pytest.approx(zoom, rel=0.01)
    assert found.focal_px[0] == pytest.approx(focal, rel=0.1)
    assert np.degrees(np.arccos((np.trace(found.rotation @ turn.T) - 1) / 2)) < 1.0


def test_a_plane_seen_by_a_moving_camera_is_no_turning_camera() -> None:
    first = np.random.default_rng(0).uniform([0, 0], [320, 240], (150, 2))
    rays = np.concatenate([(first - [160, 120]) / 280.0, np.ones((150, 1))], axis=1)
    # a floor 1 m below the camera, seen at a slant; the camera goes aside by 0.3 m
    depth = 1.0 / (0.25 + 0.8 * rays[:, 1] + 0.3)
    points = rays * depth[:, None] - [0.3, 0, 0]
    last = points[:, :2] / points[:, 2:] * 280.0 + [160, 120]
    assert np.median(fit_turning(first, last, (320, 240), 0.3).error_px) > 3


def test_blank_and_single_frames_are_unclear() -> None:
    blank = np.full((20, 96, 128), 90, dtype=np.uint8)
    assert measure_camera(blank, np.arange(20) / 12) == CameraMotion("unclear", {})
    assert measure_camera(blank[:1], np.zeros(1)).kind == "unclear"


def test_the_same_frames_give_the_same_numbers(studio: OneStudio) -> None:
    clip = studio.film_clip("walk")
    assert measured(clip) == measured(clip)


def test_points_are_given_at_pixel_centres_of_ours(studio: OneStudio) -> None:
    luma = to_luma(studio.film_clip("static").frames[:4])
    stretch = next(follow(luma))
    mirrored = next(follow(np.ascontiguousarray(luma[:, :, ::-1])))
    there = {tuple(point) for point in stretch.points[0].tolist()}
    back = {(luma.shape[2] - x, y) for x, y in mirrored.points[0].tolist()}
    # which of two equal neighbours is the peak may differ
    assert len(there & back) > 0.9 * len(there)
    assert measure_parallax(luma, stretch) is not None


REAL = {
    "boofcv_pan_parking_lot.mp4": {"pan"},
    "boofcv_shake.mjpeg": {"handheld"},
    "boofcv_orbit_stone_sign_portrait.mp4": {"translation"},
    "boofcv_forward_ditch.mp4": {"translation"},
}


@pytest.mark.skipif("V4S_TEST_DATA" not in os.environ, reason="V4S_TEST_DATA is not set: real videos are not at hand")
@pytest.mark.parametrize("name", REAL)
def test_real_cameras_are_told(reader: VideoReader, name: str) -> None:
    path = Path(os.environ["V4S_TEST_DATA"]) / "videos" / name
    if not path.exists():
        pytest.skip(f"{name} is not among the test data")
    facts = reader.open(str(path), 128)
    pictures = list(reader.pictures())
    every = max(1, round(float((facts.rate_fps or Fraction(25)) / 12)))
    pictures = pictures[::every][:48]
    times_s = np.array([picture.time for picture in pictures]) * float(facts.time_base)
    assert measure_camera(to_luma(np.stack([picture.rgb for picture in pictures])), times_s).kind in REAL[name]
