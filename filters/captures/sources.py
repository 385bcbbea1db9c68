"""Finds the captures of folders and patterns, and names each by the bytes of the files it uses.

--captures DIR ─▶ [capture_sources] ─▶ [Source ...] ─▶ CaptureStage.units

A capture that is broken is a source all the same, and ends in the ledger with its reason; its id then comes from its
index files, so that a repaired one is another source.
"""

import glob
import os
from collections.abc import Iterator
from pathlib import Path

from video4spatial.filters.captures.capture import ReadOptions
from video4spatial.filters.captures.formats import FORMATS, Format, format_of
from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.pipeline.core.files import sha256_file
from video4spatial.pipeline.core.settings import fingerprint
from video4spatial.pipeline.core.unit import Source

_INDEX_SUFFIXES = frozenset({".txt", ".json", ".bin", ".log", ".traj", ".pincam"})


def capture_sources(captures: tuple[str, ...], options: ReadOptions) -> list[Source]:
    """The captures at or below each folder, file or pattern, in the order of their paths; equal ones count once.

    Raises ConfigError where a pattern names nothing or holds no capture.
    """
    sources: dict[str, Source] = {}
    for pattern in captures:
        for path, found, uri in _captures_of(pattern):
            source = _source(path, found, uri, options)
            sources.setdefault(source.sha256, source)
    return list(sources.values())


def _captures_of(pattern: str) -> list[tuple[Path, Format, str]]:
    """(path, format, name) of the captures that one entry of `real.captures` names."""
    if not pattern.strip():
        raise ConfigError("real.captures has an empty entry, expected a folder or a pattern: --captures DIR")
    expanded = os.path.expanduser(pattern)
    roots = [Path(expanded)] if Path(expanded).exists() else [Path(name) for name in sorted(glob.glob(expanded))]
    if not roots:
        raise ConfigError(
            f"real.captures: there is no folder or file {pattern!r}. Give an existing one: --captures DIR"
        )
    found = [entry for root in roots for entry in _below(root)]
    if not found:
        looked = "; ".join(f"{each.name}: {each.looks_for}" for each in FORMATS)
        raise ConfigError(f"real.captures: no posed capture at or below {pattern!r}. Looked for {looked}")
    return found


def _below(root: Path) -> list[tuple[Path, Format, str]]:
    here = format_of(root)
    if here is not None:
        return [(root, here, root.resolve().name)]
    return [(path, found, path.relative_to(root).as_posix()) for path, found in _walk(root)] if root.is_dir() else []


def _walk(folder: Path) -> Iterator[tuple[Path, Format]]:
    """Captures below a folder; what lies inside a capture is part of it, and hidden folders are left out."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise ConfigError(f"real.captures: cannot read {folder.name!r} ({error.strerror})") from None
    for path in entries:
        if path.name.startswith("."):
            continue
        try:
            found = format_of(path) if path.is_dir() or path.suffix == ".txt" else None
        except OSError as error:
            raise ConfigError(f"real.captures: cannot read {path.name!r} ({error.strerror})") from None
        if found is not None:
            yield path, found
        elif path.is_dir() and not path.is_symlink():
            yield from _walk(path)


def _source(path: Path, found: Format, uri: str, options: ReadOptions) -> Source:
    scene = ""
    try:
        capture = found.read(path, options)
        root, names, scene = capture.root, capture.files, capture.scene
    except SourceError:
        root = path.parent if path.is_file() else path
        names = tuple(sorted(_index_files(path)))
    sha256 = fingerprint({"format": found.name, "files": [[name, _digest(root / name)] for name in names]})
    return Source(
        uri=uri,
        sha256=sha256,
        split_group=scene or f"{Path(uri).stem}-{sha256[:8]}",
        location=str(path.resolve()),
    )


def _index_files(path: Path) -> Iterator[str]:
    if path.is_file():
        yield path.name
        return
    for folder, _, names in os.walk(path):
        for name in names:
            if Path(name).suffix.lower() in _INDEX_SUFFIXES:
                yield (Path(folder) / name).relative_to(path).as_posix()


def _digest(path: Path) -> str:
    """The file's sha256; of one that is not there: a word that no file has."""
    try:
        return sha256_file(path)
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        raise ConfigError(
            f"real.captures: cannot read {path.name!r} ({error.strerror}). Give yourself the right to read it, or move "
            "the capture out of the folder"
        ) from None
