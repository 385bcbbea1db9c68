"""Keeps account of where shots begin, while the detectors hear of one picture after the other.

picture ─▶ [BoundaryFinder]: AdaptiveDetector (cuts), fades.py (black), blends.py (dissolves) ─▶ begins

PySceneDetect's detectors are fed with the pictures at working size; what two of them measure is measured once.
"""

from fractions import Fraction
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

from video4spatial.filters.blends import AFTER, Blend, BlendFinder
from video4spatial.filters.config import ShotConfig
from video4spatial.filters.fades import Dark, FadeFinder, Light

Beginning = Literal["", "start", "span", "cut", "dissolve", "fade", "transition", "time", "camera"]
"""How a picture's shot began with it: the video's start, a span's start, a cut, after a dissolve or a fade, times that
jump back, or (of a posed capture) a camera that is known again. `transition` begins the pictures of a dissolve or fade
themselves. Empty: it goes on as before."""

_WINDOW = 2
"""Pictures on each side that a cut is compared with, so that it is known so much later."""
NEAR = 4
"""Pictures between a fade and a dissolve; closer, they are the same."""
_OPEN = 2**62
_DOUBTED = ("cut", "transition")
_RATE = Fraction(25)
"""PySceneDetect asks for a rate; everything here is counted in frames, so that it has no effect."""


class Change:
    """How much a picture differs from the one before: PySceneDetect's content value (mean HSV levels)."""

    def __init__(self) -> None:
        self.content = 0.0
        self._last: NDArray[np.uint8] | None = None

    def feed(self, rgb: NDArray[np.uint8]) -> None:
        """Takes the next picture (H, W, 3)."""
        hsv = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV), dtype=np.uint8)
        if self._last is not None:
            sums = cv2.sumElems(cv2.absdiff(hsv, self._last))[:3]
            self.content = sum(total / (hsv.shape[0] * hsv.shape[1]) for total in sums) / 3.0
        self._last = hsv


class SharedAdaptiveDetector(AdaptiveDetector):
    """An AdaptiveDetector whose content value is measured elsewhere: the two here ask for the same one."""

    def __init__(self, change: Change, **settings: float) -> None:
        super().__init__(**settings)
        self._change = change

    def _calculate_frame_score(self, timecode: FrameTimecode, frame_img: NDArray[np.uint8]) -> float:
        return self._change.content


class BoundaryFinder:
    """Runs the detectors over one video."""

    def __init__(self, config: ShotConfig) -> None:
        self.begins: dict[int, Beginning] = {}
        """Picture number to how a shot begins with it, as far as it is known."""
        self._min_shot_frames = config.min_shot_frames
        self._change = Change()
        self._cuts = [
            SharedAdaptiveDetector(
                self._change,
                adaptive_threshold=ratio,
                min_scene_len=config.min_shot_frames,
                window_width=_WINDOW,
                min_content_val=content,
            )
            for ratio, content in (
                (config.adaptive_threshold, config.min_content),
                (config.strong_threshold, config.strong_content),
            )
        ]
        self._fades = FadeFinder(config.dark_level)
        self._blends = BlendFinder()
        self._black: tuple[int, int] = (-1, -1)
        """[start, stop) of the last fade through black; it stops at its first picture after black while the rest of its
        ramp is not known, and nowhere while it is black."""
        self._last = -config.min_shot_frames
        self._last_index = -1

    def feed(self, index: int, rgb: NDArray[np.uint8]) -> None:
        """Takes the next picture (H, W, 3); pictures are numbered one by one."""
        self._last_index = index
        code = FrameTimecode(index, fps=_RATE)
        self._change.feed(rgb)
        cuts = self._find_cuts(code, rgb)
        for cut in cuts:
            self.begins.setdefault(cut, "cut")
        for change in self._fades.feed(code, rgb):
            self._enter(change)
        blend = self._blends.feed(rgb, cuts)
        if blend:
            self._enter(blend)

    def finish(self, rgb: NDArray[np.uint8]) -> None:
        """After the last picture (H, W, 3), which stands still from here, so that the last ones have neighbours on both
        sides. What is found beyond it is dropped by whoever asks for pictures that there are."""
        for _ in range(AFTER + 1):
            self.feed(self._last_index + 1, rgb)
        for change in self._fades.finish(self._last_index + 1):
            self._enter(change)
        blend = self._blends.finish()
        if blend:
            self._enter(blend)

    def _find_cuts(self, code: FrameTimecode, rgb: NDArray[np.uint8]) -> list[int]:
        """Pictures that follow a cut, known now. One too close to the last is none."""
        found = []
        for detector in self._cuts:
            for cut in detector.process_frame(code, rgb):
                if abs(cut.frame_num - self._last) >= self._min_shot_frames:
                    found.append(cut.frame_num)
                    self._last = cut.frame_num
        return found

    def _enter(self, change: Blend | Dark | Light) -> None:
        """What seemed cuts within a dissolve or a fade were none. Where a video opens and where times jump stays."""
        if isinstance(change, Blend):
            if change.start < self._black[1] + NEAR and change.stop > self._black[0] - NEAR:
                return  # the ramp of a fade, which is measured there
        elif isinstance(change, Dark):
            self._black = (change.start, _OPEN)
        else:
            self._black = (self._black[0], change.stop)
        for index in [i for i, how in self.begins.items() if change.start - 1 <= i <= change.stop and how in _DOUBTED]:
            del self.begins[index]
        if not isinstance(change, Light):
            self.begins.setdefault(change.start, "transition")
        if not isinstance(change, Dark):
            is_fade = isinstance(change, Light) or change.is_fade
            self.begins.setdefault(change.stop, "fade" if is_fade else "dissolve")
        self._last = max(self._last, change.stop)
