"""Is a thing as large as such things are, and if not, is it a unit error?

extent + kinds ─▶ [readings] ─▶ Reading (kind, up axis, scale) ... ─▶ catalogue.py, prepare.py
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from video4spatial.sim_scenes.assets.notes import AXES, ObjectNote
from video4spatial.sim_scenes.assets.vocabulary import Kind

UNIT_ERRORS = (10.0, 0.1, 100.0, 0.01, 1000.0, 0.001)
"""Scales that mend a wrong unit: centimetres or millimetres written as metres, and the other way round."""
INCHES = (0.0254,)
"""Tried when no power of ten fits: inches written as metres."""
UPS = ("y", "z")
"""glTF is y up; a z-up file was written by a tool that did not know."""


@dataclass(frozen=True)
class Reading:
    """One way to understand a file's numbers."""

    kind: Kind
    up: str
    scale: float


def readings(extent: NDArray[np.float64], kinds: tuple[tuple[Kind, ...], ...], note: ObjectNote) -> list[Reading]:
    """All plausible ways, best first; empty when there is none, or when two unit errors would both explain the size.

    As the file has it goes before a guess: its own numbers in y up, then in z up, then with a unit error.
    """
    ups = (note.up,) if note.up else UPS
    if note.scale:
        return _fitting(extent, kinds, ups, note.scale)
    found = _fitting(extent, kinds, ups, 1.0)
    for scales in (UNIT_ERRORS, INCHES):
        if not found:
            mended = [_fitting(extent, kinds[:1], ups, scale) for scale in scales]
            explained = [each for each in mended if each]
            found = explained[0] if len(explained) == 1 else []
    return found


def _fitting(
    extent: NDArray[np.float64], kinds: tuple[tuple[Kind, ...], ...], ups: tuple[str, ...], scale: float
) -> list[Reading]:
    return [
        Reading(kind, up, scale)
        for group in kinds
        for up in ups
        for kind in group
        if is_plausible(kind, *upright_size(extent * scale, up))
    ]


def upright_size(extent: NDArray[np.float64], up: str) -> tuple[float, float]:
    """(longer side of the footprint, height) of a box whose `up` axis points up."""
    axis = int(np.flatnonzero(AXES[up])[0])
    return float(np.delete(extent, axis).max()), float(extent[axis])


def is_plausible(kind: Kind, span_m: float, height_m: float) -> bool:
    return kind.span_m[0] <= span_m <= kind.span_m[1] and kind.height_m[0] <= height_m <= kind.height_m[1]


def described(extent: NDArray[np.float64]) -> str:
    """`0.02 x 0.12 x 0.09`, for messages."""
    return " x ".join(f"{value:.3g}" for value in extent)
