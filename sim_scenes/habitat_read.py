"""A scene of a dataset, loaded: stage, objects, lights, and the names of things.

SceneSpec ─▶ [read_dataset] ─▶ Scene

Object ids are 1..n in the order of the scene file; the things that a stage's semantics name come after them. Placement
is that of habitat-sim 0.3.4: scale acts in the upright frame, a translation means the asset's origin (`asset_local`) or
its centre (`COM`, the default), a stage's `origin`, `units_to_meters` and translation are not applied.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.sim_scenes.glb import MaterialShelf, load_parts
from video4spatial.sim_scenes.habitat_config import Dataset, Template, read_json, upright_from_asset
from video4spatial.sim_scenes.habitat_lights import default_lighting, lighting_of_setup
from video4spatial.sim_scenes.habitat_scene import PlacedObject, SceneSpec, describe_scene
from video4spatial.sim_scenes.names import category_of
from video4spatial.sim_scenes.scene import STAGE_ID, Body, Lighting, Material, Part, Scene
from video4spatial.sim_scenes.semantics import named_parts

logger = logging.getLogger(__name__)

_Z_UP = {"up": [0, 0, 1], "front": [0, 1, 0]}


def read_dataset(config_path: Path, scene_name: str) -> Scene:
    """One scene of a dataset. Raises ConfigError when a file or a template is missing or malformed, SourceError when a
    mesh cannot be read."""
    return load_scene(describe_scene(Dataset(config_path), scene_name))


def load_scene(spec: SceneSpec) -> Scene:
    """Loads each mesh once. What is not shown is named in one line of the log."""
    meshes = _Meshes()
    stage_parts: tuple[Part, ...] = ()
    named: list[tuple[str, str, tuple[Part, ...]]] = []
    if spec.stage is not None and spec.stage_mesh is not None:
        frame, scale = stage_frame(spec.stage), _scale(spec.stage.values, spec.stage_values)
        stage_parts = _scaled(meshes.upright(spec.stage_mesh, frame), scale)
        if spec.semantics is not None:
            stage_parts, named = named_parts(*spec.semantics, spec.stage.values, stage_parts, frame, scale)
    bodies = [Body(STAGE_ID, "stage", "stage", ("stage",), stage_parts)] if stage_parts else []
    lexicon = _lexicon(spec.lexicon)
    bodies += [_object(number, placed, meshes, lexicon) for number, placed in enumerate(spec.objects, start=1)]
    first = 1 + len(spec.objects)
    bodies += [Body(first + k, name, kind, (kind,), parts) for k, (name, kind, parts) in enumerate(named)]
    lighting = _lighting(spec, meshes.materials.left_out)
    bodies, lighting = _flat_shaded(spec, bodies, lighting)
    left_out = Counter(dict.fromkeys(spec.left_out, 1)) + meshes.materials.left_out
    if left_out:
        said = ", ".join(name if count == 1 else f"{name} ({count})" for name, count in sorted(left_out.items()))
        logger.info("scene %s is shown without: %s", spec.name, said)
    return Scene(spec.name, tuple(bodies), lighting)


def stage_frame(stage: Template) -> NDArray[np.float64]:
    """(3, 3) upright from asset. A bare GLB in a dataset without defaults is taken for one of Matterport3D: z up."""
    bare = stage.asset is not None and not stage.has_defaults
    return upright_from_asset({**_Z_UP, **stage.values} if bare else stage.values)


class _Meshes:
    """Parts by mesh and frame: a chair that stands there six times is read once."""

    def __init__(self) -> None:
        self.materials = MaterialShelf()
        self._read: dict[tuple[Path, bytes], tuple[Part, ...]] = {}

    def upright(self, mesh: Path, frame: NDArray[np.float64]) -> tuple[Part, ...]:
        key = (mesh, frame.tobytes())
        if key not in self._read:
            self._read[key] = turned(load_parts(mesh, self.materials), frame)
        return self._read[key]


def turned(parts: tuple[Part, ...], frame: NDArray[np.float64]) -> tuple[Part, ...]:
    if np.array_equal(frame, np.eye(3)):
        return parts
    turn = frame.T.astype(np.float32)
    return tuple(replace(part, vertices_m=part.vertices_m @ turn, normals=part.normals @ turn) for part in parts)


def _scaled(parts: tuple[Part, ...], scale: NDArray[np.float64]) -> tuple[Part, ...]:
    if np.array_equal(scale, np.ones(3)):
        return parts
    factor, mirrored = scale.astype(np.float32), float(np.prod(scale)) < 0
    made = []
    for part in parts:
        normals = part.normals * np.sign(factor) * np.abs(np.prod(factor) / np.where(factor == 0, 1, factor))
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
        faces = np.ascontiguousarray(part.faces[:, ::-1]) if mirrored else part.faces
        made.append(replace(part, vertices_m=part.vertices_m * factor, normals=normals, faces=faces))
    return tuple(made)


def _scale(template: Mapping[str, Any], instance: Mapping[str, Any]) -> NDArray[np.float64]:
    scale = np.asarray(template.get("scale", [1, 1, 1]), dtype=float) * float(instance.get("uniform_scale", 1.0))
    return scale * np.asarray(instance.get("non_uniform_scale", [1, 1, 1]), dtype=float)


def _object(number: int, placed: PlacedObject, meshes: _Meshes, lexicon: Mapping[int, str]) -> Body:
    values, instance = placed.template.values, placed.values
    parts = meshes.upright(placed.mesh, upright_from_asset(values))
    extra = values.get("user_defined", {})
    extra = extra if isinstance(extra, dict) else {}
    semantic_id = values.get("semantic_id", 0)
    known = lexicon.get(semantic_id) if isinstance(semantic_id, int) else None
    known = known or category_of(placed.template.name)
    category = str(extra.get("category", known))
    words = extra.get("words")
    said = tuple(str(word) for word in words) if isinstance(words, list) and words else (category,)
    pose = np.eye(4)
    pose[:3, :3] = _rotation(instance.get("rotation", [1, 0, 0, 0])) * _scale(values, instance)
    pose[:3, 3] = instance.get("translation", [0, 0, 0])
    body = Body(number, placed.template.name, category, said, parts)
    if instance.get("translation_origin", "").lower() != "asset_local" and parts:
        # Habitat's centre of mass: as the template says, else the middle of the bounding box
        centre = np.asarray(values.get("COM", np.mean(body.box_in_body(), axis=0)), dtype=float)
        pose[:3, 3] -= pose[:3, :3] @ centre
    return replace(body, world_from_body=pose)


def _rotation(quaternion: list[float]) -> NDArray[np.float64]:
    """(3, 3) of w, x, y, z."""
    w, x, y, z = np.asarray(quaternion, dtype=float) / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def _lexicon(path: Path | None) -> dict[int, str]:
    """Names by semantic id, of a `{"classes": [{"id": 3, "name": "chair"}, ...]}`; empty for other JSON."""
    classes = [] if path is None else read_json(path).get("classes", [])
    entries = [entry for entry in classes if isinstance(entry, dict)] if isinstance(classes, list) else []
    named = [(entry.get("id"), entry.get("name")) for entry in entries]
    found = {k: v.replace("_", " ") for k, v in named if isinstance(k, int) and isinstance(v, str) and v}
    return {k: v for k, v in found.items() if v not in ("undefined", "unknown", "void")}


def _lighting(spec: SceneSpec, left_out: Counter[str]) -> Lighting | None:
    if spec.lights is None or spec.default_lights:
        return default_lighting() if spec.default_lights else None
    extra = spec.values.get("user_defined", {})
    try:
        return lighting_of_setup(spec.lights.values, extra if isinstance(extra, dict) else {}, left_out)
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"scene {spec.name}: its lights cannot be read ({error})") from None


def _flat_shaded(spec: SceneSpec, bodies: list[Body], lighting: Lighting | None) -> tuple[list[Body], Lighting | None]:
    """Flat-shaded things take no light: where all are, the scene is unlit; where some are, these glow."""
    flat = {STAGE_ID} if spec.stage is None or _is_flat(spec.stage.values, spec.stage_values) else set()
    flat |= {k for k, p in enumerate(spec.objects, start=1) if _is_flat(p.template.values, p.values)}
    if lighting is None or not flat:
        return bodies, lighting
    if all(body.object_id in flat or body.object_id > len(spec.objects) for body in bodies):
        return bodies, None
    glowing: dict[int, Material] = {}
    made = []
    for body in bodies:
        if body.object_id in flat:
            parts = []
            for part in body.parts:
                lit = glowing.setdefault(id(part.material), replace(part.material, glow=1.0))
                parts.append(replace(part, material=lit))
            body = replace(body, parts=tuple(parts))
        made.append(body)
    return made, lighting


def _is_flat(template: Mapping[str, Any], instance: Mapping[str, Any]) -> bool:
    shader = instance.get("shader_type") or template.get("shader_type") or ""
    return str(shader).lower() == "flat" or (not shader and template.get("force_flat_shading") is True)
