"""Scenes written as Habitat scene datasets: what habitat-sim loads, and habitat_read.py.

Scene ─▶ [write_dataset] ─▶ <name>.scene_dataset_config.json, stages/ objects/ lighting/ scenes/

The layout is the one habitat-sim 0.3.3 and 0.3.4 read as it stands: `up`, `front` and `COM` are always written (without
them the stage is turned and objects sink), every body has a template of its own whose name is no part of another, and
the semantic id of an object is its object id. What Habitat has no word for (ambient, sky, words) stands under
`user_defined`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image

from video4spatial.pipeline.core.files import write_atomic
from video4spatial.sim_scenes.habitat_lights import AMBIENT_KEY
from video4spatial.sim_scenes.habitat_read import read_dataset
from video4spatial.sim_scenes.habitat_scene import NO_STAGE
from video4spatial.sim_scenes.scene import STAGE_ID, Body, Lighting, Material, Part, Scene

__all__ = ["glb_of", "light_setup", "read_dataset", "rigid_body", "write_dataset", "write_object"]

_KINDS = {"stages": "stages", "objects": "objects", "light_setups": "lighting", "scene_instances": "scenes"}
_UPRIGHT = {"up": [0, 1, 0], "front": [0, 0, -1], "scale": [1, 1, 1]}


def write_dataset(folder: Path, scene: Scene) -> Path:
    """Writes the dataset of one scene and returns its config, which is written last. The same scene gives the same
    bytes, so writing again changes nothing."""
    shader = "flat" if scene.lighting is None else "pbr"
    stages = [body for body in scene.bodies if body.object_id == STAGE_ID]
    things = {_template_of(body): rigid_body(body) for body in scene.bodies if body.object_id != STAGE_ID}
    if stages:
        stage_config = {**_UPRIGHT, "render_asset": f"{scene.name}.glb", "origin": [0, 0, 0], "units_to_meters": 1.0}
        stage_config |= {"shader_type": shader, "is_collidable": True}
        parts = tuple(part for stage in stages for part in _moved(stage.parts, stage.world_from_body))
        write_atomic(folder / "stages" / f"{scene.name}.glb", glb_of(parts))
        _write_json(folder / "stages" / f"{scene.name}.stage_config.json", stage_config)
    for name, body in things.items():
        _write_object(folder / "objects", name, body, shader)
    _write_json(folder / "lighting" / f"{scene.name}.lighting_config.json", light_setup(scene.lighting))
    instance = _scene_instance(scene, things, scene.name if stages else NO_STAGE)
    _write_json(folder / "scenes" / f"{scene.name}.scene_instance.json", instance)
    config_path = folder / f"{scene.name}.scene_dataset_config.json"
    kinds = {kind: {"default_attributes": {}, "paths": {".json": [place]}} for kind, place in _KINDS.items()}
    _write_json(config_path, kinds)
    return config_path


def write_object(folder: Path, name: str, body: Body, lit: bool) -> tuple[Path, NDArray[np.float64]]:
    """Writes the template of one body for a scene that is lit or not. Returns its config, and the pose (4, 4) of an
    object made from it that stands like the body."""
    rigid = rigid_body(body)
    return _write_object(folder, name, rigid, "pbr" if lit else "flat"), rigid.world_from_body


def _write_object(folder: Path, name: str, body: Body, shader: str) -> Path:
    write_atomic(folder / f"{name}.glb", glb_of(body.parts))
    config = {**_UPRIGHT, "render_asset": f"{name}.glb", "COM": [0, 0, 0], "semantic_id": body.object_id}
    config |= {"mass": 5.0, "shader_type": shader, "is_collidable": True}
    config["user_defined"] = {"category": body.category, "words": list(body.words)}
    _write_json(folder / f"{name}.object_config.json", config)
    return folder / f"{name}.object_config.json"


def _template_of(body: Body) -> str:
    """A file name for the body's template. Habitat takes the first template whose path has the asked name in it: ids
    of one length at the end keep any two apart, and from the words of the path."""
    number = f"_{body.object_id:03d}"
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", body.name)[:80]
    return name if name.endswith(number) else f"{name}{number}"


def _moved(parts: tuple[Part, ...], pose: NDArray[np.float64]) -> tuple[Part, ...]:
    """The parts where `pose` (4, 4) puts them."""
    if np.array_equal(pose, np.eye(4)):
        return parts
    normal_matrix, mirrored = np.linalg.inv(pose[:3, :3]), np.linalg.det(pose[:3, :3]) < 0
    moved = []
    for part in parts:
        vertices = part.vertices_m.astype(float) @ pose[:3, :3].T + pose[:3, 3]
        normals = part.normals.astype(float) @ normal_matrix
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        faces = part.faces[:, ::-1] if mirrored else part.faces
        moved.append(
            replace(part, vertices_m=vertices.astype(np.float32), normals=normals.astype(np.float32), faces=faces)
        )
    return tuple(moved)


def rigid_body(body: Body) -> Body:
    """The body itself, or, where its pose stretches or mirrors it, one of that shape in an upright pose."""
    shape = body.world_from_body[:3, :3]
    if np.allclose(shape @ shape.T, np.eye(3), atol=1e-6) and np.linalg.det(shape) > 0:
        return body
    stretch, place = np.eye(4), np.eye(4)
    stretch[:3, :3], place[:3, 3] = shape, body.world_from_body[:3, 3]
    return replace(body, parts=_moved(body.parts, stretch), world_from_body=place)


@lru_cache(maxsize=128)
def glb_of(parts: tuple[Part, ...]) -> bytes:
    """A GLB of parts, one node each. Plain colours become 4 x 4 textures: Habitat's flat shader and ours then agree.
    The last ones are remembered: a scene in another light is written of the same parts."""
    scene = trimesh.Scene()
    materials: dict[int, Any] = {}
    for number, part in enumerate(_both_sides(part) for part in parts):
        made = materials.get(id(part.material))
        if made is None:
            made = materials.setdefault(id(part.material), _pbr(part.material))
        uv = np.stack([part.uv[:, 0], 1.0 - part.uv[:, 1]], axis=1)  # trimesh turns v upside down
        visual = trimesh.visual.TextureVisuals(uv=uv, material=made)
        if part.colours is not None:
            visual.vertex_attributes["color"] = _rgba(part.colours)
        mesh = trimesh.Trimesh(part.vertices_m, part.faces, vertex_normals=part.normals, visual=visual, process=False)
        scene.add_geometry(mesh, node_name=f"part/{number}", geom_name=f"part_{number}")
    exported = trimesh.exchange.gltf.export_glb(scene, include_normals=True)
    assert isinstance(exported, bytes)
    return exported


def _both_sides(part: Part) -> Part:
    """Habitat's flat shader knows no double-sided material: such a part gets its back as triangles of their own."""
    if not part.material.double_sided:
        return part
    back = part.faces[:, ::-1] + len(part.vertices_m)
    return replace(
        part,
        vertices_m=np.concatenate([part.vertices_m, part.vertices_m]),
        normals=np.concatenate([part.normals, -part.normals]),
        uv=np.concatenate([part.uv, part.uv]),
        faces=np.concatenate([part.faces, back]).astype(np.int32),
        colours=None if part.colours is None else np.concatenate([part.colours, part.colours]),
    )


def _rgba(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Vertex colours as pictures have them, which is how Habitat and glb.py take them."""
    encoded = np.round(np.sqrt(np.clip(linear, 0.0, 1.0)) * 255).astype(np.uint8)
    return np.concatenate([encoded, np.full((len(encoded), 1), 255, np.uint8)], axis=1)


def _pbr(material: Material) -> trimesh.visual.material.PBRMaterial:
    picture = _picture(material)
    emission = None if material.emission is None else _picture(material.emission)
    glow = [1.0, 1.0, 1.0] if emission is not None else [material.glow] * 3 if material.glow else None
    return trimesh.visual.material.PBRMaterial(
        name=material.name,
        baseColorTexture=picture,
        metallicFactor=0.0,
        roughnessFactor=1.0,
        emissiveFactor=glow,
        emissiveTexture=emission,
        doubleSided=False,
        alphaMode="MASK" if _is_cut_out(material) else None,
        alphaCutoff=material.alpha_cutoff if _is_cut_out(material) else None,
    )


def _is_cut_out(material: Material) -> bool:
    """The renderers look at alpha where there is a texture for it to lie on."""
    return material.alpha is not None and material.texture is not None


def _picture(material: Material) -> Image.Image:
    """Its texture times its colour; it is embedded as PNG."""
    colour = np.sqrt(np.asarray(material.colour))  # the renderer's gamma is 2
    base = np.full((4, 4, 3), 255, dtype=np.uint8) if material.texture is None else material.texture
    tinted = np.round(base * colour).astype(np.uint8)
    if material.alpha is not None and _is_cut_out(material):
        tinted = np.concatenate([tinted, material.alpha[..., None]], axis=2)
    return Image.fromarray(tinted)


def _scene_instance(scene: Scene, things: Mapping[str, Body], stage: str) -> dict[str, Any]:
    placed = []
    for name, body in things.items():
        quaternion = trimesh.transformations.quaternion_from_matrix(body.world_from_body)
        placed.append(
            {
                "template_name": name,
                "translation": [float(x) for x in body.world_from_body[:3, 3]],
                "rotation": [float(x) for x in quaternion],  # w, x, y, z
                "motion_type": "STATIC",
                "translation_origin": "asset_local",
            }
        )
    instance: dict[str, Any] = {
        "stage_instance": {"template_name": stage},
        "default_lighting": "no_lights" if scene.lighting is None else scene.name,
        "translation_origin": "asset_local",
        "object_instances": placed,
    }
    if scene.lighting is not None:
        lighting = scene.lighting
        extra: dict[str, Any] = {key: list(getattr(lighting, key)) for key in ("ambient", "sky", "ground")}
        extra["lamp_radius_m"] = [lamp.radius_m for lamp in lighting.lamps]
        if lighting.sun is not None:
            extra["sun"] = {"direction": list(lighting.sun.direction), "colour": list(lighting.sun.colour)}
        instance["user_defined"] = extra
    return instance


def light_setup(lighting: Lighting | None) -> dict[str, Any]:
    """Habitat's lights: colour at most 1, the rest in the intensity; `direction` is the way the light travels.

    Habitat knows no ambient light, so four weak suns stand for it, and no shadows, so a sun would shine through walls:
    beside lamps it is left out (`user_defined` of the scene has it).
    """
    lights: dict[str, Any] = {}
    if lighting is None:
        return {"lights": lights}
    for number, lamp in enumerate(lighting.lamps):
        lights[str(number)] = {"type": "point", "position": list(lamp.position_m), **_strength(lamp.colour)}
    if lighting.sun is not None and not lighting.lamps:
        sun = lighting.sun
        lights[str(len(lights))] = {"type": "directional", "direction": list(sun.direction), **_strength(sun.colour)}
    if max(lighting.ambient) > 0:
        for number, direction in enumerate(_FROM_ALL_SIDES):
            weak = {"type": "directional", "direction": list(direction), **_strength(lighting.ambient)}
            lights[f"{AMBIENT_KEY}{number}"] = weak
    return {"lights": lights}


_FROM_ALL_SIDES = ((0.577, -0.577, 0.577), (-0.577, -0.577, -0.577), (0.577, 0.577, -0.577), (-0.577, 0.577, 0.577))
"""Corners of a tetrahedron: surfaces of all directions get 0.58 to 1.15 of one such light."""


def _strength(colour: tuple[float, float, float]) -> dict[str, Any]:
    top = max(max(colour), 1e-9)
    return {"color": [c / top for c in colour], "intensity": top}


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    write_atomic(path, (json.dumps(value, indent=1, sort_keys=True) + "\n").encode())
