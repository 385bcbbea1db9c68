"""The film of our own. If its truth is wrong, the whole path of real videos is tested against nothing."""

import json
from pathlib import Path

import numpy as np
import pytest

from video4spatial.pipeline.core.geometry import rotation_angle_rad, upright_pose
from video4spatial.pipeline.core.seeds import rng
from video4spatial.pipeline.store.video import decode_video
from video4spatial.sim_scenes.film import SHOT_S, Film, hand_held, make_film, write_film


@pytest.fixture(scope="module")
def film() -> Film:
    return make_film(seed=0, size_px=(64, 36), rate_fps=8)


def test_a_film_has_seven_shots_or_more_and_a_fade(film: Film) -> None:
    assert len(film.cuts) + 2 == len(SHOT_S) >= 7
    assert film.fade[1] - film.fade[0] > 6
    assert all(0 < cut < len(film.frames) for cut in film.cuts)


def test_pictures_jump_at_the_cuts_and_nowhere_else(film: Film) -> None:
    change = np.abs(np.diff(film.frames.astype(int), axis=0)).mean(axis=(1, 2, 3))
    outside_fade = np.ones(len(change), dtype=bool)
    outside_fade[film.fade[0] - 1 : film.fade[1]] = False
    at_cut = np.zeros(len(change), dtype=bool)
    at_cut[[cut - 1 for cut in film.cuts]] = True
    assert change[at_cut].min() > np.percentile(change[~at_cut & outside_fade], 90)


def test_the_fade_goes_through_black(film: Film) -> None:
    light = film.frames.mean(axis=(1, 2, 3))
    start, stop = film.fade
    assert light[(start + stop) // 2] == 0
    assert light[start - 1] > 20
    assert light[stop] > 5


def test_what_is_written_is_a_video_with_its_truth_and_always_the_same(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "film.mp4", tmp_path / "b" / "film.mp4"
    for path in (first, second):
        write_film(path, seed=1, size_px=(64, 36), rate_fps=3)
    assert first.read_bytes() == second.read_bytes()
    truth = json.loads(first.with_suffix(".json").read_text())
    frames = decode_video(first.read_bytes())
    assert frames.shape == (truth["frames"], 36, 64, 3)
    assert truth["synthetic"] is True
    assert {path.name for path in first.parent.iterdir()} == {"film.mp4", "film.json"}


def test_a_hand_shakes_a_little_and_smoothly() -> None:
    still = np.repeat(upright_pose([0, 1.5, 0], 0.3)[None], 240, axis=0)
    shaken = hand_held(still, 24, rng(0, "test", "hand"))
    angle = np.degrees(rotation_angle_rad(shaken[:, :3, :3], still[:, :3, :3]))
    assert 0.05 < angle.mean() < 1.5
    step = np.degrees(rotation_angle_rad(shaken[1:, :3, :3], shaken[:-1, :3, :3]))
    assert step.max() < 0.6
    assert np.linalg.norm(shaken[:, :3, 3] - [0, 1.5, 0], axis=1).max() < 0.03
