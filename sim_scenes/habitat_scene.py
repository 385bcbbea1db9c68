"""One scene of a dataset as its files say it is: read and checked, nothing loaded yet.

Dataset + name ─▶ [describe_scene] ─▶ SceneSpec ─▶ dataset_files.py (identity), habitat_read.py (the scene)

A name is that of a scene instance, else that of a stage, which then stands alone (HM3D, MP3D, Gibson).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.sim_scenes.habitat_config import NAME_TAG, Dataset, Template, template_name

NO_LIGHTS = "no_lights"
DEFAULT_LIGHTS = ""
NO_STAGE = "NONE"
"""Habitat's name for a stage that is not there."""
HM3D_HEADER = "HM3D Semantic Annotations"


@dataclass(frozen=True, eq=False)
class PlacedObject:
    """An object instance: its template, and the instance's own values."""

    template: Template
    mesh: Path
    values: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class SceneSpec:
    """What a scene is made of."""

    name: str
    values: Mapping[str, Any]
    """Of the scene instance; what it does not say is not there."""
    stage: Template | None
    """None for a scene of objects alone."""
    stage_mesh: Path | None
    stage_values: Mapping[str, Any]
    objects: tuple[PlacedObject, ...]
    lights: Template | None
    """None: no lights (shown unlit), or Habitat's default lights."""
    default_lights: bool
    semantics: tuple[Path, Path] | None
    """A stage whose faces have names: its coloured mesh and the list of names (HM3D)."""
    lexicon: Path | None
    """JSON of names by semantic id (HSSD, ReplicaCAD)."""
    left_out: tuple[str, ...]
    """What the scene has and we do not show."""
    files: tuple[Path, ...]
    """All JSON files it was read from."""
    is_stage_alone: bool
    """No file describes it: it is a stage, or stands in the dataset's config alone."""

    @property
    def meshes(self) -> tuple[Path, ...]:
        """The meshes, the stage's first."""
        coloured = () if self.semantics is None else (self.semantics[0],)
        stage = () if self.stage_mesh is None else (self.stage_mesh,)
        return (*stage, *dict.fromkeys(placed.mesh for placed in self.objects), *coloured)

    @property
    def texts(self) -> tuple[Path, ...]:
        """Further files that shape it."""
        return tuple(p for p in (self.lexicon, self.semantics[1] if self.semantics else None) if p is not None)


def scene_names(dataset: Dataset) -> list[str]:
    """All scene instances, or all stages where none is listed. Raises ConfigError where what is listed is not there."""
    names = dataset.names("scene_instances")
    if not names and dataset.lists("scene_instances"):
        raise ConfigError(f"{dataset.path.name} lists no scene instance that is there; check its scene_instances.paths")
    return names or dataset.names("stages")


def describe_scene(dataset: Dataset, name: str) -> SceneSpec:
    """Raises ConfigError, in one line, for what is missing or malformed."""
    instance = _instance(dataset, name)
    values, file = instance.values, instance.files[0].name if instance.files else dataset.path.name
    stage_values = values.get("stage_instance")
    if not isinstance(stage_values, dict) or not isinstance(stage_values.get("template_name"), str):
        raise ConfigError(f"{file} has no stage_instance.template_name; every scene needs a stage")
    _check_instance(f"{file}: stage_instance", stage_values)
    stage_name = stage_values["template_name"]
    stage = None if stage_name == NO_STAGE else dataset.find("stages", stage_name)
    objects = tuple(
        _placed(dataset, file, number, entry) for number, entry in _entries(file, values, "object_instances")
    )
    jointed = [entry for _, entry in _entries(file, values, "articulated_object_instances")]
    names = sorted({template_name(str(entry.get("template_name", "unnamed"))) for entry in jointed})
    left_out = [f"{len(jointed)} articulated objects: {', '.join(names[:8])}"] if jointed else []
    lights, default_lights = _lights(dataset, values)
    semantics, lexicon, unread = _semantics(dataset, stage, values)
    templates = (
        instance,
        *((stage,) if stage else ()),
        *(placed.template for placed in objects),
        *((lights,) if lights else ()),
    )
    return SceneSpec(
        name=template_name(name),
        values=values,
        stage=stage,
        stage_mesh=None if stage is None else _mesh_of(dataset, stage, "stages"),
        stage_values=stage_values,
        objects=tuple(placed for placed in objects if placed.values.get("is_instance_visible", True)),
        lights=lights,
        default_lights=default_lights,
        semantics=semantics,
        lexicon=lexicon,
        left_out=(*left_out, *unread),
        is_stage_alone=not instance.files,
        files=tuple(dict.fromkeys((dataset.path, *(path for template in templates for path in template.files)))),
    )


def check_numbers(what: str, value: Any, length: int) -> None:
    if not isinstance(value, list) or len(value) != length or not all(_is_number(entry) for entry in value):
        raise ConfigError(f"{what} must be {length} numbers, got {value!r:.60}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e6


def _instance(dataset: Dataset, name: str) -> Template:
    if dataset.has("scene_instances", name) or not dataset.has("stages", name):
        return dataset.find("scene_instances", name)
    stage = dataset.find("stages", name)
    cell = dataset.config.get("scene_instances", {})
    defaults = cell.get("default_attributes", {}) if isinstance(cell, dict) else {}
    values = {k: v for k, v in defaults.items() if not (isinstance(v, str) and NAME_TAG in v)}
    return Template(stage.name, {**values, "stage_instance": {"template_name": name}}, stage.folder, ())


def _entries(file: str, values: Mapping[str, Any], key: str) -> list[tuple[int, Mapping[str, Any]]]:
    listed = values.get(key, [])
    if not isinstance(listed, list):
        raise ConfigError(f"{file}: {key} must be a list, got {type(listed).__name__}")
    for number, entry in enumerate(listed):
        if not isinstance(entry, dict) or not isinstance(entry.get("template_name"), str):
            raise ConfigError(f"{file}: {key}[{number}] has no template_name")
    return list(enumerate(listed))


def _placed(dataset: Dataset, file: str, number: int, entry: Mapping[str, Any]) -> PlacedObject:
    _check_instance(f"{file}: object_instances[{number}]", entry)
    template = dataset.find("objects", entry["template_name"])
    return PlacedObject(template, _mesh_of(dataset, template, "objects"), entry)


def _check_instance(where: str, entry: Mapping[str, Any]) -> None:
    check_numbers(f"{where}.translation", entry.get("translation", [0, 0, 0]), 3)
    check_numbers(f"{where}.rotation", entry.get("rotation", [1, 0, 0, 0]), 4)
    check_numbers(f"{where}.non_uniform_scale", entry.get("non_uniform_scale", [1, 1, 1]), 3)
    if not all(entry.get("non_uniform_scale", [1])) or not entry.get("uniform_scale", 1):
        raise ConfigError(f"{where} is scaled by 0; leave the instance out, or give it a size")
    if not any(entry.get("rotation", [1])):
        raise ConfigError(f"{where}.rotation has length 0; it is a quaternion w, x, y, z")
    if not _is_number(entry.get("uniform_scale", 1.0)):
        raise ConfigError(f"{where}.uniform_scale must be a number, got {entry['uniform_scale']!r:.40}")
    for key in ("translation_origin", "shader_type"):
        if not isinstance(entry.get(key, ""), str):
            raise ConfigError(f"{where}.{key} must be a word, got {entry[key]!r:.40}")


def _mesh_of(dataset: Dataset, template: Template, kind: str) -> Path:
    """The template's mesh; its numbers are checked on the way."""
    owner = template.files[0].name if template.files else template.name
    for key, length in (("up", 3), ("front", 3), ("scale", 3), ("COM", 3)):
        check_numbers(f"{owner}: {key}", template.values.get(key, [0.0] * length), length)
    if not all(template.values.get("scale", [1])):
        raise ConfigError(f"{owner}: scale has a 0, which leaves nothing of it")
    up, front = template.values.get("up", [0, 1, 0]), template.values.get("front", [0, 0, -1])
    if not any(up) or not any(front) or not all(math.isfinite(x) for x in (*up, *front)):
        raise ConfigError(f"{owner}: up and front must have a length")
    asset = template.values.get("render_asset") or ""
    if template.asset is not None and (not asset or kind == "stages"):
        return template.asset
    if not isinstance(asset, str) or not asset:
        raise ConfigError(f"{owner} names no render_asset; give the path of its GLB")
    path = dataset.inside(template.folder, asset, owner)
    if not path.is_file():
        raise ConfigError(f"{owner} names {asset}, which is not there; correct its render_asset")
    return path


def _lights(dataset: Dataset, values: Mapping[str, Any]) -> tuple[Template | None, bool]:
    """The light setup of a scene, and whether it asks for Habitat's default lights."""
    wanted = values.get("default_lighting", NO_LIGHTS)
    if not isinstance(wanted, str):
        raise ConfigError(f"default_lighting must be the name of a light setup, got {wanted!r:.40}")
    if wanted in (NO_LIGHTS, DEFAULT_LIGHTS):
        return None, wanted == DEFAULT_LIGHTS
    setup = dataset.find("light_setups", wanted)
    name = setup.files[0].name if setup.files else setup.name
    lights = setup.values.get("lights", {})
    if not isinstance(lights, dict):
        raise ConfigError(f"{name}: lights must be an object, got {type(lights).__name__}")
    for key in ("positive_intensity_scale", "negative_intensity_scale"):
        if not _is_number(setup.values.get(key, 1.0)):
            raise ConfigError(f"{name}: {key} must be a number, got {setup.values[key]!r:.40}")
    for key, light in lights.items():
        _check_light(f"{name}: light {key}", light)
    return setup, not lights


def _check_light(what: str, light: Any) -> None:
    if not isinstance(light, dict):
        raise ConfigError(f"{what} must be an object, got {type(light).__name__}")
    field = "direction" if light.get("type") == "directional" or "position" not in light else "position"
    field = field if field in light or "position" not in light else "position"
    check_numbers(f"{what}.{field}", light.get(field), 3)
    check_numbers(f"{what}.color", light.get("color", [1, 1, 1]), 3)
    if not _is_number(light.get("intensity", 1.0)):
        raise ConfigError(f"{what}.intensity must be a number, got {light['intensity']!r:.40}")


def _semantics(
    dataset: Dataset, stage: Template | None, values: Mapping[str, Any]
) -> tuple[tuple[Path, Path] | None, Path | None, list[str]]:
    """(coloured mesh and list of names of the stage, lexicon, what is not read)."""
    found = [_semantic_file(dataset, values.get("semantic_scene_instance"))]
    own = None if stage is None else stage.values.get("semantic_descriptor_filename")
    if stage is not None and isinstance(own, str) and own:
        found.append(dataset.inside(stage.folder, own, stage.name))
    files = [path for path in found if path is not None and path.is_file()]
    mesh = None
    if stage is not None and isinstance(coloured := stage.values.get("semantic_asset"), str) and coloured:
        mesh = dataset.inside(stage.folder, coloured, stage.name)
    lists = [path for path in files if path.suffix == ".txt" and _is_hm3d(path)]
    lexicons = [path for path in files if path.suffix == ".json"]
    unread = [path.name for path in files if path not in lists and path not in lexicons]
    left_out = [f"semantics in {', '.join(unread)}"] if unread else []
    semantics = (mesh, lists[0]) if mesh is not None and mesh.is_file() and lists else None
    return semantics, lexicons[0] if lexicons else None, left_out


def _semantic_file(dataset: Dataset, wanted: Any) -> Path | None:
    """The descriptor that a scene names: by key, or a semantic_config.json that names it in turn."""
    kind = "semantic_scene_descriptor_instances"
    if not isinstance(wanted, str) or not wanted:
        return None
    mapped = dataset.mapped(kind, wanted)
    if mapped is not None:
        return mapped
    if not dataset.has(kind, wanted):
        return None
    template = dataset.find(kind, wanted)
    name = template.values.get("semantic_descriptor_filename")
    return dataset.inside(template.folder, name, template.name) if isinstance(name, str) and name else None


def _is_hm3d(path: Path) -> bool:
    with path.open("rb") as file:
        return HM3D_HEADER.encode() in file.read(200)
