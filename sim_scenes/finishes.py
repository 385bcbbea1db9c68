"""What floors, walls and ceilings are covered with.

rng ─▶ [Finishes] ─▶ shell.py
"""

from dataclasses import dataclass, replace

import numpy as np

from video4spatial.sim_scenes import materials as surface
from video4spatial.sim_scenes.assets.stock import Stock
from video4spatial.sim_scenes.materials import hsv
from video4spatial.sim_scenes.palette import named_colour, wood_colour
from video4spatial.sim_scenes.scene import Material
from video4spatial.sim_scenes.scheme import Scheme

Tile = tuple[float, float]
MUTED = 0.5
"""Strength of the colour of carpets where a scheme rules."""


@dataclass(frozen=True, eq=False)
class Finishes:
    """The surfaces of one room."""

    floor: Material
    ceiling: Material
    walls: Material
    """Three walls."""
    accent: Material
    """The fourth; often the same."""
    floor_tile_m: Tile = (1.6, 1.6)
    """Of one repeat of the texture, along u and v."""
    ceiling_tile_m: Tile = (2.0, 2.0)
    walls_tile_m: Tile = (1.4, 1.4)
    accent_tile_m: Tile = (1.4, 1.4)


def draw_finishes(
    rng: np.random.Generator,
    floor_shares: tuple[float, float, float] = (0.55, 0.25, 0.2),
    scheme: Scheme | None = None,
) -> Finishes:
    """Any of the floors and walls that a living room may have; `floor_shares` of planks, tiles and carpet."""
    wood = wood_colour(rng, str(rng.choice(["pale", "oak", "walnut", "cherry"])))
    hue = rng.random() if scheme is None else scheme.rug_hue(rng)
    floors = {
        "planks": lambda: surface.planks(rng, wood, int(rng.choice([8, 16]))),
        "tiles": lambda: _floor_tiles(rng, hue),
        "carpet": lambda: _carpet(rng, hue, 1.0 if scheme is None else MUTED),
    }
    kind = str(rng.choice(list(floors), p=list(floor_shares)))
    floor = Material(kind, texture=floors[kind]())
    walls, accent = _draw_walls(rng, scheme)
    return Finishes(floor, _draw_ceiling(rng), walls, accent)


def draw_room_finishes(rng: np.random.Generator, kind: str, house: Finishes, scheme: Scheme) -> Finishes:
    """The surfaces of one room of a house: tiles where it gets wet, carpet in some bedrooms, else the house's floor."""
    hue = scheme.rug_hue(rng)
    if kind == "bathroom":
        first, second = hsv(hue, 0.04, 0.94), hsv(hue, rng.uniform(0.04, 0.14), rng.uniform(0.84, 0.93))
        walls = Material("wall tiles", texture=surface.tiles(rng, first, second, 8))
        strong = hsv(hue, rng.uniform(0.25, 0.6), rng.uniform(0.5, 0.85))
        accent = (
            Material("accent tiles", texture=surface.tiles(rng, strong, strong, 8)) if rng.random() < 0.5 else walls
        )
        floor = Material("tiles", texture=_floor_tiles(rng, hue, 8))
        made = Finishes(floor, house.ceiling, walls, accent)
        return replace(made, ceiling_tile_m=house.ceiling_tile_m)
    if kind == "corridor":
        return replace(house, accent=house.walls, accent_tile_m=house.walls_tile_m)
    walls, accent = _draw_walls(rng, scheme)
    floor = house.floor
    if kind == "kitchen" and rng.random() < 0.6:
        floor = Material("tiles", texture=_floor_tiles(rng, hue, int(rng.choice([4, 8]))))
    if kind == "bedroom" and rng.random() < 0.35:
        floor = Material("carpet", texture=_carpet(rng, hue, MUTED))
    made = Finishes(floor, house.ceiling, walls, accent, ceiling_tile_m=house.ceiling_tile_m)
    return replace(made, floor_tile_m=house.floor_tile_m) if floor is house.floor else made


def papered(rng: np.random.Generator, finishes: Finishes, stock: Stock, kind: str = "", whole: bool = True) -> Finishes:
    """The finishes with textures of the user's where the stock has some. `kind`: of the room, if it is one of a house;
    `whole`: floor and ceiling too, which the rooms of a house share unless they get wet."""
    wet = kind == "bathroom"
    if whole or wet or kind == "kitchen":
        floor = stock.surface(rng, "floor") if whole else stock.surface(rng, "tiles")
        if floor is not None and (kind != "kitchen" or rng.random() < 0.5):
            finishes = replace(finishes, floor=floor.material, floor_tile_m=floor.tile_m)
    if whole and (ceiling := stock.surface(rng, "ceiling")) is not None:
        finishes = replace(finishes, ceiling=ceiling.material, ceiling_tile_m=ceiling.tile_m)
    found = stock.surface(rng, "wall tiles" if wet else "wall")
    if found is None or not (wet or rng.random() < 0.7):
        return finishes
    # the fourth wall is where a strong texture belongs; all four are covered with a pale one
    if wet or rng.random() < (0.5 if albedo(found.material) > 0.25 else 0.1):
        finishes = replace(finishes, walls=found.material, walls_tile_m=found.tile_m)
    return replace(finishes, accent=found.material, accent_tile_m=found.tile_m)


def albedo(material: Material) -> float:
    """Share of the light that a surface throws back, 0 to 1."""
    linear = np.asarray(material.colour)
    if material.texture is not None:
        linear = linear * ((material.texture[::8, ::8].astype(float) / 255.0) ** 2).mean(axis=(0, 1))
    return float(linear.mean())


def _floor_tiles(rng: np.random.Generator, hue: float, count: int = 4) -> np.ndarray:
    return surface.tiles(rng, hsv(hue, 0.1, 0.85), hsv(hue, rng.uniform(0.05, 0.5), rng.uniform(0.35, 0.8)), count)


def _carpet(rng: np.random.Generator, hue: float, strength: float) -> np.ndarray:
    return surface.carpet(rng, hsv(hue, strength * rng.uniform(0.1, 0.45), rng.uniform(0.4, 0.7)))


def _draw_walls(rng: np.random.Generator, scheme: Scheme | None = None) -> tuple[Material, Material]:
    """Three walls, and the fourth."""
    if scheme is not None:
        return _schemed_walls(rng, scheme)
    tone = hsv(rng.random(), rng.uniform(0.04, 0.32), rng.uniform(0.78, 0.95))
    walls = Material("wall", texture=surface.plaster(rng, tone))
    accents = {
        "paint": lambda: surface.plaster(
            rng, named_colour(rng, str(rng.choice(["red", "green", "teal", "blue", "yellow", "purple"])))
        ),
        "wallpaper": lambda: surface.stripes(
            rng, tone, hsv(rng.random(), rng.uniform(0.15, 0.5), rng.uniform(0.5, 0.85))
        ),
        "brick": lambda: surface.brick(rng, hsv(rng.uniform(0.0, 0.06), rng.uniform(0.4, 0.65), rng.uniform(0.5, 0.7))),
        "same": lambda: surface.plaster(rng, tone),
    }
    accent_kind = str(rng.choice(list(accents)))
    accent = walls if accent_kind == "same" else Material(f"{accent_kind} wall", texture=accents[accent_kind]())
    return walls, accent


def _schemed_walls(rng: np.random.Generator, scheme: Scheme) -> tuple[Material, Material]:
    """As `_draw_walls`, in colours that go together; the fourth wall is mostly like the others."""
    tone = scheme.wall_tone(rng)
    walls = Material("wall", texture=surface.plaster(rng, tone))
    kind = rng.random()
    if kind < 0.55:
        return walls, walls
    if kind < 0.75:
        return walls, Material("paint wall", texture=surface.plaster(rng, scheme.accent_tone(rng)))
    if kind < 0.87:
        darker = (tone[0] * 0.86, tone[1] * 0.86, tone[2] * 0.84)
        return walls, Material("wallpaper wall", texture=surface.stripes(rng, tone, darker, int(rng.integers(3, 8))))
    tint = hsv(rng.uniform(0.0, 0.07), rng.uniform(0.15, 0.55), rng.uniform(0.5, 0.8))
    return walls, Material("brick wall", texture=surface.brick(rng, tint))


def _draw_ceiling(rng: np.random.Generator) -> Material:
    return Material("ceiling", texture=surface.plaster(rng, (0.93, 0.92, 0.90)))
