"""The raw inputs of simulation: rooms and houses to be generated, and scene files to be read.

SimConfig + seed ─▶ [simulation_sources] ─▶ list[Source] ─▶ SimulateStage
"""

from pathlib import Path

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.files import sha256_file
from video4spatial.pipeline.core.settings import fingerprint
from video4spatial.pipeline.core.unit import Source
from video4spatial.sim_scenes import houses, rooms
from video4spatial.sim_scenes.config import SimConfig
from video4spatial.sim_scenes.dataset_files import SUFFIX, dataset_sources, split_address
from video4spatial.sim_scenes.glb import check_glb

ROOM_URI = "procedural:room?seed="
HOUSE_URI = "procedural:house?seed="


def simulation_sources(config: SimConfig, seed: int) -> list[Source]:
    """Procedural rooms first, then houses, then the files of `config.scenes`.

    Raises ConfigError for a file that cannot be used.
    """
    sources = [room_source(seed * 1_000_000 + k) for k in range(config.rooms)]
    sources += [house_source(seed * 1_000_000 + k) for k in range(config.houses)]
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


def room_seed(source: Source) -> int | None:
    """The seed of a procedural room, None for anything else."""
    return int(source.uri.removeprefix(ROOM_URI)) if source.uri.startswith(ROOM_URI) else None


def house_seed(source: Source) -> int | None:
    """The seed of a procedural house, None for anything else."""
    return int(source.uri.removeprefix(HOUSE_URI)) if source.uri.startswith(HOUSE_URI) else None


def scene_name(source: Source) -> str:
    """What the scene is called in rows, folders and reports."""
    _, _, scene = source.uri.partition(f"{SUFFIX}#")
    return f"{scene}-{source.sha256[:8]}" if scene else source.split_group


def is_dataset(source: Source) -> bool:
    """Is it a scene of a Habitat scene dataset."""
    return f"{SUFFIX}#" in source.uri


def room_source(room: int) -> Source:
    """The procedural room of seed `room`."""
    identity = fingerprint({"generator": "room", "version": rooms.VERSION, "seed": room})
    return Source(uri=f"{ROOM_URI}{room}", sha256=identity, split_group=f"room-{room}")


def house_source(house: int) -> Source:
    """The procedural house of seed `house`."""
    identity = fingerprint({"generator": "house", "version": houses.VERSION, "seed": house})
    return Source(uri=f"{HOUSE_URI}{house}", sha256=identity, split_group=f"house-{house}")


def file_sources(scene: str) -> list[Source]:
    """A GLB is one scene; a dataset is the one that is named, or all of its scenes."""
    address = split_address(scene)
    return [_glb_source(Path(scene))] if address is None else dataset_sources(*address)


def _glb_source(path: Path) -> Source:
    check_glb(path)
    digest = sha256_file(path)
    return Source(uri=path.name, sha256=digest, split_group=f"{path.stem}-{digest[:8]}", location=str(path))
