"""Measures a clip. Each score is a plain function of the stored frames; none of them decides anything.

cut ─▶ [scores] ─▶ Product.scores ─▶ floor, and the selection at publish

| score            | unit, range                         | catches                                     |
|------------------|-------------------------------------|---------------------------------------------|
| brightness       | luma levels, 0 to 255               | night, black, burnt-out                     |
| brightness_swing | luma levels, 0 to 255               | fades, flashes, lights switched             |
| contrast         | luma levels, 0 to about 128         | fog, covered lenses, titles on one colour   |
| clipped_share    | share of pixels, 0 to 1             | crushed shadows and blown highlights        |
| sharpness        | squared levels, 0 to about 5000     | blur, bad focus, heavy compression          |
| motion           | picture widths a second, 0 to ~10   | still cameras (low), whip pans (high)       |
| frozen_share     | share of neighbour pairs, 0 to 1    | stills shown as video, stuck encoders       |
| largest_gap_s    | seconds                             | holes in the times                          |
| noise            | levels, 0 to about 20               | night and high gain, film grain             |
| border_share     | share of the area, 0 to 0.99        | letterbox, pillarbox                        |
| overlay_share    | share of the area, 0 to 1           | captions, logos; absent from still cameras  |

docs/scores.md has all scores, also those of other files, with pictures and figures.
"""

from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.borders import border_share, content_box
from video4spatial.filters.flaws import noise, overlay_share

FLOW_SIDE_PX = 48
"""Short side at which optical flow is measured: 0.45 ms a pair, and blur and noise matter less."""
MOST_FLOWS = 12
"""Pairs of neighbours whose flow is measured, evenly spread over the clip: their median differs from that of all 47 by
3 % in half of the clips, by more than an eighth in one of ten."""
FROZEN_LEVELS = 0.1
"""Mean absolute change of luma up to which a frame repeats the one before. Tripod shots give 0.1 to 2."""


def measure(frames: NDArray[np.uint8], times_s: NDArray[np.float64]) -> dict[str, float]:
    """All scores of one clip: frames (T, H, W, 3) uint8 sRGB, times_s (T,) rising seconds."""
    luma = to_luma(frames)
    means, deviations = np.array([cv2.meanStdDev(frame) for frame in luma])[:, :, 0, 0].T
    overlay = overlay_share(luma)
    return {
        "brightness": float(means.mean()),
        "brightness_swing": float(means.max() - means.min()),
        "contrast": float(np.median(deviations)),
        "clipped_share": clipped_share(luma),
        "sharpness": sharpness(luma),
        "motion": motion(luma, times_s),
        "frozen_share": frozen_share(luma),
        "largest_gap_s": float(np.diff(times_s).max()) if len(times_s) > 1 else 0.0,
        "noise": noise(luma),
        "border_share": border_share(content_box(luma), *luma.shape[1:]),
        **({} if overlay is None else {"overlay_share": overlay}),
    }


def to_luma(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(T, H, W) of frames (T, H, W, 3)."""
    return np.stack([np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), dtype=np.uint8) for frame in frames])


def clipped_share(luma: NDArray[np.uint8]) -> float:
    """Share of all pixels (T, H, W) that are nearly black (up to 4) or nearly white (from 251)."""
    return float(np.mean((luma <= 4) | (luma >= 251)))


def sharpness(luma: NDArray[np.uint8]) -> float:
    """The median over the frames (T, H, W) of the variance of the Laplacian (Pech-Pacheco et al., ICPR 2000)."""
    # the median: one sharp frame must not save a blurred clip, one blurred frame not cost a sharp one
    return float(np.median([cv2.meanStdDev(cv2.Laplacian(frame, cv2.CV_32F))[1] ** 2 for frame in luma]))


def frozen_share(luma: NDArray[np.uint8]) -> float:
    """Share of neighbouring frames of (T, H, W) that show the same picture; 0 for a single frame."""
    if len(luma) < 2:
        return 0.0
    changes = np.abs(np.diff(luma.astype(np.int16), axis=0)).mean(axis=(1, 2))
    return float(np.mean(changes <= FROZEN_LEVELS))


def motion(luma: NDArray[np.uint8], times_s: NDArray[np.float64]) -> float:
    """How fast the picture moves: the median over pairs of the median optical flow (Farneback), in widths a second.

    luma (T, H, W), times_s (T,). 0 for a single frame.
    """
    if len(luma) < 2:
        return 0.0
    speeds = []
    for first in np.unique(np.linspace(0, len(luma) - 2, MOST_FLOWS).round().astype(int)):
        before, after = shrink(luma[first : first + 2], FLOW_SIDE_PX)
        step_s = times_s[first + 1] - times_s[first]
        flow = cv2.calcOpticalFlowFarneback(before, after, None, 0.5, 3, 11, 2, 5, 1.1, 0)  # type: ignore[call-overload]
        length_px = float(np.median(np.hypot(flow[..., 0], flow[..., 1])))
        speeds.append(length_px / before.shape[1] / step_s)
    return float(np.median(speeds))


def shrink(luma: NDArray[np.uint8], short_side_px: int) -> NDArray[np.uint8]:
    """(T, h, w) with the short side at most `short_side_px`."""
    height, width = luma.shape[1:]
    scale = Fraction(short_side_px, min(height, width))
    if scale >= 1:
        return luma
    size_px = max(1, round(width * scale)), max(1, round(height * scale))
    return np.stack([cv2.resize(frame, size_px, interpolation=cv2.INTER_AREA) for frame in luma])
