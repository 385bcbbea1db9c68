"""What the user says about a file, beside it: YAML or JSON that overrides what its name and shape tell.

folder/objects.yaml, textures.yaml, NAME.yaml, NAME.json ─▶ [read_notes] ─▶ ObjectNote | TextureNote by file

A note that names no file, or a word that is no setting, is a ConfigError: a typo must not go unseen.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import yaml

from video4spatial.pipeline.core.errors import ConfigError

Use = Literal["floor", "wall", "ceiling", "fabric", "wood", "tiles", "wall tiles"]
AXES = {"x": (1, 0, 0), "-x": (-1, 0, 0), "y": (0, 1, 0), "-y": (0, -1, 0), "z": (0, 0, 1), "-z": (0, 0, -1)}
STANDS = ("floor", "table", "wall", "ceiling", "bed")
SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, kw_only=True)
class ObjectNote:
    """What is said of one object."""

    category: str = ""
    """In place of what its name tells: `sofa`, or any other word for a thing to be added to rooms."""
    words: tuple[str, ...] = ()
    """How people would say it, best first: `green velvet sofa`."""
    up: str = ""
    """The file's axis that points up: x, y, z, -x, -y or -z."""
    front: str = ""
    """The file's axis that its front looks along."""
    scale: float = 0.0
    """Metres for one unit of the file; 0: as the file has it, unless a clear unit error shows."""
    stands: str = ""
    """floor, table, wall, ceiling or bed."""
    skip: bool = False
    """Leave it out."""

    def check(self, where: str) -> None:
        for name in ("up", "front"):
            value = getattr(self, name)
            if value and value not in AXES:
                raise ConfigError(f"{where}: {name} must be one of {', '.join(AXES)}, got {value!r}")
        if self.stands and self.stands not in STANDS:
            raise ConfigError(f"{where}: stands must be one of {', '.join(STANDS)}, got {self.stands!r}")
        if self.category and not all(letter.isalnum() or letter in " -" for letter in self.category):
            raise ConfigError(f"{where}: category is made of letters, digits and spaces, got {self.category!r}")
        if not 0 <= self.scale < 1e6:
            raise ConfigError(f"{where}: scale must be above 0, got {self.scale}")
        if self.up and self.front and self.up.strip("-") == self.front.strip("-"):
            raise ConfigError(f"{where}: up and front must be two axes, got {self.up} and {self.front}")


@dataclass(frozen=True, kw_only=True)
class TextureNote:
    """What is said of one texture."""

    use: tuple[str, ...] = ()
    """Where it may be: floor, wall, ceiling, fabric, wood, tiles (floors that get wet), wall tiles."""
    metres: float = 0.0
    """Of one repeat along its width; 0: the default of its kind."""
    word: str = ""
    """Colour or material word of things covered with it: `blue`, `oak`."""
    skip: bool = False
    """Leave it out."""

    def check(self, where: str) -> None:
        for use in self.use:
            if use not in get_args(Use):
                raise ConfigError(f"{where}: use must be of {', '.join(get_args(Use))}, got {use!r}")
        if not 0 <= self.metres <= 100:
            raise ConfigError(f"{where}: metres must lie above 0 and at most 100, got {self.metres}")


Note = TypeVar("Note", ObjectNote, TextureNote)


def read_notes(folder: Path, files: list[str], together: str, note: type[Note]) -> tuple[dict[str, Note], list[str]]:
    """The notes of `files` (paths relative to the folder), and the files they stand in.

    `together` ("objects") names the file of all: `objects.yaml`. A file of its own, `sofa.yaml` beside `sofa.glb` (or
    `sofa.glb.yaml`), wins over it. Raises ConfigError, in one line, for what cannot be meant.
    """
    notes: dict[str, Note] = {}
    used: list[str] = []
    for suffix in SUFFIXES:
        path = folder / f"{together}{suffix}"
        if path.is_file():
            used.append(path.name)
            for name, value in _mapping(path).items():
                notes[_named_file(path, str(name), files)] = _note(f"{path.name}: {name}", value, note)
    for name in files:
        beside = folder / name
        for path in (beside.with_name(stem + suffix) for stem in (beside.stem, beside.name) for suffix in SUFFIXES):
            if path.is_file() and path.stem != together:
                said = _mapping(path)
                if not said.keys() & {field.name for field in fields(note)}:
                    continue  # a file about something else: models often come with a JSON of their origin
                used.append(path.relative_to(folder).as_posix())
                notes[name] = _note(path.name, said, note)
    return notes, sorted(set(used))


def _named_file(path: Path, name: str, files: list[str]) -> str:
    for file in files:
        if name in (file, Path(file).name, Path(file).stem, file.rpartition(".")[0]):
            return file
    near = difflib.get_close_matches(name, files, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ConfigError(f"{path.name} names {name}, which is not in {path.parent}{hint}")


def _mapping(path: Path) -> Mapping[str, Any]:
    try:
        value = yaml.safe_load(path.read_text())  # JSON is YAML
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = "" if line is None else f", line {line + 1}"
        raise ConfigError(f"{path} is not YAML{where}: {getattr(error, 'problem', error)}") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(f"{path} must hold names with settings, got {type(value).__name__}")
    return value


def _note(where: str, value: Any, note: type[Note]) -> Note:
    if not isinstance(value, dict):
        raise ConfigError(f"{where} must be settings like {{category: sofa}}, got {value!r:.60}")
    known = {field.name: field.default for field in fields(note)}
    made: dict[str, Any] = {}
    for name, given in value.items():
        if name not in known:
            near = difflib.get_close_matches(str(name), list(known), 1) or list(known)
            raise ConfigError(f"{where}: there is no setting {name!r}; did you mean {near[0]}?")
        made[name] = _like(f"{where}: {name}", given, known[name])
    result = note(**made)
    result.check(where)
    return result


def _like(where: str, given: Any, default: Any) -> Any:
    """`given` in the type of `default`."""
    if isinstance(default, tuple):
        items = given if isinstance(given, list) else [given]
        if all(isinstance(item, str) for item in items):
            return tuple(items)
    elif isinstance(default, bool):
        if isinstance(given, bool):
            return given
    elif isinstance(default, float):
        if isinstance(given, (int, float)) and not isinstance(given, bool):
            return float(given)
    elif isinstance(given, (str, bool, int)):
        # YAML 1.1 reads a bare `y` as a string and `on` as true; an axis is one letter
        return str(given).lower() if where.endswith((": up", ": front", ": stands")) else str(given)
    raise ConfigError(f"{where} must be of the kind of {default!r}, got {given!r:.60}")
