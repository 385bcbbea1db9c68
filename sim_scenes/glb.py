"""A glTF file as a scene, or as the parts of one thing.

path ─▶ [check_glb] (plan) ... [load_glb] (worker) ─▶ Scene        path ─▶ [load_parts] ─▶ parts of one object

Nodes become bodies, those of one thing one body (names.py); what belongs to the building is the stage. What a file has
that is not shown is named in the log, one line for a file (docs/scenes.md).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.sim_scenes.gltf_arrays import Mesh, PlacedMesh, placed_meshes, read_meshes
from video4spatial.sim_scenes.gltf_file import GltfFile, check_glb, open_gltf
from video4spatial.sim_scenes.gltf_images import Pictures
from video4spatial.sim_scenes.gltf_lights import lights_of
from video4spatial.sim_scenes.gltf_materials import MaterialShelf
from video4spatial.sim_scenes.names import category_of, is_structure, thing_of
from video4spatial.sim_scenes.scene import STAGE_ID, Body, Part, Scene

__all__ = ["DAMAGE", "MaterialShelf", "category_of", "check_glb", "load_glb", "load_parts"]

DAMAGE = (ConfigError, ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, OSError, MemoryError)
"""What reading a damaged scene can raise; `open_gltf` finds nearly all of it before."""
SPANS, STAGE_M = 0.7, 2.5
"""A thing as wide and as deep as this share of the scene, and no smaller than this, is its stage where no name says
what is."""


@dataclass(frozen=True)
class Axes:
    """How a file's axes and units become ours."""

    up: str = "y"
    """The axis that points up: `y` (glTF), `z`, `x`, or one of them with a minus."""
    scale: float = 1.0
    """Metres of one unit of the file; 0.01 for centimetres."""

    def matrix(self) -> NDArray[np.float64]:
        """(4, 4) world from file."""
        matrix = np.eye(4)
        matrix[:3, :3] = _TURNS[self.up] * self.scale
        return matrix


_TURNS = {
    "y": np.eye(3),
    "z": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "x": np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]),
    "-y": np.diag([1.0, -1, -1]),
    "-z": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    "-x": np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]]),
}
UPS = tuple(_TURNS)


@dataclass
class _Thing:
    """Meshes that are one body."""

    name: str
    world_from_body: NDArray[np.float64]
    parts: list[Part] = field(default_factory=list)


def load_glb(path: Path, name: str, axes: Axes | None = None) -> Scene:
    """The scene in a file, lit by the lights it brings, else unlit. Raises SourceError(reason="unreadable_scene") when
    it cannot be read."""
    axes = axes or Axes()
    materials = MaterialShelf()
    try:
        file = open_gltf(path)
        things = _things(_Reader(file, materials), axes.matrix())
        lighting = lights_of(file, materials.left_out, axes.matrix())
    except DAMAGE as error:
        raise unreadable(path, error) from None
    if not things:
        raise SourceError(f"{path.name} holds no triangles", reason="unreadable_scene")
    materials.log_left_out(path.name)
    return Scene(name, _bodies(things), lighting)


def load_parts(path: Path, materials: MaterialShelf, data: bytes | None = None) -> tuple[Part, ...]:
    """The meshes of a file that is one thing, in the file's own frame; `materials` are shared. `data`: what the file
    holds, where it was read already. Raises SourceError(reason="unreadable_scene"). The caller says what was left out
    (`materials.log_left_out`)."""
    try:
        file = open_gltf(path, data)
        reader = _Reader(file, materials)
        return tuple(part for placed in placed_meshes(file) for part in reader.parts(placed, np.eye(4), np.eye(4)))
    except DAMAGE as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: BaseException) -> SourceError:
    """One line on a file that cannot be read."""
    said = str(error) or type(error).__name__
    line = said if isinstance(error, ConfigError) else f"{path.name} cannot be read ({said}); export the scene again"
    return SourceError(" ".join(line.split()), reason="unreadable_scene")


class _Reader:
    """The parts of one file; instances of a mesh share them."""

    def __init__(self, file: GltfFile, materials: MaterialShelf) -> None:
        self.file, self._materials = file, materials
        self._pictures = Pictures(file)
        self._meshes = read_meshes(file, materials.left_out)
        self._made: dict[tuple[int, bytes], list[Part]] = {}
        self._surfaces = {
            index: materials.take(file, self._pictures, index)
            for index in dict.fromkeys(mesh.material for meshes in self._meshes for mesh in meshes)
        }

    def parts(
        self, placed: PlacedMesh, world_from_file: NDArray[np.float64], body_from_world: NDArray[Any]
    ) -> list[Part]:
        """The mesh in the frame of its body."""
        if placed.world_from_bound is not None:
            bound = [_bent(mesh, placed.world_from_bound) for mesh in self._meshes[placed.mesh]]
            return [part for mesh in bound for part in self._part(mesh, body_from_world @ world_from_file)]
        matrix = body_from_world @ world_from_file @ placed.world_from_mesh
        key = (placed.mesh, np.round(matrix, 7).tobytes())
        if key not in self._made:
            self._made[key] = [part for mesh in self._meshes[placed.mesh] for part in self._part(mesh, matrix)]
        return self._made[key]

    def _part(self, mesh: Mesh, matrix: NDArray[np.float64]) -> Iterator[Part]:
        surface = self._surfaces[mesh.material]
        if surface is None:
            return
        linear = matrix[:3, :3]
        # cofactors turn normals for any scale, also one that flattens the mesh, and mirror them with it
        cofactors = np.stack(
            [np.cross(linear[1], linear[2]), np.cross(linear[2], linear[0]), np.cross(linear[0], linear[1])]
        )
        mirrored = np.linalg.det(linear) < 0
        normals = mesh.normals @ cofactors.T * (-1.0 if mirrored else 1.0)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
        stored = mesh.uv[surface.uv_set] if surface.uv_set < len(mesh.uv) else None
        uv = np.zeros((len(mesh.vertices), 2)) if stored is None else stored
        if surface.uv_from_stored is not None:
            uv = uv @ surface.uv_from_stored[:, :2].T + surface.uv_from_stored[:, 2]
        if not surface.repeats and len(uv) and (uv.min() < -0.01 or uv.max() > 1.01):
            self._materials.left_out["clamped or mirrored textures (repeated)"] += 1
        vertices = mesh.vertices @ linear.T + matrix[:3, 3]
        if not np.isfinite(vertices).all() or np.abs(vertices).max(initial=0.0) > 1e7:
            raise ValueError("it has vertices that are no places")
        yield Part(
            vertices.astype(np.float32),
            normals.astype(np.float32),
            uv.astype(np.float32),
            (mesh.faces[:, ::-1] if mirrored else mesh.faces).astype(np.int32),
            surface.material,
            None if mesh.colours is None else mesh.colours**2,  # the renderer's gamma is 2
        )


def _bent(mesh: Mesh, world_from_bound: NDArray[np.float64]) -> Mesh:
    """A skinned mesh as its joints stand, in the world."""
    if mesh.joints is None or mesh.weights is None or mesh.joints.max(initial=0) >= len(world_from_bound):
        return mesh
    total = np.maximum(mesh.weights.sum(axis=1, keepdims=True), 1e-9)
    blended = np.einsum("vk,vkij->vij", mesh.weights / total, world_from_bound[mesh.joints])
    vertices = np.einsum("vij,vj->vi", blended[:, :3, :3], mesh.vertices) + blended[:, :3, 3]
    normals = np.einsum("vij,vj->vi", blended[:, :3, :3], mesh.normals)
    return Mesh(vertices, mesh.faces, normals, mesh.uv, mesh.colours, mesh.material)


def _things(reader: _Reader, world_from_file: NDArray[np.float64]) -> list[_Thing]:
    """The bodies of the file, sorted by name. Two nodes of one name are two things, unless one hangs from the other or
    they are `Sofa/0` and `Sofa/1`."""
    things: dict[tuple[object, ...], _Thing] = {}
    for placed in placed_meshes(reader.file):
        names = tuple(name for _, name in placed.path)
        place = thing_of(names)
        name, divided, _ = names[place].rpartition("/") if "/" in names[place] else (names[place], "", "")
        key = tuple(number for number, _ in placed.path[: place + (not divided)])
        world_from_mesh = world_from_file @ placed.world_from_mesh
        thing = things.setdefault((*key, name), _Thing(name or f"mesh_{placed.mesh}", _upright_frame(world_from_mesh)))
        thing.parts += reader.parts(placed, world_from_file, np.linalg.inv(thing.world_from_body))
    return sorted((thing for thing in things.values() if thing.parts), key=lambda thing: thing.name)


def _upright_frame(world_from_mesh: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where a node stands and which way it faces, without tilt and scale: the frame of its body's box."""
    frame = np.eye(4)
    sides = world_from_mesh[[0, 2], :3]  # x and z of each local axis
    lengths = np.linalg.norm(sides, axis=0)
    longest = int(np.argmax(lengths * [1.0, 0.5, 1.0]))  # an axis that lies flat
    if lengths[longest] > 1e-9:
        x, z = sides[:, longest] / lengths[longest]
        frame[:3, :3] = [[x, 0, -z], [0, 1, 0], [z, 0, x]]
    frame[:3, 3] = world_from_mesh[:3, 3]
    return frame


def _bodies(things: list[_Thing]) -> tuple[Body, ...]:
    """What belongs to the building forms the stage; everything else is an object of its own."""
    built = {k for k, thing in enumerate(things) if is_structure(thing.name)} or _shell(things)
    bodies = []
    if built:
        parts = [_in_world(part, things[k].world_from_body) for k in sorted(built) for part in things[k].parts]
        bodies.append(Body(STAGE_ID, "stage", "stage", ("stage",), tuple(parts)))
    objects = [thing for k, thing in enumerate(things) if k not in built]
    for number, thing in enumerate(objects, start=1):
        category = category_of(thing.name)
        bodies.append(Body(number, thing.name, category, (category,), tuple(thing.parts), thing.world_from_body))
    return tuple(bodies)


def _shell(things: list[_Thing]) -> set[int]:
    """Where no name tells: what is nearly as wide and as deep as the whole scene."""
    bodies = [Body(1, thing.name, "", ("",), tuple(thing.parts), thing.world_from_body) for thing in things]
    corners = [body.world_vertices_m() for body in bodies]
    low, high = np.stack([c.min(axis=0) for c in corners]), np.stack([c.max(axis=0) for c in corners])
    span = np.maximum(high.max(axis=0) - low.min(axis=0), 1e-9)
    sides = (high - low)[:, [0, 2]]
    return {
        int(k) for k in np.flatnonzero((sides >= SPANS * span[[0, 2]]).all(axis=1) & (sides >= STAGE_M).all(axis=1))
    }


def _in_world(part: Part, world_from_body: NDArray[np.float64]) -> Part:
    rotation = world_from_body[:3, :3]
    vertices = part.vertices_m @ rotation.T + world_from_body[:3, 3]
    normals = part.normals @ rotation.T
    return Part(
        vertices.astype(np.float32), normals.astype(np.float32), part.uv, part.faces, part.material, part.colours
    )
