"""What a renderer is given: bodies made of textured triangles, and the lights on them.

rooms | glb | habitat_dataset ─▶ [Scene] ─▶ clearance ─▶ paths ─▶ render

Everything is in metres, world axes as in `core/camera.py` (y up). A scene is never changed: a variant is a new scene
that shares bodies and materials with the old one (`replace(scene, lighting=...)`).
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import SourceError

STAGE_ID = 0
"""Object id of walls, floor and ceiling, as in Habitat; also of pixels where nothing was hit."""
MAX_TRIANGLES = 8_000_000
"""Of one scene: a million takes about 0.5 GiB to load, walk and render lit (docs/benchmarks/render.md)."""


@dataclass(frozen=True, eq=False)
class Material:
    """A surface. Two parts share one when they hold the same object."""

    name: str
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Linear factor on the texture, 0 to 1 (glTF baseColorFactor)."""
    texture: NDArray[np.uint8] | None = None
    """(H, W, 3) sRGB, repeated over the plane; row 0 is v = 0."""
    double_sided: bool = False
    """False: seen from behind it is not there, in depth too (glTF, Habitat)."""
    glow: float = 0.0
    """Light it gives off by itself, as a factor on its colour. Does not light others: put a Lamp there."""
    emission: "Material | None" = None
    """What it shows of itself in the dark, as the colour and texture of another material (a screen, a sign). Added
    where the scene is lit; unlit scenes show the plain texture."""
    alpha: NDArray[np.uint8] | None = None
    """(H, W) as `texture`: the surface is cut out where this is below `alpha_cutoff` (leaves, lace)."""
    alpha_cutoff: float = 0.5
    """0 to 1. Cut-out surfaces cast no shadow."""


@dataclass(frozen=True, eq=False)
class Part:
    """Triangles of one material, counter-clockwise seen from outside, in the frame of their body."""

    vertices_m: NDArray[np.float32]
    """(V, 3)."""
    normals: NDArray[np.float32]
    """(V, 3), unit length."""
    uv: NDArray[np.float32]
    """(V, 2) texture coordinates, v down (glTF)."""
    faces: NDArray[np.int32]
    """(F, 3) vertex indices."""
    material: Material
    colours: NDArray[np.float32] | None = None
    """(V, 3) linear vertex colours, or None for white."""


@dataclass(frozen=True, eq=False)
class Body:
    """One thing. Id 0 is the stage: walls, floor, ceiling and whatever never is an object."""

    object_id: int
    name: str
    category: str
    words: tuple[str, ...]
    """How people would say it, best first: ("red armchair", "armchair")."""
    parts: tuple[Part, ...]
    world_from_body: NDArray[np.float64] = field(default_factory=lambda: np.eye(4))

    def box_in_body(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest corner (3,) of its vertices, in its own frame."""
        vertices = np.concatenate([part.vertices_m for part in self.parts])
        return vertices.min(axis=0).astype(float), vertices.max(axis=0).astype(float)

    def world_vertices_m(self) -> NDArray[np.float64]:
        """(V, 3) all vertices in the world."""
        vertices = np.concatenate([part.vertices_m for part in self.parts]).astype(float)
        return vertices @ self.world_from_body[:3, :3].T + self.world_from_body[:3, 3]

    def describe(self) -> dict[str, Any]:
        """The JSON object of a sequence's `objects`: id, category, words and oriented box (without visible pixels)."""
        low, high = self.box_in_body()
        scale = np.linalg.norm(self.world_from_body[:3, :3], axis=0)
        centre = self.world_from_body[:3, :3] @ ((low + high) / 2) + self.world_from_body[:3, 3]
        axes = self.world_from_body[:3, :3] / scale
        return {
            "id": self.object_id,
            "category": self.category,
            "words": list(self.words),
            "box": {
                "centre_m": [round(float(x), 4) for x in centre],
                "axes": [[round(float(x), 6) for x in row] for row in axes.T],
                "extent_m": [round(float(x), 4) for x in (high - low) * scale],
            },
        }


BodyKey = tuple[int, tuple[int, ...], bytes]


def key_of(body: Body) -> BodyKey:
    """Equal for bodies that look the same: the same parts, in the same place, under the same id."""
    pose = np.asarray(body.world_from_body, dtype=float) + 0.0  # -0.0 is 0.0
    return body.object_id, tuple(id(part) for part in body.parts), pose.tobytes()


@dataclass(frozen=True)
class Sun:
    """Parallel light from outside."""

    direction: tuple[float, float, float]
    """The way the light travels, unit length."""
    colour: tuple[float, float, float]
    """Linear; 1 lights a white surface that faces it fully."""


@dataclass(frozen=True)
class Lamp:
    """A point light; its strength falls with the square of the distance beyond `radius_m`."""

    position_m: tuple[float, float, float]
    colour: tuple[float, float, float]
    """Linear; 1 lights a white surface that faces it at 1 m fully."""
    radius_m: float = 0.3
    """Softens the fall-off close to the lamp: colour / (r^2 + radius_m^2)."""


@dataclass(frozen=True)
class Lighting:
    """All light of a scene."""

    ambient: tuple[float, float, float]
    """Linear light from everywhere."""
    lamps: tuple[Lamp, ...] = ()
    sun: Sun | None = None
    sky: tuple[float, float, float] = (0.55, 0.72, 0.95)
    """Linear colour of what is seen where nothing is hit, at the horizon and above."""
    ground: tuple[float, float, float] = (0.25, 0.30, 0.18)
    """The same below the horizon."""


@dataclass(frozen=True, eq=False)
class Scene:
    """Bodies and light. `lighting` None means unlit: textures pass through as they are (Habitat's "no_lights")."""

    name: str
    bodies: tuple[Body, ...]
    lighting: Lighting | None = None

    def bounds_m(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest corner (3,) over all bodies."""
        corners = [body.world_vertices_m() for body in self.bodies]
        return np.min([c.min(axis=0) for c in corners], axis=0), np.max([c.max(axis=0) for c in corners], axis=0)


@dataclass(frozen=True, eq=False)
class TriangleSoup:
    """A scene's triangles corner by corner in world axes: what renderers and the clearance map walk over."""

    corners_m: NDArray[np.float32]
    """(F, 3, 3)."""
    normals: NDArray[np.float32]
    """(F, 3, 3), unit length."""
    uv: NDArray[np.float32]
    """(F, 3, 2)."""
    colours: NDArray[np.float32]
    """(F, 3, 3) linear vertex colour times material colour."""
    object_id: NDArray[np.int32]
    """(F,)."""
    material: NDArray[np.int32]
    """(F,) index into `materials`."""
    materials: tuple[Material, ...]


def count_triangles(bodies: tuple[Body, ...]) -> int:
    """Raises SourceError(reason="too_large") for more than MAX_TRIANGLES: asked before memory is taken for them."""
    count = sum(len(part.faces) for body in bodies for part in body.parts)
    if count > MAX_TRIANGLES:
        raise SourceError(
            f"the scene has {count:,} triangles, at most {MAX_TRIANGLES:,} are rendered; simplify its meshes, or split "
            "it into scenes",
            reason="too_large",
        )
    return count


def flatten(bodies: tuple[Body, ...]) -> TriangleSoup:
    """The triangles of all bodies in world axes, in the order of bodies and parts. Raises as `count_triangles`."""
    count = count_triangles(bodies)
    materials: dict[int, Material] = {id(part.material): part.material for body in bodies for part in body.parts}
    numbers = {key: number for number, key in enumerate(materials)}
    soup = TriangleSoup(
        corners_m=np.empty((count, 3, 3), dtype=np.float32),
        normals=np.empty((count, 3, 3), dtype=np.float32),
        uv=np.empty((count, 3, 2), dtype=np.float32),
        colours=np.empty((count, 3, 3), dtype=np.float32),
        object_id=np.empty(count, dtype=np.int32),
        material=np.empty(count, dtype=np.int32),
        materials=tuple(materials.values()),
    )
    start = 0
    for body in bodies:
        for part in body.parts:
            rows = slice(start, start + len(part.faces))
            _place(part, body, soup, rows)
            soup.object_id[rows], soup.material[rows] = body.object_id, numbers[id(part.material)]
            start = rows.stop
    return soup


def _place(part: Part, body: Body, soup: TriangleSoup, rows: slice) -> None:
    """Writes the corners of a part. Each vertex is turned once, and rounded before it is copied to its triangles."""
    rotation, position = body.world_from_body[:3, :3], body.world_from_body[:3, 3]
    faces = part.faces[:, ::-1] if np.linalg.det(rotation) < 0 else part.faces
    normals = part.normals.astype(float) @ np.linalg.inv(rotation)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    colours = np.ones((len(normals), 3)) if part.colours is None else part.colours
    soup.corners_m[rows] = (part.vertices_m.astype(float) @ rotation.T + position).astype(np.float32)[faces]
    soup.normals[rows] = normals.astype(np.float32)[faces]
    soup.uv[rows] = part.uv[faces]
    soup.colours[rows] = (colours * np.asarray(part.material.colour)).astype(np.float32)[faces]
