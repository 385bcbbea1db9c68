"""Scenes written as Habitat scene datasets: what habitat-sim loads, and habitat_read.py.

Scene ─▶ [write_dataset] ─▶ <name>.scene_dataset_config.json, stages/ objects/ lighting/ scenes/

The layout is the one habitat-sim 0.3.3 and 0.3.4 read as it stands: `up`, `front` and `COM` are always written (without
them the stage is turned and objects sink), every template has a name that is no part of another, and the semantic id
of an object is its object id. What Habitat has no word for (ambient, sky, words) stands under `user_defined`.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from PIL import Image

from video4spatial.pipeline.core.files import write_atomic
from video4spatial.sim_scenes.habitat_read import read_dataset
from video4spatial.sim_scenes.scene import STAGE_ID, Body, Lighting, Material, Part, Scene

__all__ = ["glb_of", "read_dataset", "write_dataset"]

_KINDS = {"stages": "stages", "objects": "objects", "light_setups": "lighting", "scene_instances": "scenes"}
_UPRIGHT = {"up": [0, 1, 0], "front": [0, 0, -1], "scale": [1, 1, 1]}


def write_dataset(folder: Path, scene: Scene) -> Path:
    """Writes the dataset of one scene and returns its config, which is written last. The same scene gives the same
    bytes, so writing again changes nothing."""
    stage = next(body for body in scene.bodies if body.object_id == STAGE_ID)
    things = [body for body in scene.bodies if body.object_id != STAGE_ID]
    write_atomic(folder / "stages" / f"{scene.name}.glb", glb_of(stage.parts))
    stage_config = {**_UPRIGHT, "render_asset": f"{scene.name}.glb", "origin": [0, 0, 0], "units_to_meters": 1.0}
    stage_config |= {"shader_type": "phong", "is_collidable": True}
    _write_json(folder / "stages" / f"{scene.name}.stage_config.json", stage_config)
    for body in things:
        write_atomic(folder / "objects" / f"{body.name}.glb", glb_of(body.parts))
        config = {**_UPRIGHT, "render_asset": f"{body.name}.glb", "COM": [0, 0, 0], "semantic_id": body.object_id}
        config |= {"mass": 5.0, "shader_type": "phong", "is_collidable": True}
        config["user_defined"] = {"category": body.category, "words": list(body.words)}
        _write_json(folder / "objects" / f"{body.name}.object_config.json", config)
    _write_json(folder / "lighting" / f"{scene.name}.lighting_config.json", _light_setup(scene.lighting))
    _write_json(folder / "scenes" / f"{scene.name}.scene_instance.json", _scene_instance(scene, things))
    config_path = folder / f"{scene.name}.scene_dataset_config.json"
    kinds = {kind: {"default_attributes": {}, "paths": {".json": [place]}} for kind, place in _KINDS.items()}
    _write_json(config_path, kinds)
    return config_path


def glb_of(parts: tuple[Part, ...]) -> bytes:
    """A GLB of parts, one node each. Plain colours become 4 x 4 textures: Habitat's flat shader and ours then agree."""
    scene = trimesh.Scene()
    materials: dict[int, Any] = {}
    for number, part in enumerate(parts):
        made = materials.get(id(part.material))
        if made is None:
            made = materials.setdefault(id(part.material), _pbr(part.material))
        uv = np.stack([part.uv[:, 0], 1.0 - part.uv[:, 1]], axis=1)  # trimesh turns v upside down
        mesh = trimesh.Trimesh(
            part.vertices_m,
            part.faces,
            vertex_normals=part.normals,
            visual=trimesh.visual.TextureVisuals(uv=uv, material=made),
            process=False,
        )
        scene.add_geometry(mesh, node_name=f"part/{number}", geom_name=f"part_{number}")
    exported = trimesh.exchange.gltf.export_glb(scene, include_normals=True)
    assert isinstance(exported, bytes)
    return exported


def _pbr(material: Material) -> trimesh.visual.material.PBRMaterial:
    colour = np.sqrt(np.asarray(material.colour))  # the renderer's gamma is 2
    base = np.full((4, 4, 3), 255, dtype=np.uint8) if material.texture is None else material.texture
    tinted = np.round(base * colour).astype(np.uint8)
    picture = io.BytesIO()
    Image.fromarray(tinted).save(picture, format="PNG")
    glow = [material.glow] * 3 if material.glow else None
    return trimesh.visual.material.PBRMaterial(
        name=material.name,
        baseColorTexture=Image.open(picture),
        metallicFactor=0.0,
        roughnessFactor=1.0,
        emissiveFactor=glow,
        doubleSided=material.double_sided,
    )


def _scene_instance(scene: Scene, things: list[Body]) -> dict[str, Any]:
    placed = []
    for body in things:
        quaternion = trimesh.transformations.quaternion_from_matrix(body.world_from_body)
        placed.append(
            {
                "template_name": body.name,
                "translation": [float(x) for x in body.world_from_body[:3, 3]],
                "rotation": [float(x) for x in quaternion],  # w, x, y, z
                "motion_type": "STATIC",
                "translation_origin": "asset_local",
            }
        )
    instance: dict[str, Any] = {
        "stage_instance": {"template_name": scene.name},
        "default_lighting": "no_lights" if scene.lighting is None else scene.name,
        "translation_origin": "asset_local",
        "object_instances": placed,
    }
    if scene.lighting is not None:
        extra: dict[str, tuple[float, ...]] = {
            "ambient": scene.lighting.ambient,
            "sky": scene.lighting.sky,
            "ground": scene.lighting.ground,
        }
        extra["lamp_radius_m"] = tuple(lamp.radius_m for lamp in scene.lighting.lamps)
        instance["user_defined"] = {key: list(value) for key, value in extra.items()}
    return instance


def _light_setup(lighting: Lighting | None) -> dict[str, Any]:
    """Habitat's lights: colour at most 1, the rest in the intensity; `direction` is the way the light travels."""
    lights: dict[str, Any] = {}
    if lighting is None:
        return {"lights": lights}
    for number, lamp in enumerate(lighting.lamps):
        top = max(max(lamp.colour), 1e-9)
        colour = [c / top for c in lamp.colour]
        entry = {"type": "point", "position": list(lamp.position_m), "color": colour, "intensity": top}
        lights[str(number)] = entry
    if lighting.sun is not None:
        top = max(lighting.sun.colour)
        colour = [c / top for c in lighting.sun.colour]
        entry = {"type": "directional", "direction": list(lighting.sun.direction), "color": colour, "intensity": top}
        lights[str(len(lights))] = entry
    return {"lights": lights}


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    write_atomic(path, (json.dumps(value, indent=1, sort_keys=True) + "\n").encode())
