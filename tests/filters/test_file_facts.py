"""What is told of a file. Unseen: a fact that is wrong, or a broken file that hides all others behind its error."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from video4spatial.filters.config import DecodeLimits
from video4spatial.filters.display import Orientation
from video4spatial.filters.file_facts import FileReader
from video4spatial.filters.file_facts_child import orientation_words, rate_words


@pytest.fixture(scope="module")
def files() -> Iterator[FileReader]:
    with FileReader(DecodeLimits(stall_timeout_s=30)) as reader:
        yield reader


def facts(files: FileReader, path: Path, decoder: str = "auto") -> dict[str, str]:
    return dict(files.facts(str(path), 64, decoder).facts)


def test_container_streams_rate_and_decoder_are_told(files: FileReader, edited: Path) -> None:
    told = facts(files, edited)
    assert told["streams"] == "video h264 160x120 yuv420p"
    assert told["frames"].startswith("200 in")
    assert told["rate"] == "24 frames/s, even"
    assert told["decoder"].startswith("decord: its probe")
    assert facts(files, edited, "pyav")["decoder"] == "pyav, as real.decoder asks"
    assert files.seconds(str(edited)) == pytest.approx(200 / 24)


def test_a_variable_rate_says_how_variable(
    files: FileReader, film: Callable, write_video: Callable, tmp_path: Path
) -> None:
    times = list(np.cumsum([0] + [20, 60] * 11).tolist())
    path = write_video(
        tmp_path / "vfr.mkv", film([23]), times=times, time_base=Fraction(1, 1000), rate=Fraction(25)
    )  # fmt: skip
    assert facts(files, path)["rate"] == "25 frames/s on average, variable: 20 to 60 ms apart"


def test_rounding_to_the_clocks_ticks_is_no_variation() -> None:
    milliseconds = np.round(np.arange(100) * 1000 / 29.97).astype(int)
    assert rate_words(milliseconds, Fraction(1, 1000)) == "29.9728 frames/s, even"
    assert rate_words(milliseconds[:1], Fraction(1, 1000)) == "one picture"


def test_square_pixels_are_not_spoken_of_and_others_are(
    files: FileReader, film: Callable, write_video: Callable, edited: Path, tmp_path: Path
) -> None:
    path = write_video(tmp_path / "wide.mp4", film([12]), sample_aspect=Fraction(4, 3))
    assert facts(files, path)["pixel aspect"] == "4:3, made square"
    assert "pixel aspect" not in facts(files, edited)


def test_all_seven_ways_to_turn_a_picture_have_words() -> None:
    words = [
        orientation_words(Orientation(is_transposed=bool(n & 1), mirrors_x=bool(n & 2), mirrors_y=bool(n & 4)))
        for n in range(1, 8)
    ]
    assert len({word for word in words if "mirrored" not in word}) == 3


@pytest.mark.parametrize(("content", "reason"), [(b"", "empty_file"), (b"no video at all" * 99, "unopenable")])
def test_a_broken_file_is_named_and_what_is_known_is_told(
    files: FileReader, tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(content)
    told = files.facts(str(path), 64, "auto")
    assert told.reason == reason
    assert dict(told.facts)["size"] == f"{len(content)} bytes"
    assert files.seconds(str(path)) is None


def test_a_file_that_takes_its_reader_with_it_costs_itself(edited: Path) -> None:
    with FileReader(DecodeLimits(stall_timeout_s=1e-4)) as reader:
        assert reader.facts(str(edited), 64, "auto").reason == "timed_out"
        assert reader.seconds(str(edited)) is None
