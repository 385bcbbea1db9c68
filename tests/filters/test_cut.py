"""Clips are picked by exact time, never cross a shot, and every source frame is accounted for."""

import itertools
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from video4spatial.filters.boundaries import Beginning
from video4spatial.filters.cut import Window, cut_windows
from video4spatial.filters.decode import Picture

BASE = Fraction(1, 1000)
BLANK = np.zeros((2, 2, 3), dtype=np.uint8)


def shots(times: list[int], starts: set[int]) -> Iterator[tuple[Picture, Beginning]]:
    for index, time in enumerate(times):
        yield Picture(index, time, BLANK), "start" if index == 0 else "cut" if index in starts else ""


def cut(
    times: list[int], starts: set[int] = frozenset(), frames: int = 4, rate: int = 10, most: int = 99
) -> list[Window]:  # type: ignore[assignment]
    return list(
        cut_windows(
            shots(times, set(starts)),
            clip_frames=frames,
            rate_fps=Fraction(rate),
            time_base=BASE,
            max_clips_per_shot=most,
        )
    )


def indices(window: Window) -> list[int]:
    return [picture.index for picture in window.pictures]


def test_frames_nearest_to_the_wanted_times_are_picked() -> None:
    window = cut([0, 40, 80, 120, 160, 200, 240, 280, 320])[0]
    assert indices(window) == [0, 2, 5, 7]
    assert (window.kind, window.start, window.stop) == ("clip", 0, 8)


def test_picks_do_not_drift_over_a_long_video_of_an_odd_rate() -> None:
    times = [round(1000 * n * 1001 / 30000) for n in range(3000)]
    for window in cut(times, frames=600, rate=12):
        wanted = window.pictures[0].time + np.arange(len(window.pictures)) * 1000 / 12
        assert np.abs([picture.time for picture in window.pictures] - wanted).max() <= 1000 / 30 / 2 + 1


def test_a_video_slower_than_the_rate_keeps_all_its_frames_and_its_own_times() -> None:
    windows = cut([0, 200, 400, 600, 800, 1000], frames=3)
    assert [indices(window) for window in windows] == [[0, 1, 2], [3, 4, 5]]
    assert [window.kind for window in windows] == ["clip", "clip"]


def test_the_frame_after_a_clip_begins_the_next_one() -> None:
    windows = cut([0, 100, 200, 300, 400, 500], frames=3)
    assert [indices(window) for window in windows] == [[0, 1, 2], [3, 4, 5]]


def test_frames_that_the_rate_leaves_out_after_a_clip_are_no_remainder() -> None:
    windows = cut([50 * n for n in range(8)], frames=4)
    assert [(w.kind, indices(w)) for w in windows] == [("clip", [0, 2, 4, 6])]


def test_a_hole_in_the_times_repeats_no_frame() -> None:
    assert indices(cut([0, 100, 5000, 5010, 5100, 5200], frames=4)[0]) == [0, 1, 2, 3]


def test_what_remains_of_a_shot_says_what_it_is() -> None:
    windows = cut([100 * n for n in range(12)], {5, 6}, frames=3)
    assert [(w.kind, w.start, w.stop, w.shot) for w in windows] == [
        ("clip", 0, 3, 0),
        ("remainder", 3, 5, 0),
        ("whole_shot", 5, 6, 1),
        ("clip", 6, 9, 2),
        ("clip", 9, 12, 2),
    ]
    assert [w.began_by for w in windows] == ["start", "start", "cut", "cut", "cut"]


def test_a_shot_gives_no_more_clips_than_asked_for_and_holds_no_more_pictures() -> None:
    windows = cut([100 * n for n in range(1000)], frames=3, most=2)
    assert [(w.kind, w.start, w.stop) for w in windows] == [("clip", 0, 3), ("clip", 3, 6), ("surplus", 6, 1000)]
    assert len(windows[-1].pictures) == 3


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(st.integers(1, 400), min_size=1, max_size=120),
    starts=st.sets(st.integers(1, 119), max_size=12),
    frames=st.integers(2, 9),
    rate=st.integers(1, 60),
)
def test_windows_never_cross_a_shot_and_stand_for_every_frame_in_order(
    steps: list[int], starts: set[int], frames: int, rate: int
) -> None:
    times = np.cumsum(steps).tolist()
    windows = cut(times, starts, frames, rate)
    assert windows[0].start == 0
    assert windows[-1].stop <= len(times)
    for window in windows:
        picked = indices(window)
        assert len(picked) <= frames
        assert picked == sorted(set(picked))
        assert picked[0] == window.start
        assert picked[-1] < window.stop
        assert not starts & set(range(window.start + 1, window.stop))
    shot_of = np.cumsum([index in starts for index in range(len(times))])
    for before, after in itertools.pairwise(windows):
        assert before.stop <= after.start
        # frames between two windows are ones that the rate leaves out
        assert len(set(shot_of[before.start : after.start].tolist())) == 1
