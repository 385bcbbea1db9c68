"""The scores of a clip that its stored frames do not show: what its source repeats, and how well it was coded.

video ─▶ [SourceMeter] ─▶ Product.scores
"""

import numpy as np

from video4spatial.filters.cut import Window
from video4spatial.filters.decode import Picture
from video4spatial.filters.repeats import RepeatMeter
from video4spatial.filters.source_quality import clip_quality
from video4spatial.filters.video import VideoFacts, VideoReader


class SourceMeter:
    """Follows one unit. `reader` has its video open."""

    def __init__(self, reader: VideoReader, location: str, facts: VideoFacts, start: int) -> None:
        self._reader, self._location, self._facts = reader, location, facts
        self._repeats = RepeatMeter(start)
        self._rows = np.zeros((0, 3))
        self._is_scanning = False

    def push(self, picture: Picture) -> None:
        """The next picture of the source."""
        self._repeats.push(picture.rgb)

    def scores(self, window: Window) -> dict[str, float]:
        """Of a window whose pictures have been pushed; windows come in order. Raises SourceError, WorkerLost."""
        base = float(self._facts.time_base)
        start_s, stop_s = window.pictures[0].time * base, window.pictures[-1].time * base
        if not self._is_scanning:
            self._reader.scan(self._location, self._facts.stream, start_s)
            self._is_scanning = True
        self._rows = np.concatenate([self._rows, self._reader.key_frames(stop_s)])
        share = self._repeats.share(window.start, window.stop)
        return {"repeated_share": share, **clip_quality(self._rows, start_s, stop_s)}
