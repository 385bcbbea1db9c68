"""Finds the videos of a folder and names them by their bytes.

--videos DIR ─▶ [video_sources] ─▶ [Source ...] ─▶ CurateStage.units

It looks at names only: a broken file with a video's name is a source, and ends in the ledger with its reason.
"""

from pathlib import Path

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.files import sha256_file
from video4spatial.pipeline.core.unit import Source

EXTENSIONS = frozenset(
    [
        ".3gp",
        ".asf",
        ".avi",
        ".f4v",
        ".flv",
        ".m2ts",
        ".m4v",
        ".mjpeg",
        ".mjpg",
        ".mkv",
        ".mov",
        ".mp4",
        ".mpeg",
        ".mpg",
        ".mts",
        ".mxf",
        ".ogv",
        ".ts",
        ".webm",
        ".wmv",
        ".y4m",
    ]
)


def video_sources(videos: str) -> list[Source]:
    """The videos below a folder (or one file) in the order of their relative paths; equal bytes count once.

    Raises ConfigError when there is nothing to read.
    """
    root = Path(videos).expanduser()
    if not root.exists():
        raise ConfigError(f"real.videos: there is no folder or file {videos!r}. Give an existing folder: --videos DIR")
    base = root.parent if root.is_file() else root
    files = [root] if root.is_file() else sorted(path for path in root.rglob("*") if _is_video(path))
    if not files:
        raise ConfigError(
            f"real.videos: no video below {videos!r} (names must end in {' '.join(sorted(EXTENSIONS))}). "
            "Give a folder that holds some: --videos DIR"
        )
    sources: dict[str, Source] = {}
    for path in files:
        source = _source(path, base)
        sources.setdefault(source.sha256, source)
    return list(sources.values())


def _is_video(path: Path) -> bool:
    """Hidden files are left out: `._film.mp4` is a file manager's note, not a film."""
    return path.suffix.lower() in EXTENSIONS and not path.name.startswith(".") and path.is_file()


def _source(path: Path, base: Path) -> Source:
    try:
        sha256 = sha256_file(path)
    except OSError as error:
        raise ConfigError(f"real.videos: cannot read {path.name!r} ({error.strerror}). Check its permissions") from None
    return Source(
        uri=path.relative_to(base).as_posix(),
        sha256=sha256,
        split_group=f"{path.stem}-{sha256[:8]}",
        location=str(path.resolve()),
    )
