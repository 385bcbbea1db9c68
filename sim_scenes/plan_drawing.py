"""A plan to read: what each room is called, what each thing is, where doors and windows are, how long a metre is.

Place + walks + viewpoints ─▶ plan.draw_plan ─▶ [draw_annotated] ─▶ PNG

x runs to the right and z downwards, so north (-z) is up. The same place gives the same pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from video4spatial.sim_scenes.place import Place
from video4spatial.sim_scenes.plan import draw_plan, encloses
from video4spatial.sim_scenes.room_table import Gap, RoomArea
from video4spatial.sim_scenes.scene import STAGE_ID, Body

LONG_SIDE_PX = 1240
MARGIN_PX = 56
LEGEND_PX = 250
"""Width of one column of the legend."""
LINE_PX = 19
NUMBERED_M = 0.28
"""Things smaller than this to every side get no number in the drawing."""
INK, SOFT, PAPER, ROOM_INK = (28, 31, 35), (110, 114, 120), (255, 255, 255), (20, 60, 110)
WINDOW, DOOR = (120, 180, 225), (150, 95, 50)
PATHS = ((11, 107, 107), (194, 65, 12), (109, 63, 196), (29, 78, 216), (160, 30, 90), (90, 110, 20))


@dataclass(frozen=True, eq=False)
class _Sheet:
    """The picture being drawn and where the world lies on it."""

    image: Image.Image
    draw: ImageDraw.ImageDraw
    low_m: NDArray[np.float64]
    """(x, z) of the drawing's corner."""
    pixel_m: float

    def at(self, place_m: Sequence[float] | NDArray[np.float64]) -> tuple[float, float]:
        """Pixel of a place (x, z)."""
        x, z = (np.asarray(place_m, dtype=float) - self.low_m) / self.pixel_m + MARGIN_PX
        return float(x), float(z)


def draw_annotated(
    place: Place, walks: Sequence[NDArray[np.float64]] = (), views: Sequence[NDArray[np.float64]] = ()
) -> NDArray[np.uint8]:
    """(H, W, 3). `walks`: camera paths (T, 4, 4), drawn as lines; `views`: single cameras (4, 4), lettered a, b, ..."""
    low, high = place.scene.bounds_m()
    pixel_m = max(0.004, float((high - low)[[0, 2]].max()) / LONG_SIDE_PX)
    plan = draw_plan(place, pixel_m)
    numbered = _numbered(place)
    columns, lines = _legend_shape(len(numbered), plan.shape[0])
    width = plan.shape[1] + 2 * MARGIN_PX + columns * LEGEND_PX
    height = max(plan.shape[0] + 2 * MARGIN_PX + 24, 2 * MARGIN_PX + (lines + 1) * LINE_PX)
    image = Image.new("RGB", (width, height), PAPER)
    image.paste(Image.fromarray(plan), (MARGIN_PX, MARGIN_PX))
    sheet = _Sheet(image, ImageDraw.Draw(image), low[[0, 2]], pixel_m)
    for body, _ in numbered:
        _outline(sheet, body)
    for room in place.rooms:
        for gap in room.gaps:
            _gap(sheet, room, gap)
    for number, walk in enumerate(walks):
        _walk(sheet, walk, PATHS[number % len(PATHS)])
    for body, number in numbered:
        _number(sheet, body, number)
    for letter, view in enumerate(views):
        _view(sheet, view, chr(ord("a") + letter % 26))
    for room in place.rooms:
        _room(sheet, place, room)
    _frame(sheet, place, plan.shape)
    _legend(sheet, numbered, plan.shape[1] + 2 * MARGIN_PX, lines)
    return np.asarray(image)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _numbered(place: Place) -> list[tuple[Body, int]]:
    """The things that get a number: their object id, so that `v4s scenes show` and frames speak of the same."""
    found = []
    low, high = place.scene.bounds_m()
    for body in place.scene.bodies:
        if body.object_id == STAGE_ID or encloses(body, low, high):
            continue
        vertices = body.world_vertices_m()
        size = vertices.max(axis=0) - vertices.min(axis=0)
        above = vertices[:, 1].min() - place.space.floor_m
        if max(size[0], size[2]) >= NUMBERED_M and above < 1.8:
            found.append((body, body.object_id))
    return found


def _legend_shape(count: int, plan_height: int) -> tuple[int, int]:
    """Columns and lines. At most three columns: a scene of hundreds of things is listed by `v4s scenes show`."""
    lines = max(12, (plan_height + 24) // LINE_PX)
    return min(3, -(-count // lines)) if count else 0, lines


def _outline(sheet: _Sheet, body: Body) -> None:
    hull = cv2.convexHull(body.world_vertices_m()[:, [0, 2]].astype(np.float32))[:, 0]
    sheet.draw.polygon([sheet.at(corner) for corner in hull], outline=(140, 142, 146))


def _gap(sheet: _Sheet, room: RoomArea, gap: Gap) -> None:
    """Windows are a pale bar through the wall; a closed door is its leaf, half open, with the arc that it swings."""
    start, stop, out = (np.asarray(v, dtype=float) for v in (gap.start_m, gap.stop_m, gap.outward))
    corners = [sheet.at(p) for p in (start, stop, stop + out * room.wall_m, start + out * room.wall_m)]
    if gap.kind == "window":
        sheet.draw.polygon(corners, fill=WINDOW, outline=INK)
        sheet.draw.line([sheet.at(start + out * room.wall_m / 2), sheet.at(stop + out * room.wall_m / 2)], fill=INK)
    elif gap.kind == "door":
        sheet.draw.polygon(corners, fill=PAPER)
        along = stop - start
        arc = [start + np.cos(a) * along - np.sin(a) * np.linalg.norm(along) * out for a in np.linspace(0, 1.2, 13)]
        sheet.draw.line([sheet.at(p) for p in arc], fill=DOOR, width=1)
        sheet.draw.line([sheet.at(start), sheet.at(arc[-1])], fill=DOOR, width=4)


def _walk(sheet: _Sheet, walk: NDArray[np.float64], colour: tuple[int, int, int]) -> None:
    """The way, its start as a dot, and where the camera looks every second or so."""
    line = [sheet.at(place) for place in walk[:, [0, 2], 3]]
    sheet.draw.line(line, fill=PAPER, width=6, joint="curve")
    sheet.draw.line(line, fill=colour, width=3, joint="curve")
    for frame in np.linspace(0, len(walk) - 1, 7).round().astype(int):
        x, z = line[frame]
        gaze = walk[frame, [0, 2], 2]
        dx, dz = gaze / max(float(np.linalg.norm(gaze)), 1e-9) * 17
        sheet.draw.line([(x, z), (x + dx, z + dz)], fill=colour, width=2)
    x, z = line[0]
    sheet.draw.ellipse((x - 6, z - 6, x + 6, z + 6), fill=colour, outline=PAPER)


def _view(sheet: _Sheet, view: NDArray[np.float64], letter: str) -> None:
    """A wedge that opens to where the picture was taken."""
    x, z = sheet.at(view[[0, 2], 3])
    right, ahead = view[[0, 2], 0], view[[0, 2], 2]
    ends = [ahead * 26 + side * right * 20 for side in (-1, 1)]
    sheet.draw.polygon([(x, z), *((x + dx, z + dz) for dx, dz in ends)], fill=(255, 221, 120), outline=INK)
    sheet.draw.ellipse((x - 10, z - 10, x + 10, z + 10), fill=(255, 221, 120), outline=INK)
    sheet.draw.text((x, z), letter, fill=INK, font=_font(15), anchor="mm")


def _number(sheet: _Sheet, body: Body, number: int) -> None:
    vertices = body.world_vertices_m()[:, [0, 2]]
    x, z = sheet.at((vertices.min(axis=0) + vertices.max(axis=0)) / 2)
    sheet.draw.text(
        (x, z), str(number), fill=INK, font=_font(13), anchor="mm", stroke_width=2, stroke_fill=(245, 245, 245)
    )


def _room(sheet: _Sheet, place: Place, room: RoomArea) -> None:
    """Name and size, where the floor is freest."""
    cells = place.space.places_m(np.ones(place.space.clearance_m.shape, dtype=bool))
    inside = room.holds(cells)
    x, z = sheet.at(cells[inside][place.space.clearance_m.ravel()[inside].argmax()] if inside.any() else room.middle_m)
    width, depth = room.size_m
    words = ((room.name, -9, 20, ROOM_INK), (f"{width:.1f} x {depth:.1f} m", 12, 14, SOFT))
    for text, below, size, colour in words:
        sheet.draw.text(
            (x, z + below), text, fill=colour, font=_font(size), anchor="mm", stroke_width=3, stroke_fill=PAPER
        )


def _frame(sheet: _Sheet, place: Place, shape: tuple[int, ...]) -> None:
    """Name above; scale bar, axes and north below and beside."""
    height, width = shape[:2]
    draw, bottom = sheet.draw, MARGIN_PX + height + 30
    draw.text((MARGIN_PX, 16), place.scene.name, fill=INK, font=_font(24))
    metres = next((m for m in (1, 2, 5, 10, 20, 50) if m / sheet.pixel_m >= 90), 100)
    length = metres / sheet.pixel_m
    draw.line([(MARGIN_PX, bottom), (MARGIN_PX + length, bottom)], fill=INK, width=3)
    for x in (MARGIN_PX, MARGIN_PX + length):
        draw.line([(x, bottom - 6), (x, bottom + 6)], fill=INK, width=3)
    draw.text((MARGIN_PX + length / 2, bottom - 8), f"{metres} m", fill=INK, font=_font(15), anchor="mb")
    size = [sheet.pixel_m * pixels for pixels in (width, height)]
    words = f"{size[0]:.1f} x {size[1]:.1f} m    x to the right, z down    numbers: object ids    letters: pictures"
    draw.text((MARGIN_PX + length + 24, bottom), words, fill=SOFT, font=_font(14), anchor="lm")
    x, z = MARGIN_PX + width - 14, MARGIN_PX - 14
    draw.polygon([(x, z - 32), (x - 9, z), (x, z - 7), (x + 9, z)], fill=INK)
    draw.text((x - 14, z - 12), "N (-z)", fill=INK, font=_font(14), anchor="rm")


def _legend(sheet: _Sheet, numbered: list[tuple[Body, int]], left: int, lines: int) -> None:
    room = lines * 3
    shown = numbered if len(numbered) <= room else numbered[: room - 1]
    entries = [f"{number}  {body.words[0] if body.words else body.category}" for body, number in shown]
    if len(numbered) > room:
        entries.append(f"... and {len(numbered) - len(shown)} more: v4s scenes show")
    for place, text in enumerate(entries):
        x, y = left + place // lines * LEGEND_PX, MARGIN_PX + place % lines * LINE_PX
        sheet.draw.text((x, y), _short(text), fill=INK, font=_font(14))


def _short(text: str, most: int = 32) -> str:
    return text if len(text) <= most else text[: most - 3].rstrip() + "..."
