"""A scene file as a raw input: its address, its axes and units, what makes its identity.

`house.glb#up=z&scale=0.01` ─▶ [file_source] ─▶ Source ... (worker) [unchanged_file] ─▶ load_glb
"""

from pathlib import Path

from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.pipeline.core.files import sha256_file
from video4spatial.pipeline.core.settings import fingerprint
from video4spatial.pipeline.core.unit import Source
from video4spatial.sim_scenes.glb import UPS, Axes
from video4spatial.sim_scenes.gltf_file import check_glb, files_of


def file_source(address: str) -> Source:
    """Raises ConfigError, in one line, for an address or a file that cannot be used."""
    path, axes = split_options(address)
    options = f"#{address.rpartition('#')[2]}" if str(path) != address else ""
    digest = _digest(path, axes)
    return Source(
        uri=path.name + options, sha256=digest, split_group=f"{path.stem}-{digest[:8]}", location=str(path) + options
    )


def unchanged_file(source: Source) -> tuple[Path, Axes]:
    """The scene's file, if it still is the one that was planned: its hash names the data."""
    path, axes = split_options(source.location)
    try:
        gone = not path.is_file()
        digest = "" if gone else _digest(path, axes)
    except (ConfigError, OSError) as error:
        raise SourceError(str(error), reason="unreadable_scene") from None
    if gone:
        raise SourceError(f"{source.uri} is gone since the run was planned", reason="unreadable_scene")
    if digest != source.sha256:
        raise SourceError(f"{source.uri} has changed since the run was planned; start the run again", reason="changed")
    return path, axes


def states_up(source: Source) -> bool:
    """Does its address say which way is up."""
    return "up=" in source.location.rpartition("#")[2]


def split_options(address: str) -> tuple[Path, Axes]:
    """The file, and how its axes and units become ours."""
    name, sign, options = address.rpartition("#")
    if not sign or "=" not in options:
        return Path(address), Axes()
    up, scale = "y", 1.0
    for option in options.split("&"):
        key, _, value = option.partition("=")
        if key == "up" and value in UPS:
            up = value
        elif key == "scale" and _is_scale(value):
            scale = float(value)
        else:
            raise ConfigError(
                f"{address}: {option!r} is no option of a scene; write #up=z (of {', '.join(UPS)}), #scale=0.01 or "
                "both with & between them"
            )
    return Path(name), Axes(up, scale)


def _digest(path: Path, axes: Axes) -> str:
    """sha256 of the file; of all its files and options where there are more."""
    files = files_of(path, check_glb(path))
    if len(files) == 1 and axes == Axes():
        return sha256_file(path)
    named = {file.relative_to(path.parent).as_posix(): sha256_file(file) for file in files}
    return fingerprint({"kind": "scene files", "files": named, "up": axes.up, "scale": axes.scale})


def _is_scale(value: str) -> bool:
    try:
        return 1e-6 <= float(value) <= 1e6
    except ValueError:
        return False
