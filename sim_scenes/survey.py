"""What a scene is, in numbers: for a list of scenes, and for a close look at one.

Source ─▶ place.py ─▶ [survey] ─▶ SceneFacts ─▶ `v4s scenes list | show`
"""

from dataclasses import dataclass
from typing import Any

from video4spatial.sim_scenes.lights import describe
from video4spatial.sim_scenes.place import Place
from video4spatial.sim_scenes.render.textures import MAX_SIDE_LOG2
from video4spatial.sim_scenes.room_table import RoomArea, room_at
from video4spatial.sim_scenes.scene import STAGE_ID, Body, Scene

CORNER_BYTES = 132
"""Of one triangle in the renderer: position, normal, texture coordinate and colour of three corners, its ids."""


@dataclass(frozen=True, kw_only=True)
class SceneFacts:
    """One scene, measured."""

    name: str
    kind: str
    """`house`, `file`, or the kind of a generated room."""
    size_m: tuple[float, float, float]
    """x, y, z."""
    rooms: tuple[dict[str, Any], ...]
    """Of a generated scene: name, kind, size_m (x, z), height_m, doors, windows, objects."""
    objects: tuple[dict[str, Any], ...]
    """id, category, words, size_m of its own box, centre_m, room."""
    triangles: int
    lamps: int
    """That can be lit. A GLB brings none; it gets some at the ceiling."""
    lighting: dict[str, Any] | None
    """As it is lit now; None: unlit, as the dataset asks for."""
    walkable_m2: float
    """Floor that a walker of the usual radius reaches, all in one piece."""
    floor_m: float
    memory_mib: dict[str, float]
    """What a renderer holds of it: `triangles`, `textures`."""

    def summary(self) -> dict[str, Any]:
        """Counts in place of the tables."""
        return {
            "name": self.name,
            "kind": self.kind,
            "size_m": list(self.size_m),
            "rooms": len(self.rooms) or None,
            "objects": len(self.objects),
            "triangles": self.triangles,
            "lamps": self.lamps,
            "walkable_m2": self.walkable_m2,
        }


def survey(place: Place, radius_m: float) -> SceneFacts:
    """Measures a place for a walker of `radius_m`."""
    scene = place.scene
    low, high = scene.bounds_m()
    triangles = sum(len(part.faces) for body in scene.bodies for part in body.parts)
    things = [body for body in scene.bodies if body.object_id != STAGE_ID]
    objects = tuple(_object_row(body, place.rooms) for body in things)
    walkable = float(place.space.walkable(radius_m).sum()) * place.space.cell_m**2
    sx, sy, sz = (round(float(v), 2) for v in high - low)
    return SceneFacts(
        name=scene.name,
        kind=place.kind,
        size_m=(sx, sy, sz),
        rooms=tuple(_room_row(room, objects) for room in place.rooms),
        objects=objects,
        triangles=triangles,
        lamps=len(place.fixtures.lamps) + len(place.fixtures.always),
        lighting=None if scene.lighting is None else describe(scene.lighting),
        walkable_m2=round(walkable, 1),
        floor_m=round(place.space.floor_m, 3),
        memory_mib={
            "triangles": round(triangles * CORNER_BYTES / 2**20, 1),
            "textures": round(_texture_bytes(scene) / 2**20, 1),
        },
    )


def _object_row(body: Body, rooms: tuple[RoomArea, ...]) -> dict[str, Any]:
    described = body.describe()
    centre, extent = described["box"]["centre_m"], described["box"]["extent_m"]
    return {
        "id": body.object_id,
        "category": body.category,
        "words": list(body.words),
        "size_m": [round(x, 2) for x in extent],
        "centre_m": [round(x, 2) for x in centre],
        "room": room_at(rooms, (centre[0], centre[2])),
    }


def _room_row(room: RoomArea, objects: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    kinds = [gap.kind for gap in room.gaps]
    return {
        "name": room.name,
        "kind": room.kind,
        "size_m": [round(x, 2) for x in room.size_m],
        "height_m": round(room.height_m, 2),
        "doors": len(kinds) - kinds.count("window"),
        "windows": kinds.count("window"),
        "objects": sum(entry["room"] == room.name for entry in objects),
    }


def _texture_bytes(scene: Scene) -> int:
    """Of each material's square texture with the smaller copies that filtering needs (a third more)."""
    materials = {id(part.material): part.material for body in scene.bodies for part in body.parts}
    shown = [*materials.values(), *(kept.emission for kept in materials.values() if kept.emission is not None)]
    sides = [max(kept.texture.shape[:2]) for kept in shown if kept.texture is not None]
    return sum(4 ** min(MAX_SIDE_LOG2, (side - 1).bit_length()) * 4 * 4 // 3 for side in sides)
