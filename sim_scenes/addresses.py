"""Which scenes a person means: `house:7`, `room:3`, a GLB, a Habitat scene dataset, a folder of them.

text | SimConfig ─▶ [named_scenes | configured_scenes] ─▶ NamedScene ... ─▶ survey.py, preview.py

Planning a run stops at the first broken file; a list names it and goes on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.unit import Source
from video4spatial.sim_scenes.config import SimConfig
from video4spatial.sim_scenes.dataset_files import SUFFIX, split_address
from video4spatial.sim_scenes.gltf_file import SUFFIXES
from video4spatial.sim_scenes.habitat_config import Dataset
from video4spatial.sim_scenes.habitat_scene import scene_names
from video4spatial.sim_scenes.sources import (
    HOUSE_URI,
    ROOM_URI,
    file_sources,
    folders_of,
    house_seed,
    house_source,
    is_dataset,
    room_seed,
    room_source,
)

FORMS = f"house:SEED, room:SEED, a .glb or .gltf file, a *{SUFFIX} file (#SCENE) or a folder of these"
_GENERATED = {"room:": room_source, ROOM_URI: room_source, "house:": house_source, HOUSE_URI: house_source}


@dataclass(frozen=True)
class NamedScene:
    """A scene somebody named, which may turn out to be unusable."""

    address: str
    """Names it again."""
    source: Source | None
    """None when its files cannot be used."""
    problem: str = ""
    """Why not, in one line."""

    @property
    def origin(self) -> str:
        """`house`, `room`, `dataset` or `file`."""
        if self.source is None:
            return "dataset" if split_address(self.address) is not None else "file"
        if house_seed(self.source) is not None or room_seed(self.source) is not None:
            return "house" if room_seed(self.source) is None else "room"
        return "dataset" if is_dataset(self.source) else "file"


def named_scenes(address: str) -> list[NamedScene]:
    """The scenes that `address` names: one, all of a dataset, or all of a folder. Raises ConfigError when it names
    nothing that is there; what is there and broken is a scene with a problem."""
    for prefix, source_of in _GENERATED.items():
        if address.startswith(prefix):
            return [NamedScene(_short(prefix) + address.removeprefix(prefix), source_of(_seed(address, prefix)))]
    path = Path(address)
    if path.is_dir():
        return _of_folder(path)
    dataset = split_address(address)
    if not (_file_of(address) if dataset is None else dataset[0]).is_file():
        raise ConfigError(f"{address} is no scene: nothing is there; name {FORMS}")
    return [_checked(each) for each in (_of_dataset(*dataset) if dataset is not None else [address])]


def configured_scenes(config: SimConfig, seed: int) -> Iterator[NamedScene]:
    """The scenes of a recipe in the order in which a run renders them; what is missing or broken has its problem."""
    folders = folders_of(config)
    for count, prefix, source_of in ((config.rooms, "room:", room_source), (config.houses, "house:", house_source)):
        for number in range(seed * 1_000_000, seed * 1_000_000 + count):
            yield NamedScene(f"{prefix}{number}", source_of(number, folders))
    for scene in config.scenes:
        try:
            yield from named_scenes(scene)
        except ConfigError as error:
            yield NamedScene(scene, None, str(error))


def _file_of(address: str) -> Path:
    """The file of an address, without the options (`#up=z`) that may follow it."""
    name, _, options = address.rpartition("#")
    return Path(name if name and "=" in options else address)


def _of_folder(folder: Path) -> list[NamedScene]:
    """GLB and glTF files and scene datasets directly in the folder, by name."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES or path.name.endswith(SUFFIX))
    if not files:
        raise ConfigError(f"{folder} holds no .glb, .gltf or *{SUFFIX} file; name {FORMS}")
    return [found for path in files for found in named_scenes(str(path))]


def _of_dataset(config_path: Path, scene: str) -> list[str]:
    """The address of the scene, or of every scene of the dataset; a config that cannot be read stands for itself."""
    if scene:
        return [f"{config_path}#{scene}"]
    try:
        names = scene_names(Dataset(config_path))
    except ConfigError:
        names = []
    return [f"{config_path}#{name}" for name in names] or [str(config_path)]


def _checked(address: str) -> NamedScene:
    try:
        return NamedScene(address, file_sources(address)[0])
    except ConfigError as error:
        return NamedScene(address, None, str(error))


def _short(prefix: str) -> str:
    return {ROOM_URI: "room:", HOUSE_URI: "house:"}.get(prefix, prefix)


def _seed(address: str, prefix: str) -> int:
    seed = address.removeprefix(prefix)
    if not seed.isdecimal() or len(seed) > 18:
        raise ConfigError(f"{address} is no scene: {prefix} takes a whole number, got {seed!r}")
    return int(seed)
