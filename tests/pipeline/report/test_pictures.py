"""Pictures inside the page. Unseen without these: pages of a hundred megabytes, depth holes that look near."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.report import Picture, pictures


def opened(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1])))


def test_a_large_frame_is_shrunk_and_a_small_one_is_not_enlarged() -> None:
    assert opened(pictures.photo_uri(np.zeros((300, 600, 3), np.uint8), 200, 80)).size == (200, 100)
    assert opened(pictures.photo_uri(np.zeros((48, 64, 3), np.uint8), 200, 80)).size == (64, 48)


def test_a_small_frame_keeps_its_colours() -> None:
    frame = np.zeros((64, 64, 3), np.uint8)
    frame[:, ::2] = (255, 0, 0)
    frame[:, 1::2] = (0, 0, 255)
    shown = np.asarray(opened(pictures.photo_uri(frame, 200, 86))).astype(int)
    assert np.abs(shown - frame).mean() < 12


def test_a_drawing_keeps_hard_edges() -> None:
    plan = np.full((40, 60, 3), 230, np.uint8)
    plan[10:20, 5:30] = (80, 40, 20)
    shown = opened(pictures.drawing_uri(plan, 100)).convert("RGB")
    assert np.array_equal(np.asarray(shown), plan)


def test_holes_in_depth_are_black_and_near_is_brighter_than_far() -> None:
    depth_m = np.array([[0.0, 1.0, 2.0, 4.0]], np.float32)
    colours, near_m, far_m = pictures.depth_colours(depth_m)
    assert (near_m, far_m) == (1.0, 4.0)
    assert colours[0, 0].tolist() == [0, 0, 0]
    brightness = colours[0, 1:].astype(int).sum(axis=1)
    assert brightness[0] > brightness[1] > brightness[2] > 0


def test_depth_without_any_measurement_is_all_black() -> None:
    colours, near_m, far_m = pictures.depth_colours(np.zeros((3, 3), np.float32))
    assert colours.max() == 0
    assert (near_m, far_m) == (0.0, 0.0)


def test_neighbouring_ids_have_different_colours_and_nothing_is_grey() -> None:
    colours = pictures.id_colours(np.arange(12, dtype=np.int32)[None])[0]
    assert len({tuple(colour) for colour in colours.tolist()}) == 12
    assert len(set(colours[0].tolist())) == 1


def test_a_thumbnail_that_is_not_a_jpeg_is_not_shown() -> None:
    assert pictures.stored_jpeg_uri(b"<svg onload=alert(1)>") is None
    assert pictures.stored_jpeg_uri(b"") is None


def test_a_picture_that_is_not_bytes_of_colour_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"frames of k must be \(F, H, W, 3\) uint8, got \(4, 4, 3\)"):
        Picture(key="k", frames=np.zeros((4, 4, 3), np.uint8))
