"""Unseen, a baseline that is too weak would make the model look good."""

import numpy as np
import pytest

from video4spatial.model.images import mean_colour, nearest_context, psnr_db
from video4spatial.pipeline.core.geometry import upright_pose


def test_psnr_follows_its_formula_frame_by_frame() -> None:
    truth = np.full((2, 4, 4, 3), 100, dtype=np.uint8)
    other = truth.copy()
    other[1] += 10
    found = psnr_db(truth, other)
    assert found[0] == pytest.approx(20 * np.log10(255))
    assert found[1] == pytest.approx(20 * np.log10(255 / 10))


def test_no_single_colour_beats_the_mean_colour() -> None:
    truth = np.random.default_rng(0).integers(0, 255, (3, 8, 8, 3)).astype(np.uint8)

    def error(colour: np.ndarray) -> float:
        return float(np.square(truth - colour).mean())

    best = error(mean_colour(truth))
    assert all(error(np.broadcast_to(colour, truth.shape)) > best for colour in np.eye(3) * 100 + 80)


def test_the_nearest_context_frame_faces_the_same_way_from_nearly_the_same_place() -> None:
    context = np.stack([upright_pose([0, 0, 0], yaw) for yaw in (0.0, 1.0, 2.0)] + [upright_pose([9, 0, 0], 1.1)])
    target = np.stack([upright_pose([0.1, 0, 0], yaw) for yaw in (0.1, 1.1, 1.9)])
    assert nearest_context(context, target).tolist() == [0, 1, 2]
