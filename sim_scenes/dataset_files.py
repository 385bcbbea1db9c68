"""Habitat scene datasets as raw inputs: which files one scene is made of, whether they are whole, what it is called.

`PATH.scene_dataset_config.json#scene` ─▶ [dataset_sources] ─▶ Source ... (worker) [unchanged_dataset] ─▶ load_scene

A scene's identity is the sha256 over the files it uses; other scenes of the dataset may come and go. Scenes that share
a stage mesh show the same rooms, so they share a split group.
"""

import os
from pathlib import Path

from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.pipeline.core.files import sha256_file
from video4spatial.pipeline.core.settings import fingerprint
from video4spatial.pipeline.core.unit import Source
from video4spatial.sim_scenes.gltf_file import check_glb, files_of
from video4spatial.sim_scenes.habitat_config import Dataset
from video4spatial.sim_scenes.habitat_scene import SceneSpec, describe_scene, scene_names

SUFFIX = ".scene_dataset_config.json"


def split_address(scene: str) -> tuple[Path, str] | None:
    """The config and the scene's name (empty: all of them) of a dataset address; None for another kind of file."""
    path, _, name = scene.partition(f"{SUFFIX}#") if f"{SUFFIX}#" in scene else (scene, "", "")
    if name:
        return Path(path + SUFFIX), name
    return (Path(scene.removesuffix("#")), "") if scene.removesuffix("#").endswith(SUFFIX) else None


def dataset_sources(config_path: Path, scene: str = "") -> list[Source]:
    """One source for `scene`, or for every scene. Raises ConfigError, in one line, for what is missing or malformed:
    the dataset, a template, a mesh, a number."""
    if not config_path.is_file():
        raise ConfigError(f"{config_path} is not a file; simulation.scenes takes paths of *{SUFFIX} files")
    dataset = Dataset(config_path)
    names = [scene] if scene else scene_names(dataset)
    if not names:
        raise ConfigError(f"{config_path.name} lists no scene instance and no stage; check the paths in it")
    known: dict[Path, dict[Path, str]] = {}
    return [_source(dataset, describe_scene(dataset, name), name, known) for name in names]


def unchanged_dataset(source: Source) -> SceneSpec:
    """What a planned source is made of, if its files still are those that were planned. Raises SourceError."""
    address = split_address(source.location)
    assert address is not None
    config_path, name = address
    try:
        dataset = Dataset(config_path)
        spec = describe_scene(dataset, name)
        digest = _source(dataset, spec, name, {}).sha256
    except (ConfigError, OSError) as error:
        raise SourceError(str(error), reason="unreadable_scene") from None
    if digest != source.sha256:
        raise SourceError(f"{source.uri} has changed since the run was planned; start the run again", reason="changed")
    return spec


def _source(dataset: Dataset, spec: SceneSpec, name: str, known: dict[Path, dict[Path, str]]) -> Source:
    """`known` remembers the digests of files that several scenes share, with those they need beside them."""
    for mesh in spec.meshes:
        if mesh not in known:
            known[mesh] = {path: sha256_file(path) for path in files_of(mesh, check_glb(mesh))}
    for path in (*spec.files, *spec.texts):
        known.setdefault(path, {path: sha256_file(path)})
    used = [known[path] for path in (*spec.files, *spec.texts, *spec.meshes)]
    named = {Path(os.path.relpath(path, dataset.folder)).as_posix(): digest for d in used for path, digest in d.items()}
    if spec.is_stage_alone:
        named["#"] = spec.name  # two stages that `configs` make from one file are two scenes
    return Source(
        uri=f"{dataset.path.name}#{spec.name}",
        sha256=fingerprint({"kind": "scene dataset", "files": named}),
        split_group=_split_group(spec, known, fingerprint(named)),
        location=f"{dataset.path}#{name}",
    )


def _split_group(spec: SceneSpec, known: dict[Path, dict[Path, str]], digest: str) -> str:
    """Scenes of one stage mesh share it; a scene without a stage stands alone."""
    if spec.stage is None or spec.stage_mesh is None:
        return f"{spec.name}-{digest[:8]}"
    return f"{spec.stage.name}-{known[spec.stage_mesh][spec.stage_mesh][:8]}"
