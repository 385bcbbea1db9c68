"""Cuts shots into clips: windows of a set number of frames at a set rate, picked by exact time.

shots ─▶ [cut] ─▶ Window ─▶ scores

A window never crosses a shot. Frames are the source's own, picked, never blended or repeated; their times are the
source's own too. Only the open window's picks are held, whatever the length of the shot.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from video4spatial.filters.boundaries import Beginning
from video4spatial.filters.decode import Picture

WindowKind = Literal["clip", "whole_shot", "remainder", "surplus", "transition"]


@dataclass(frozen=True)
class Window:
    """A run of picked pictures within one shot."""

    kind: WindowKind
    """`clip`: full length; `whole_shot`: all of a shot shorter than that; `remainder`: what was left behind full clips;
    `surplus`: what comes after the most clips a shot may give; `transition`: a dissolve or fade between two shots (of
    these two, only the first pictures are held)."""
    pictures: tuple[Picture, ...]
    start: int
    """First source frame."""
    stop: int
    """One past the last source frame that it stands for."""
    shot: int
    """Number of the shot within the unit, from 0; a transition has that of the shot before it."""
    began_by: Beginning
    """How its shot began."""


class Picker:
    """Picks the pictures nearest to t0 + k / rate; each picture at most once, so a slower source keeps its own rate."""

    def __init__(self, step: Fraction) -> None:
        self.step = step
        """Ticks between two picks."""
        self.picked: list[Picture] = []
        self._previous: Picture | None = None

    def push(self, picture: Picture, most: int) -> None:
        """Considers the next picture; stops at `most` picks. The choice between two neighbours needs the later one."""
        if not self.picked:
            self.picked.append(picture)
        previous, self._previous = self._previous, picture
        if previous is not None and previous.index > self.picked[-1].index and len(self.picked) < most:
            target = self.target()
            if picture.time >= target and target - previous.time <= picture.time - target:
                self.picked.append(previous)
        if len(self.picked) < most and picture.index > self.picked[-1].index and picture.time >= self.target():
            self.picked.append(picture)

    def target(self) -> Fraction:
        """The wanted time of the next pick, in ticks."""
        return self.picked[0].time + len(self.picked) * self.step


def cut_windows(
    shots: Iterable[tuple[Picture, Beginning]],
    *,
    clip_frames: int,
    rate_fps: Fraction,
    time_base: Fraction,
    max_clips_per_shot: int,
) -> Iterator[Window]:
    """The windows of all shots in source order; frames in none of them are those that the rate leaves out."""
    cutter: ShotCutter | None = None
    number = -1
    for picture, beginning in shots:
        if beginning:
            if cutter is not None:
                yield from cutter.finish()
            is_transition = beginning == "transition"
            number += not is_transition
            most = 0 if is_transition else max_clips_per_shot
            cutter = ShotCutter(max(number, 0), beginning, clip_frames, Picker(1 / (rate_fps * time_base)), most)
        assert cutter is not None, "the first picture of a video begins a shot"
        yield from cutter.push(picture)
    if cutter is not None:
        yield from cutter.finish()


class ShotCutter:
    """Cuts one shot."""

    def __init__(self, number: int, began_by: Beginning, clip_frames: int, picker: Picker, max_clips: int) -> None:
        self._number, self._began_by, self._clip_frames, self._max_clips = number, began_by, clip_frames, max_clips
        self._picker = picker
        self._clips = 0
        self._not_before: float | Fraction = -math.inf
        self._last: Picture | None = None

    def push(self, picture: Picture) -> Iterator[Window]:
        """Takes the next picture; gives a clip when it is complete."""
        self._last = picture
        if not self._picker.picked and picture.time < self._not_before:
            return
        self._picker.push(picture, self._clip_frames)
        if self._clips < self._max_clips and len(self._picker.picked) == self._clip_frames:
            yield self._window("clip", self._picker.picked[-1].index + 1)
            self._clips += 1
            # the next clip begins one step after this one's last pick: frames between the two are the rate's, not lost
            self._not_before = self._picker.target()
            is_left = self._picker.picked[-1].index < picture.index
            self._picker = Picker(self._picker.step)
            if is_left:
                yield from self.push(picture)

    def finish(self) -> Iterator[Window]:
        """What remains when the shot ends."""
        if not self._picker.picked:
            return
        assert self._last is not None
        kind: WindowKind = "remainder" if self._clips else "whole_shot"
        if self._clips >= self._max_clips:
            kind = "transition" if self._began_by == "transition" else "surplus"
        yield self._window(kind, self._last.index + 1)

    def _window(self, kind: WindowKind, stop: int) -> Window:
        picked = tuple(self._picker.picked)
        return Window(kind, picked, picked[0].index, stop, self._number, self._began_by)
