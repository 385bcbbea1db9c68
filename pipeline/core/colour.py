"""Colours of glowing bodies: what a colour temperature looks like.

kelvin ─▶ [blackbody, white_balanced] ─▶ linear sRGB ─▶ lights of scenes, and light changed in pictures

Planck's law over the CIE 1931 observer in the fit of Wyman, Sloan and Shirley (Simple Analytic Approximations to the
CIE XYZ Color Matching Functions, JCGT 2(2), 2013, eq. 4), then the matrix of IEC 61966-2-1.
"""

import numpy as np
from numpy.typing import NDArray

_NM = np.arange(380.0, 781.0, 5.0)
_X = ((1.056, 599.8, 0.0264, 0.0323), (0.362, 442.0, 0.0624, 0.0374), (-0.065, 501.1, 0.0490, 0.0382))
_Y = ((0.821, 568.8, 0.0213, 0.0247), (0.286, 530.9, 0.0613, 0.0322))
_Z = ((1.217, 437.0, 0.0845, 0.0278), (0.681, 459.0, 0.0385, 0.0725))
_SRGB_FROM_XYZ = np.array(
    [[3.2406255, -1.5372080, -0.4986286], [-0.9689307, 1.8757561, 0.0415175], [0.0557101, -0.2040211, 1.0569959]]
)
LUMA = np.array([0.2126, 0.7152, 0.0722])
"""Luminance of linear sRGB."""


def blackbody(kelvin: float) -> NDArray[np.float64]:
    """Linear sRGB of luminance 1 of a body that glows at `kelvin`; colours outside sRGB are cut at 0."""
    metres = _NM * 1e-9
    power = metres**-5.0 / np.expm1(0.014387769 / (metres * kelvin))
    xyz = np.array([(power * _observer(lobes)).sum() for lobes in (_X, _Y, _Z)])
    rgb = np.maximum(_SRGB_FROM_XYZ @ (xyz / xyz[1]), 0.0)
    return rgb / (LUMA @ rgb)


def white_balanced(kelvin: float, white_kelvin: float) -> NDArray[np.float64]:
    """`blackbody(kelvin)` as a camera shows it that takes `white_kelvin` for white; luminance 1."""
    rgb = blackbody(kelvin) / blackbody(white_kelvin)
    return np.asarray(rgb / (LUMA @ rgb))


def _observer(lobes: tuple[tuple[float, float, float, float], ...]) -> NDArray[np.float64]:
    total = np.zeros(len(_NM))
    for height, centre, below, above in lobes:
        total += height * np.exp(-0.5 * ((_NM - centre) * np.where(centre > _NM, below, above)) ** 2)
    return total
