"""A scene seen from above, for the report's maps and for whoever wants to see where cameras could walk.

Place ─▶ [write_plan] ─▶ <scene_folder>/<scene>/plan.json + plan.png

In the picture, x runs to the right and z downwards, so north (-z) is up.
"""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from video4spatial.pipeline.core.files import write_atomic
from video4spatial.sim_scenes.place import Place
from video4spatial.sim_scenes.scene import STAGE_ID, Body, flatten

PIXEL_M = 0.02
MAX_SIDE_PX = 1200
CUT_M = 1.2
"""Walls and furniture are drawn up to this height over the floor, as in an architect's plan."""


LISTED = 200
"""Left-out files that a plan names itself."""

WALL, FREE, OTHER = (70, 70, 75), (250, 250, 250), (225, 225, 225)
WALL_M = 0.22
"""Faces of the stage that are closer than this are the two sides of one wall."""


def write_plan(folder: Path, place: Place) -> None:
    """Writes plan.png, then plan.json; the same place gives the same bytes."""
    low, high = place.scene.bounds_m()
    pixel_m = max(PIXEL_M, float((high - low)[[0, 2]].max()) / MAX_SIDE_PX)
    picture = io.BytesIO()
    Image.fromarray(draw_plan(place, pixel_m)).save(picture, format="PNG")
    write_atomic(folder / "plan.png", picture.getvalue())
    plan: dict[str, Any] = {
        "bounds_m": [round(float(v), 4) for v in (low[0], low[2], high[0], high[2])],
        "cell_m": round(pixel_m, 6),
        "free": "plan.png",
        "floor_m": round(place.space.floor_m, 4),
        "kind": place.kind,
    }
    if place.assets:
        plan["assets"] = _told_assets(folder.parent, place)
    write_atomic(folder / "plan.json", json.dumps(plan, sort_keys=True).encode())


def _told_assets(scenes: Path, place: Place) -> dict[str, Any]:
    """The user's files as the plan tells them; of very many left out, all stand once in a file beside the scenes."""
    told = dict(place.assets)
    if len(told["left_out"]) > LISTED:
        whole = json.dumps(place.assets["left_out"], indent=1, sort_keys=True).encode()
        name = f"left_out-{hashlib.sha256(whole).hexdigest()[:8]}.json"
        if not (scenes / name).exists():
            write_atomic(scenes / name, whole)
        told["left_out"] = {"files": len(told["left_out"]), "see": name}
    return told


def draw_plan(place: Place, pixel_m: float) -> NDArray[np.uint8]:
    """(H, W, 3): floor that can be reached white, other floor light, furniture in its mean colour, walls dark."""
    low, high = place.scene.bounds_m()
    width, height = (max(1, round(float(v) / pixel_m)) for v in (high - low)[[0, 2]])
    picture = np.full((height, width, 3), OTHER, dtype=np.uint8)
    picture[_on_picture(place, place.space.walkable(0.0), low, pixel_m, (height, width))] = FREE
    side = max(3, round(WALL_M / pixel_m))
    walls = np.zeros((height + 2 * side, width + 2 * side), dtype=np.uint8)
    things = sorted(place.scene.bodies, key=lambda body: body.world_vertices_m()[:, 1].max())
    for body in things:
        soup = flatten((body,))
        bottom, top = soup.corners_m[..., 1].min(axis=1), soup.corners_m[..., 1].max(axis=1)
        stage = body.object_id == STAGE_ID or encloses(body, low, high)
        above = top > place.space.floor_m + 0.3 if stage else bottom > place.space.floor_m - 0.05
        drawn = above & (bottom < place.space.floor_m + CUT_M)
        corners = (soup.corners_m[drawn][..., [0, 2]] - low[[0, 2]]) / pixel_m
        corners += side if stage else 0
        colour = 255 if stage else _mean_colour(soup, drawn)
        for triangle in np.round(corners * 16).astype(np.int32):
            cv2.fillConvexPoly(walls if stage else picture, triangle, colour, lineType=cv2.LINE_AA, shift=4)
    # walls are drawn as their two faces; what lies between them is wall
    closed = cv2.morphologyEx(walls, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))[side:-side, side:-side]
    picture[closed > 127] = WALL
    return picture


def encloses(body: Body, low_m: NDArray[np.float64], high_m: NDArray[np.float64]) -> bool:
    """Does a body fill the scene from wall to wall and from floor to head: a scan or a merged file is all one thing."""
    vertices = body.world_vertices_m()
    size, whole = vertices.max(axis=0) - vertices.min(axis=0), high_m - low_m
    return bool((size[[0, 2]] > 0.8 * whole[[0, 2]]).all() and size[1] > max(1.5, 0.6 * whole[1]))


def _on_picture(
    place: Place, cells: NDArray[np.bool_], low_m: NDArray[np.float64], pixel_m: float, shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """The pixels of some cells of the map of free space."""
    centres = np.round((place.space.places_m(cells) - low_m[[0, 2]]) / pixel_m - 0.5).astype(int)
    mask = np.zeros(shape, dtype=np.uint8)
    mask[np.clip(centres[:, 1], 0, shape[0] - 1), np.clip(centres[:, 0], 0, shape[1] - 1)] = 1
    radius = int(np.ceil(place.space.cell_m / pixel_m / 2)) + 1
    return cv2.dilate(mask, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)) > 0


def _mean_colour(soup, drawn: NDArray[np.bool_]) -> tuple[int, int, int]:  # type: ignore[no-untyped-def]
    """Paler than in the room, so that camera paths stand out on it."""
    colours = np.sqrt(soup.colours.reshape(len(drawn), -1, 3).mean(axis=1)) * 255
    for index, material in enumerate(soup.materials):
        if material.texture is not None:
            colours[soup.material == index] *= material.texture.reshape(-1, 3).mean(axis=0) / 255
    mean = colours[drawn].mean(axis=0) if drawn.any() else np.full(3, 160.0)
    red, green, blue = (int(v) for v in np.clip(0.6 * mean + 90, 0, 235))
    return red, green, blue
