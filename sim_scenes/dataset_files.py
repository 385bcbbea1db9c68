"""Habitat scene datasets as raw inputs: which files one scene is made of, whether they are whole, what it is called.

`PATH.scene_dataset_config.json#scene` ─▶ [dataset_sources] ─▶ Source ... (worker) [unchanged_dataset] ─▶ read_dataset

A scene's identity is the sha256 over the files it uses; other scenes of the dataset may come and go. Scenes that share
a stage mesh show the same rooms, so they share a split group.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.pipeline.core.files import sha256_file
from video4spatial.pipeline.core.settings import fingerprint
from video4spatial.pipeline.core.unit import Source
from video4spatial.sim_scenes.glb import check_glb
from video4spatial.sim_scenes.habitat_dataset import UNLIT, find_template, read_json, template_files, template_name

SUFFIX = ".scene_dataset_config.json"


def split_address(scene: str) -> tuple[Path, str] | None:
    """The config and the scene's name (empty: all of them) of a dataset address; None for another kind of file."""
    path, _, name = scene.partition(f"{SUFFIX}#") if f"{SUFFIX}#" in scene else (scene, "", "")
    if name:
        return Path(path + SUFFIX), name
    return (Path(scene.removesuffix("#")), "") if scene.removesuffix("#").endswith(SUFFIX) else None


def dataset_sources(config_path: Path, scene: str = "") -> list[Source]:
    """One source for `scene`, or for every scene instance. Raises ConfigError, in one line, for what is missing or
    malformed: the dataset, a template, a mesh, a number."""
    if not config_path.is_file():
        raise ConfigError(f"{config_path} is not a file; simulation.scenes takes paths of *{SUFFIX} files")
    config = read_json(config_path)
    names = [scene] if scene else sorted({template_name(p) for p in template_files(config_path, config, _SCENES)})
    if not names:
        raise ConfigError(f"{config_path.name} lists no scene instance; check its scene_instances.paths")
    digests: dict[Path, str] = {}
    return [_source(config_path, name, digests) for name in names]


def unchanged_dataset(source: Source) -> tuple[Path, str]:
    """Config and scene of a planned source, if its files still are those that were planned. Raises SourceError."""
    address = split_address(source.location)
    assert address is not None
    try:
        digest = _source(*address, {}).sha256
    except ConfigError as error:
        raise SourceError(str(error), reason="unreadable_scene") from None
    if digest != source.sha256:
        raise SourceError(f"{source.uri} has changed since the run was planned; start the run again", reason="changed")
    return address


_SCENES = "scene_instances"


def _source(config_path: Path, scene: str, digests: dict[Path, str]) -> Source:
    """`digests` remembers files that several scenes share."""
    files, stage_mesh = _used_files(config_path, scene, digests)
    folder = config_path.parent
    named = {Path(os.path.relpath(path, folder)).as_posix(): digests[path] for path in files}
    return Source(
        uri=f"{config_path.name}#{template_name(Path(scene))}",
        sha256=fingerprint({"kind": "scene dataset", "files": named}),
        split_group=f"{stage_mesh.stem}-{digests[stage_mesh][:8]}",
        location=f"{config_path}#{scene}",
    )


def _used_files(config_path: Path, scene: str, digests: dict[Path, str]) -> tuple[list[Path], Path]:
    """All files of a scene, checked and hashed into `digests`, and the mesh of its stage."""
    config = read_json(config_path)
    instance_path = find_template(config_path, config, _SCENES, scene)
    instance = read_json(instance_path)
    _check_instance(instance_path.name, instance)
    stage_path = find_template(config_path, config, "stages", instance["stage_instance"]["template_name"])
    wanted = {placed["template_name"] for placed in instance.get("object_instances", [])}
    objects = [find_template(config_path, config, "objects", name) for name in sorted(wanted)]
    meshes = [_mesh_of(template) for template in (stage_path, *objects)]
    setup = instance.get("default_lighting", "no_lights")
    lights = [] if setup in UNLIT else [find_template(config_path, config, "light_setups", setup)]
    for path in lights:
        _check_lights(path.name, read_json(path))
    for path in meshes:
        if path not in digests:
            check_glb(path)
    files = [config_path, instance_path, stage_path, *objects, *lights, *meshes]
    for path in files:
        digests.setdefault(path, sha256_file(path))
    return files, meshes[0]


def _mesh_of(template_path: Path) -> Path:
    template = read_json(template_path)
    asset = template.get("render_asset")
    if not isinstance(asset, str) or not asset:
        raise ConfigError(f"{template_path.name} names no render_asset; give the path of its GLB")
    path = template_path.parent / asset
    if not path.is_file():
        raise ConfigError(f"{template_path.name} names {asset}, which is not there; correct its render_asset")
    for key, length in (("up", 3), ("front", 3), ("scale", 3), ("COM", 3)):
        _check_numbers(f"{template_path.name}: {key}", template.get(key, [0.0] * length), length)
    return path


def _check_instance(name: str, instance: Mapping[str, Any]) -> None:
    stage = instance.get("stage_instance")
    if not isinstance(stage, dict) or not isinstance(stage.get("template_name"), str):
        raise ConfigError(f"{name} has no stage_instance.template_name; every scene needs a stage")
    placed = instance.get("object_instances", [])
    if not isinstance(placed, list):
        raise ConfigError(f"{name}: object_instances must be a list, got {type(placed).__name__}")
    for number, entry in enumerate(placed):
        if not isinstance(entry, dict) or not isinstance(entry.get("template_name"), str):
            raise ConfigError(f"{name}: object_instances[{number}] has no template_name")
        where = f"{name}: object_instances[{number}]"
        _check_numbers(f"{where}.translation", entry.get("translation", [0, 0, 0]), 3)
        _check_numbers(f"{where}.rotation", entry.get("rotation", [1, 0, 0, 0]), 4)


def _check_lights(name: str, setup: Mapping[str, Any]) -> None:
    lights = setup.get("lights", {})
    if not isinstance(lights, dict):
        raise ConfigError(f"{name}: lights must be an object, got {type(lights).__name__}")
    for key, light in lights.items():
        field = "direction" if isinstance(light, dict) and light.get("type") == "directional" else "position"
        if not isinstance(light, dict):
            raise ConfigError(f"{name}: light {key} must be an object, got {type(light).__name__}")
        _check_numbers(f"{name}: light {key}.{field}", light.get(field), 3)
        _check_numbers(f"{name}: light {key}.color", light.get("color", [1, 1, 1]), 3)


def _check_numbers(what: str, value: Any, length: int) -> None:
    numbers = isinstance(value, list) and all(isinstance(x, (int, float)) and abs(x) < 1e6 for x in value)
    if not numbers or len(value) != length:
        raise ConfigError(f"{what} must be {length} numbers, got {value!r:.60}")
