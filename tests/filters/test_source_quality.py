"""Quality of the source. Unseen: blocks and combs that scaling hides, a clip that is given another one's key frame."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from video4spatial.filters.cut import Window
from video4spatial.filters.source_quality import blockiness, clip_quality, combing, scan_key_frames
from video4spatial.filters.source_scores import SourceMeter
from video4spatial.filters.video import VideoReader


@pytest.fixture
def picture(texture: Callable) -> NDArray[np.uint8]:
    """(240, 320) luma with fine grain."""
    luma = cv2.cvtColor(texture(5, 240, 320), cv2.COLOR_RGB2GRAY).astype(int)
    grain = cv2.GaussianBlur(np.random.default_rng(1).normal(0, 12, luma.shape), (0, 0), 1)
    return np.clip(luma + grain * 3, 0, 255).astype(np.uint8)


def jpeg(luma: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    return cv2.imdecode(cv2.imencode(".jpg", luma, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0)


def test_blockiness_rises_with_compression_wherever_the_grid_begins(picture: NDArray[np.uint8]) -> None:
    values = [blockiness(jpeg(picture, quality)) for quality in (95, 40, 15, 5)]
    assert values == sorted(values)
    assert blockiness(picture) < 0.3
    assert values[2] > 1
    shifted = jpeg(picture, 10)[3:, 5:]
    assert blockiness(shifted) == pytest.approx(blockiness(jpeg(picture, 10)), rel=0.2)


def test_flat_and_tiny_pictures_have_no_blocks() -> None:
    assert blockiness(np.full((64, 64), 80, dtype=np.uint8)) == 0
    assert blockiness(np.zeros((4, 4), dtype=np.uint8)) == 0
    assert combing(np.zeros((3, 3), dtype=np.uint8)) == 0


def test_two_fields_of_a_moving_picture_comb_and_texture_does_not(picture: NDArray[np.uint8]) -> None:
    woven = picture.copy()
    woven[1::2] = np.roll(picture, 6, axis=1)[1::2]
    assert combing(picture) < 0.01
    assert combing(woven) > 0.05
    assert combing(cv2.resize(woven, (160, 120), interpolation=cv2.INTER_AREA)) < 0.02
    assert combing(np.random.default_rng(0).integers(0, 256, (200, 200), dtype=np.uint8)) < 0.02


def test_a_clip_has_its_own_key_frames_or_the_last_before_it() -> None:
    rows = np.array([[0.0, 1.0, 0.1], [4.0, 2.0, 0.2], [6.0, 4.0, 0.4], [20.0, 9.0, 0.9]])
    assert clip_quality(rows, 3, 7) == {"source_blockiness": 3.0, "source_combing": pytest.approx(0.3)}
    assert clip_quality(rows, 7, 11) == {"source_blockiness": 4.0, "source_combing": pytest.approx(0.4)}
    assert clip_quality(rows[1:], 1, 3) == {}


def blocky_film(film: Callable) -> Iterator[NDArray[np.uint8]]:
    for number, frame in enumerate(film([200])):
        large = cv2.resize(frame, (320, 240), interpolation=cv2.INTER_CUBIC)
        quality = [cv2.IMWRITE_JPEG_QUALITY, 95 if number < 100 else 4]
        yield cv2.imdecode(cv2.imencode(".jpg", large, quality)[1], cv2.IMREAD_COLOR)


def test_the_scan_looks_at_a_key_frame_every_two_seconds(film: Callable, write_video: Callable, tmp_path: Path) -> None:
    options = {"preset": "ultrafast", "crf": "10", "g": "12"}
    path = write_video(tmp_path / "keys.mp4", film([240]), options=options)
    rows = [row for _, found in scan_key_frames(path, 0, 0.0) for row in found]
    assert [row[0] for row in rows] == [0, 2, 4, 6, 8]
    late = [row for _, found in scan_key_frames(path, 0, 18.0) for row in found]
    assert [row[0] for row in late] == [6, 8]


def test_the_meter_tells_good_clips_from_blocky_ones(
    film: Callable, write_video: Callable, tmp_path: Path, reader: VideoReader
) -> None:
    options = {"preset": "ultrafast", "crf": "4", "g": "24"}
    path = write_video(tmp_path / "blocky.mp4", blocky_film(film), options=options)
    facts = reader.open(str(path), 120)
    meter = SourceMeter(reader, str(path), facts, 0)
    pictures = list(reader.pictures())
    for picture in pictures:
        meter.push(picture)
    scores = [
        meter.scores(Window("clip", tuple(pictures[start : start + 48]), start, start + 48, 0, "cut"))
        for start in (0, 148)
    ]
    assert [sorted(found) for found in scores] == [["repeated_share", "source_blockiness", "source_combing"]] * 2
    assert scores[1]["source_blockiness"] > 2 * scores[0]["source_blockiness"]
    assert scores[0]["repeated_share"] == 0


def test_broken_files_end_the_scan_not_the_run(tmp_path: Path, film: Callable, write_video: Callable) -> None:
    options = {"preset": "ultrafast", "g": "12"}
    whole = write_video(tmp_path / "whole.mkv", film([240]), options=options).read_bytes()
    broken = bytearray(whole)
    for place in range(len(broken) // 3, len(broken), 997):
        broken[place] ^= 0xFF
    path = tmp_path / "broken.mkv"
    path.write_bytes(bytes(broken[: len(broken) * 3 // 4]))
    rows = [row for _, found in scan_key_frames(path, 0, 0.0) for row in found]
    assert all(np.isfinite(row).all() for row in rows)
