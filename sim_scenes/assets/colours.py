"""The word for a colour as it is seen.

Samples | texture ─▶ [colour_word, wood_word] ─▶ "red", "beige", ... or nothing where no colour prevails
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.palette import WOODS

PREVAILS = 0.45
"""Share of the surface that must have the colour; a patchwork has no colour word."""
_HUES = ((12, "red"), (40, "orange"), (68, "yellow"), (165, "green"), (195, "teal"), (258, "blue"), (300, "purple"),
         (343, "pink"), (360, "red"))  # fmt: skip
"""Upper end of each hue in degrees."""


def colour_word(colours: NDArray[np.float64]) -> str:
    """The word for most of (N, 3) sRGB colours, empty where none prevails."""
    if not len(colours):
        return ""
    words, counts = np.unique(_words(colours), return_counts=True)
    most = int(counts.argmax())
    return str(words[most]) if counts[most] >= PREVAILS * len(colours) else ""


def wood_word(texture: NDArray[np.uint8]) -> str:
    """Which of the woods of palette.py a texture looks most like."""
    mean = texture.reshape(-1, 3).mean(axis=0) / 255.0
    return min(WOODS, key=lambda name: float(np.abs(mean - np.mean(WOODS[name], axis=0)).sum()))


def _words(colours: NDArray[np.float64]) -> NDArray[np.str_]:
    hsv = cv2.cvtColor(np.clip(colours, 0, 1).astype(np.float32)[None], cv2.COLOR_RGB2HSV)[0]
    hue, saturation, value = hsv.T
    ends = np.array([end for end, _ in _HUES])
    words = np.array([word for _, word in _HUES])[np.searchsorted(ends, np.minimum(hue, 360.0))]
    warm = (hue >= 12) & (hue < 55)
    words = np.where(warm & ((value < 0.62) | (saturation < 0.68)), "brown", words)
    words = np.where((hue < 12) & (value < 0.45) & (saturation < 0.65), "brown", words)
    words = np.where((hue >= 15) & (hue < 75) & (saturation < 0.38) & (value >= 0.62), "beige", words)
    words = np.where((words == "red") & (saturation < 0.5) & (value > 0.6), "pink", words)
    words = np.where(saturation < 0.12, np.where(value > 0.78, "white", "grey"), words)
    return np.where(value < 0.18, "black", words)
