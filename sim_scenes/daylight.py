"""Colours of light from physics: glowing bodies, the sun through air, and the sky after it.

kelvin | sun elevation ─▶ [blackbody, sunlight, skylight] ─▶ linear sRGB ─▶ dials.py

Blackbody: Planck's law over the CIE 1931 observer in the fit of Wyman, Sloan and Shirley (Simple Analytic
Approximations to the CIE XYZ Color Matching Functions, JCGT 2(2), 2013, eq. 4), then the matrix of IEC 61966-2-1.
Sun: air mass of Kasten and Young (Applied Optics 28, 1989), Rayleigh and aerosol depth as in Preetham, Shirley and
Smits (A Practical Analytic Model for Daylight, 1999, appendix A.1), at one wavelength for each of red, green and blue.
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
_RGB_UM = np.array([0.610, 0.550, 0.465])
TURBIDITY = 2.5
"""Haze of the air: 2 is clear, 10 hazy."""
KELVIN = (1000.0, 20000.0)


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


def sunlight(elevation_deg: float) -> NDArray[np.float64]:
    """Linear sRGB that is left of the sun's light, 0 to 1; (0, 0, 0) below the horizon."""
    if elevation_deg <= 0.0:
        return np.zeros(3)
    mass = 1.0 / (np.sin(np.radians(elevation_deg)) + 0.50572 * (elevation_deg + 6.07995) ** -1.6364)
    rayleigh = 0.008735 * _RGB_UM**-4.08
    aerosol = (0.04608 * TURBIDITY - 0.04586) * _RGB_UM**-1.3
    return np.asarray(np.exp(-(rayleigh + aerosol) * mass))


def skylight(elevation_deg: float) -> NDArray[np.float64]:
    """Linear sRGB of the sky: blue by day, warm when the sun is low, dark blue when it is 12 degrees down. Drawn after
    photographs, not computed."""
    heights = [-12.0, -6.0, -1.0, 4.0, 15.0, 35.0]
    colours = np.array(
        [
            (0.015, 0.020, 0.050),
            (0.060, 0.080, 0.180),
            (0.420, 0.300, 0.320),
            (0.850, 0.560, 0.380),
            (0.640, 0.700, 0.840),
            (0.520, 0.700, 0.950),
        ]
    )
    return np.array([np.interp(elevation_deg, heights, colours[:, channel]) for channel in range(3)])


def day_share(elevation_deg: float) -> float:
    """How much daylight there is, 0.02 at night to 1."""
    return float(np.interp(elevation_deg, [-12.0, -3.0, 5.0, 30.0], [0.02, 0.10, 0.40, 1.0]))


def _observer(lobes: tuple[tuple[float, float, float, float], ...]) -> NDArray[np.float64]:
    total = np.zeros(len(_NM))
    for height, centre, below, above in lobes:
        total += height * np.exp(-0.5 * ((_NM - centre) * np.where(centre > _NM, below, above)) ** 2)
    return total
