"""Colours of daylight from physics: the sun through air, and the sky after it. Lamps are in `core/colour.py`.

sun elevation ─▶ [sunlight, skylight] ─▶ linear sRGB ─▶ dials.py

Sun: air mass of Kasten and Young (Applied Optics 28, 1989), Rayleigh and aerosol depth as in Preetham, Shirley and
Smits (A Practical Analytic Model for Daylight, 1999, appendix A.1), at one wavelength for each of red, green and blue.
"""

import numpy as np
from numpy.typing import NDArray

_RGB_UM = np.array([0.610, 0.550, 0.465])
TURBIDITY = 2.5
"""Haze of the air: 2 is clear, 10 hazy."""
KELVIN = (1000.0, 20000.0)


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
