"""Is a scene that was read a place at all: its size, and which way is up.

Scene ─▶ [check_size, check_upright, check_floor] ─▶ SourceError that says what to do
"""

import numpy as np

from video4spatial.pipeline.core.errors import SourceError
from video4spatial.sim_scenes.scene import Scene, flatten

MAX_SIDE_M, MIN_SIDE_M = 400.0, 0.8
"""A longer side is that of a house in centimetres, a shorter one that of a thing or of a house in other units."""


def check_size(scene: Scene, uri: str) -> None:
    """Raises SourceError(reason="implausible_size")."""
    low, high = scene.bounds_m()
    size = high - low
    said = " x ".join(f"{side:.3g}" for side in size)
    if float(size.max()) > MAX_SIDE_M:
        raise SourceError(
            f"{uri} is {said} m large; is it in metres? Add #scale=0.01 to its address in sim.scenes for centimetres "
            "(a dataset: set scale in its stage config)",
            reason="implausible_size",
        )
    if float(size.max()) < MIN_SIDE_M:
        raise SourceError(
            f"{uri} is {said} m large, too small to walk in; is it in metres? Add #scale=... to its address in "
            "sim.scenes, or name it in a scene of several things",
            reason="implausible_size",
        )


def check_floor(scene: Scene, floor_m: float, uri: str) -> None:
    """Raises SourceError(reason="no_free_space") where all there is lies below what was found to be level: that is the
    ceiling of a scene without a floor."""
    low, high = scene.bounds_m()
    if high[1] - floor_m < 0.5 and floor_m - low[1] > 1.5:
        raise SourceError(
            f"{uri} has its only large level surface on top, {floor_m - low[1]:.3g} m above the rest; has it a floor?",
            reason="no_free_space",
        )


def check_upright(scene: Scene, uri: str) -> None:
    """Raises SourceError(reason="on_its_side") for a house that lies on its side: its level surfaces face z, and it is
    flat along z. Such a file is z up, as Blender's and CAD's are."""
    corners = flatten(scene.bodies).corners_m.astype(float)
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(across, axis=1)
    faces = np.abs(across) > 0.9 * area[:, None]
    facing_y, facing_z = (float(area[faces[:, axis]].sum()) for axis in (1, 2))
    low, high = scene.bounds_m()
    size = high - low
    if facing_z > 1.5 * facing_y and size[2] < 0.7 * min(size[0], size[1]):
        raise SourceError(
            f"{uri} looks z up (it is {size[2]:.3g} m along z, with {facing_z / 2:.3g} m2 facing z and "
            f"{facing_y / 2:.3g} m2 facing y); add #up=z to its address in sim.scenes, or #up=y if y really is up",
            reason="on_its_side",
        )
