"""Finds the videos of a folder and names them by their bytes.

--videos DIR ─▶ [video_sources] ─▶ [Source ...] ─▶ CurateStage.units

It looks at names only: a broken file with a video's name is a source, and ends in the ledger with its reason. A name
that is not UTF-8 is told with escapes (`bad\\xff.mp4`); the file is opened by the name it has.
"""

import os
import stat
from collections.abc import Iterator
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

    Raises ConfigError when there is nothing to read, or something that cannot be read.
    """
    base, files = video_files(videos)
    sources: dict[str, Source] = {}
    for path in files:
        source = video_source(path, base)
        sources.setdefault(source.sha256, source)
    return list(sources.values())


def video_files(videos: str) -> tuple[Path, list[Path]]:
    """The folder, and the videos at or below it in the order of their paths; none is opened. Raises ConfigError."""
    if not videos.strip():
        raise ConfigError("real.videos is empty, expected a folder or file. Give one: --videos DIR")
    root = Path(videos).expanduser()
    try:
        root.stat()
        base = root.parent if root.is_file() else root
        files = [root] if root.is_file() else sorted(_videos_below(root))
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(
            f"real.videos: there is no folder or file {videos!r}. Give an existing folder: --videos DIR"
        ) from None
    except OSError as error:
        raise _unreadable(Path(os.fsdecode(error.filename or root)), error) from None
    if not files:
        raise ConfigError(
            f"real.videos: no video below {videos!r} (names must end in {' '.join(sorted(EXTENSIONS))}). "
            "Give a folder that holds some: --videos DIR"
        )
    return base, files


def _videos_below(root: Path) -> Iterator[Path]:
    """The videos at any depth, in no order; links to folders are not followed. Raises OSError where a folder is closed.

    Hidden files are left out: `._film.mp4` is a file manager's note, not a film.
    """
    for folder, _, names in os.walk(root, onerror=_raise):
        for name in names:
            path = Path(folder, name)
            if path.suffix.lower() in EXTENSIONS and not name.startswith(".") and _is_file(path):
                yield path


def _is_file(path: Path) -> bool:
    """Raises OSError where that cannot be told; a link to nothing is no file."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False


def _raise(error: OSError) -> None:
    raise error


def _unreadable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"real.videos: cannot read {_said(path)!r} ({error.strerror}). Give yourself the right to read it, or move it "
        "out of the folder"
    )


def _said(name: str | Path) -> str:
    """The name as UTF-8 text; bytes of it that are none as `\\xff`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def video_source(path: Path, base: Path) -> Source:
    """One video, named by its path below `base` and by its bytes. Raises ConfigError where it cannot be read."""
    try:
        sha256 = sha256_file(path)
    except OSError as error:
        raise _unreadable(path, error) from None
    return Source(
        uri=_said(path.relative_to(base).as_posix()),
        sha256=sha256,
        split_group=f"{_said(path.stem)}-{sha256[:8]}",
        location=str(path.resolve()),
    )
