"""A scene dataset config as habitat-sim reads it: which templates there are, what they inherit, which one a name means.

*.scene_dataset_config.json ─▶ [Dataset.find] ─▶ Template ─▶ habitat_scene.py

Of each kind ("stages", "objects", ...): `default_attributes` hold for all, `paths` list folders, files and globs by
extension (".json", or ".glb" for assets without a config), `configs` add changed copies. A name means the template of
this name, else, as in Habitat, the first in order whose path contains it. Paths stay in the dataset's folder.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import ConfigError

NAME_TAG = "%%CONFIG_NAME_AS_ASSET_FILENAME%%"
"""In a default: the name of the template that inherits it."""
CONFIG_SUFFIXES = {
    "stages": ".stage_config.json",
    "objects": ".object_config.json",
    "articulated_objects": ".ao_config.json",
    "light_setups": ".lighting_config.json",
    "scene_instances": ".scene_instance.json",
    "semantic_scene_descriptor_instances": ".semantic_config.json",
}
_RESERVED = ("default_attributes", "paths", "configs")


@dataclass(frozen=True, eq=False)
class Template:
    """One template with all it inherits."""

    name: str
    """`stages/flat.stage_config.json` is `flat`, `00800/TEE.basis.glb` is `TEE`."""
    values: Mapping[str, Any]
    folder: Path
    """Its paths are relative to this."""
    files: tuple[Path, ...]
    """The JSON files it was read from."""
    asset: Path | None = None
    """The file itself, where a `.glb` stands in the dataset without a config."""
    has_defaults: bool = False
    """Does its kind have default attributes, be they empty."""


@dataclass(frozen=True, eq=False)
class _Entry:
    handle: str
    path: Path | None = None
    """A config or an asset."""
    change: Mapping[str, Any] | None = None
    """An entry of `configs`."""


class Dataset:
    """A dataset config and what it lists; folders are looked through once."""

    def __init__(self, config_path: Path) -> None:
        self.path, self.folder = config_path, config_path.parent
        self.config = read_json(config_path)
        self._entries: dict[str, dict[str, _Entry]] = {}
        self._by_name: dict[str, dict[str, str]] = {}

    def names(self, kind: str) -> list[str]:
        return sorted({template_name(handle) for handle in self._listed(kind)})

    def lists(self, kind: str) -> bool:
        """Does the config name places to look for this kind."""
        return any(self._cell(kind).get("paths", {}).values())

    def has(self, kind: str, name: str) -> bool:
        return self._handle_of(kind, name) is not None

    def find(self, kind: str, name: str) -> Template:
        """Raises ConfigError that lists those there are."""
        handle = self._handle_of(kind, name)
        if handle is None:
            known = ", ".join(self.names(kind)[:8]) or "none"
            raise ConfigError(f"{kind} of {self.path.name} have no {name!r}; there are: {known}")
        return self._template(kind, self._listed(kind)[handle])

    def mapped(self, kind: str, name: str) -> Path | None:
        """The file that `"name": "path"` in the kind's cell names (navmeshes, semantic descriptors); None without."""
        value = self._cell(kind).get(name)
        if name in _RESERVED or not isinstance(value, str) or not value:
            return None
        return self.inside(self.folder, value, f"{kind} of {self.path.name}")

    def inside(self, folder: Path, name: str, owner: str) -> Path:
        """A path of a config. Raises ConfigError when it leaves the dataset's folder."""
        path, root = os.path.abspath(folder / name), os.path.abspath(self.folder)
        if "\0" in name or not (path == root or path.startswith(root + os.sep)):
            what = "absolute path" if os.path.isabs(name) else "path"
            raise ConfigError(
                f"{owner} names the {what} {name:.80}, which is outside the dataset's folder; copy or link it into it"
            )
        return Path(os.path.normpath(folder / name))

    def _cell(self, kind: str) -> Mapping[str, Any]:
        cell = self.config.get(kind, {})
        paths = cell.get("paths", {}) if isinstance(cell, dict) else None
        if not isinstance(paths, dict) or not all(_is_strings(places) for places in paths.values()):
            raise ConfigError(f'{self.path.name}: {kind} must read {{"paths": {{".json": [...]}}}}')
        if not isinstance(cell.get("default_attributes", {}), dict) or not isinstance(cell.get("configs", []), list):
            raise ConfigError(f"{self.path.name}: {kind} needs an object of default_attributes and a list of configs")
        return cell

    def _listed(self, kind: str) -> dict[str, _Entry]:
        if kind not in self._entries:
            entries = {entry.handle: entry for entry in self._search(kind)}
            for change in self._cell(kind).get("configs", []):
                if not isinstance(change, dict) or not isinstance(change.get("attributes"), dict):
                    continue  # Habitat leaves such entries out
                original, handle = change.get("original_file"), change.get("template_handle")
                handle = handle or (isinstance(original, str) and _match(entries, {}, original)) or None
                if isinstance(handle, str):
                    entries[handle] = _Entry(handle, change=change)
            self._entries[kind] = entries
            self._by_name[kind] = {template_name(handle): handle for handle in sorted(entries, reverse=True)}
        return self._entries[kind]

    def _handle_of(self, kind: str, name: str) -> str | None:
        return _match(self._listed(kind), self._by_name[kind], name)

    def _search(self, kind: str) -> Iterator[_Entry]:
        suffix = CONFIG_SUFFIXES[kind]
        for extension, places in self._cell(kind).get("paths", {}).items():
            ending = suffix if extension == ".json" else extension
            for place in places:
                pattern = self.inside(self.folder, place, f"{kind} of {self.path.name}")
                for found in _matching(self.folder, Path(os.path.relpath(pattern, self.folder)), ending):
                    config = _config_beside(found, suffix)
                    path = config if config is not None else found
                    yield _Entry(Path(os.path.relpath(path, self.folder)).as_posix(), path=path)

    def _template(self, kind: str, entry: _Entry) -> Template:
        defaults = self._cell(kind).get("default_attributes", {})
        has_defaults = "default_attributes" in self._cell(kind)
        name = template_name(entry.handle)
        if entry.change is not None:
            return self._changed(kind, name, entry.change, has_defaults)
        assert entry.path is not None
        folder = entry.path.parent
        values = {key: self._inherited(kind, value, name, folder) for key, value in defaults.items()}
        if entry.path.suffix != ".json":
            return Template(name, values, folder, (), entry.path, has_defaults)
        values = _merged(values, read_json(entry.path))
        return Template(name, values, folder, (entry.path,), None, has_defaults)

    def _changed(self, kind: str, name: str, change: Mapping[str, Any], has_defaults: bool) -> Template:
        """A changed copy of a template, or one that stands in the dataset's config alone."""
        original = change.get("original_file")
        if isinstance(original, str):
            files = {entry.handle: entry for entry in self._search(kind)}
            handle = _match(files, {}, original)
            if handle is None:
                raise ConfigError(f"{self.path.name}: {kind} has no {original!r} to make {name!r} from")
            base = self._template(kind, files[handle])
            return Template(name, _merged(base.values, change["attributes"]), base.folder, base.files, base.asset)
        defaults = self._cell(kind).get("default_attributes", {})
        values = {key: self._inherited(kind, value, name, self.folder) for key, value in defaults.items()}
        return Template(name, _merged(values, change["attributes"]), self.folder, (), None, has_defaults)

    def _inherited(self, kind: str, value: Any, name: str, folder: Path) -> Any:
        """A default with the template's name put in; empty where it is the path of a file that is not there."""
        if not isinstance(value, str) or NAME_TAG not in value:
            return value
        made = value.replace(NAME_TAG, name)
        return made if kind == "scene_instances" or (folder / made).exists() else ""


def template_name(handle: str | Path) -> str:
    """What people call a template: no folders, no suffixes."""
    name = str(handle).rsplit("/", 1)[-1]
    for suffix in (*CONFIG_SUFFIXES.values(), ".glb", ".gltf", ".urdf", ".json"):
        if name.endswith(suffix) and name != suffix:
            return name.removesuffix(suffix).removesuffix(".basis")
    return name


def upright_from_asset(config: Mapping[str, Any]) -> NDArray[np.float64]:
    """(3, 3) from the asset's axes to y up, -z front; no turn where its up and front are not at right angles."""
    up = np.asarray(config.get("up", [0, 1, 0]), dtype=float)
    front = np.asarray(config.get("front", [0, 0, -1]), dtype=float)
    if abs(float(up @ front)) > 1e-6:
        return np.eye(3)
    up, front = up / np.linalg.norm(up), front / np.linalg.norm(front)
    return np.stack([np.cross(front, up), up, -front])


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises ConfigError in one line."""
    try:
        value = json.loads(path.read_text())
    except OSError as error:
        raise ConfigError(f"cannot read {path.name}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        why = "nested too deep" if isinstance(error, RecursionError) else error
        raise ConfigError(f"{path.name} is not JSON: {why}") from None
    if not isinstance(value, dict):
        raise ConfigError(f"{path.name} must hold a JSON object, got {type(value).__name__}")
    return value


def _match(entries: Mapping[str, _Entry], by_name: Mapping[str, str], name: str) -> str | None:
    """The handle that `name` means."""
    if name in entries:
        return name
    if "/" not in name and template_name(name) in by_name:
        return by_name[template_name(name)]
    wanted = name.lower()
    ends = [handle for handle in entries if _stem_path(handle) == _stem_path(name)]
    return min(ends or [handle for handle in entries if wanted and wanted in handle.lower()], default=None)


def _stem_path(handle: str) -> str:
    folder, slash, last = handle.rpartition("/")
    return f"{folder}{slash}{template_name(last)}".lower()


def _matching(root: Path, pattern: Path, ending: str) -> Iterator[Path]:
    """The files with this ending that a folder, a file or a glob below `root` means."""
    whole = root / pattern
    if whole.is_dir():
        found = [whole]
    elif any(letter in str(pattern) for letter in "*?["):
        found = sorted(root.glob(str(pattern)))
    else:
        found = [whole if whole.name.endswith(ending) else whole.with_name(whole.name + ending)]
    for place in found:
        if place.is_dir():
            yield from sorted(path for path in place.iterdir() if path.name.endswith(ending))
        elif place.name.endswith(ending) and place.is_file():
            yield place


def _config_beside(path: Path, suffix: str) -> Path | None:
    """The config that an asset has beside it."""
    if path.suffix == ".json":
        return None
    beside = (path.with_name(path.stem + suffix), path.with_name(template_name(path.name) + suffix))
    return next((config for config in beside if config.is_file()), None)


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` before `base`; lights and user data by their keys."""
    merged = {**base, **over}
    for key in ("lights", "user_defined"):
        if isinstance(base.get(key), dict) and isinstance(over.get(key), dict):
            merged[key] = {**base[key], **over[key]}
    return merged


def _is_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) and entry for entry in value)
