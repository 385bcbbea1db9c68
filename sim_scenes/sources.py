"""The raw inputs of simulation: rooms and houses to be generated, and scene files to be read.

SimConfig + seed ─▶ [simulation_sources] ─▶ list[Source] ─▶ SimulateStage
"""

import json
import logging
from pathlib import Path
from typing import Any

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import fingerprint
from video4spatial.pipeline.core.unit import Source
from video4spatial.sim_scenes import houses, rooms
from video4spatial.sim_scenes.assets.catalogue import summary
from video4spatial.sim_scenes.assets.library import Library, SourceFolders, open_library
from video4spatial.sim_scenes.config import SimConfig
from video4spatial.sim_scenes.dataset_files import SUFFIX, dataset_sources, split_address
from video4spatial.sim_scenes.scene_files import file_source

ROOM_URI = "procedural:room?seed="
HOUSE_URI = "procedural:house?seed="
NO_FOLDERS = SourceFolders()

logger = logging.getLogger(__name__)


def simulation_sources(config: SimConfig, seed: int) -> list[Source]:
    """Procedural rooms first, then houses, then the files of `config.scenes`.

    Raises ConfigError for a file that cannot be used.
    """
    folders = folders_of(config)
    if folders and config.rooms + config.houses > 0:
        logger.log(*_told(open_library(folders)))
    sources = [room_source(seed * 1_000_000 + k, folders) for k in range(config.rooms)]
    sources += [house_source(seed * 1_000_000 + k, folders) for k in range(config.houses)]
    for scene in config.scenes:
        sources += file_sources(scene)
    if not sources:
        raise ConfigError(
            "simulation has nothing to render: set simulation.rooms above 0, set simulation.houses above 0 or name "
            "files in simulation.scenes"
        )
    taken: dict[str, str] = {}
    for source in sources:
        if source.sha256 in taken:
            raise ConfigError(f"simulation.scenes names the same scene twice: {taken[source.sha256]} and {source.uri}")
        taken[source.sha256] = source.uri
    return sources


def folders_of(config: SimConfig) -> SourceFolders:
    """The folders of the user's things that a recipe names."""
    return SourceFolders(_absolute(config.object_folders()), _absolute(config.texture_folders()))


def room_seed(source: Source) -> int | None:
    """The seed of a procedural room, None for anything else."""
    return _seed(source, ROOM_URI)


def house_seed(source: Source) -> int | None:
    """The seed of a procedural house, None for anything else."""
    return _seed(source, HOUSE_URI)


def _seed(source: Source, uri: str) -> int | None:
    return int(source.uri.removeprefix(uri).split("&")[0]) if source.uri.startswith(uri) else None


def asset_folders(source: Source) -> SourceFolders:
    """The folders of the user's things that a room or house is furnished from."""
    if not source.location.startswith("{"):
        return SourceFolders()
    found = json.loads(source.location)
    return SourceFolders(tuple(found["objects"]), tuple(found["textures"]))


def scene_name(source: Source) -> str:
    """What the scene is called in rows, folders and reports."""
    _, _, scene = source.uri.partition(f"{SUFFIX}#")
    if scene or asset_folders(source):
        return f"{scene or source.split_group}-{source.sha256[:8]}"
    return source.split_group


def is_dataset(source: Source) -> bool:
    """Is it a scene of a Habitat scene dataset."""
    return f"{SUFFIX}#" in source.uri


def is_read(source: Source) -> bool:
    """Is it read from files, not generated."""
    return room_seed(source) is None and house_seed(source) is None


def room_source(room: int, folders: SourceFolders = NO_FOLDERS) -> Source:
    """The procedural room of seed `room`, furnished from `folders` too."""
    return _generated("room", rooms.VERSION, room, folders)


def house_source(house: int, folders: SourceFolders = NO_FOLDERS) -> Source:
    """The procedural house of seed `house`, furnished from `folders` too."""
    return _generated("house", houses.VERSION, house, folders)


def _generated(kind: str, version: int, seed: int, folders: SourceFolders) -> Source:
    """The identity holds the bytes of the files that may be used; the split group does not: the plan is the same."""
    identity: dict[str, Any] = {"generator": kind, "version": version, "seed": seed}
    uri, location = f"procedural:{kind}?seed={seed}", ""
    if folders:
        digests = open_library(folders).catalogue.digests
        identity["assets"] = digests
        uri += "".join(f"&{name}={digest[:16]}" for name, digest in sorted(digests.items()))
        location = json.dumps({"objects": folders.objects, "textures": folders.textures})
    return Source(uri=uri, sha256=fingerprint(identity), split_group=f"{kind}-{seed}", location=location)


def _absolute(folders: tuple[str, ...]) -> tuple[str, ...]:
    """Workers may stand in another folder."""
    return tuple(str(Path(folder).expanduser().absolute()) for folder in folders)


def _told(library: Library) -> tuple[int, str]:
    """What there is to say of the user's files, and how loudly."""
    return (logging.WARNING if library.catalogue.left_out else logging.INFO), summary(library.catalogue)


def file_sources(scene: str) -> list[Source]:
    """A GLB or glTF file is one scene; a dataset is the one that is named, or all of its scenes."""
    address = split_address(scene)
    return [file_source(scene)] if address is None else dataset_sources(*address)
