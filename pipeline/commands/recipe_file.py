"""recipe.yaml and `--set key=value` ─▶ a Recipe, or one line that says which line is wrong, what was expected and got.

Unknown keys, wrong types and impossible combinations are refused before anything starts, with the nearest valid name.
"""

import dataclasses
import difflib
import itertools
import json
import types
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from video4spatial.pipeline.commands.yaml_text import Path as KeyPath
from video4spatial.pipeline.commands.yaml_text import dotted, parse_value, parse_yaml
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import to_plain
from video4spatial.pipeline.engine.recipe import Recipe

_UNKNOWN_KEY = ("unexpected_keyword_argument", "extra_forbidden")

_EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "string_type": "text (put it in quotes if it looks like a number)",
    "tuple_type": "a list",
    "list_type": "a list",
    "dataclass_type": "a group of keys",
    "dict_type": "a group of keys",
    "finite_number": "a finite number",
}


@dataclass(frozen=True, kw_only=True)
class LoadedRecipe:
    """A recipe and how it was told."""

    recipe: Recipe
    name: str
    """File name, for messages and reports."""
    text: str
    """The whole resolved recipe as YAML: every default and override written out."""


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> LoadedRecipe:
    """Reads and checks a recipe. Raises ConfigError with file, line, key, expected, got and the nearest valid name."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"cannot read the recipe {path}: {reason}; give the path of a .yaml file") from None
    return parse_recipe(text, path, overrides)


def parse_recipe(text: str, path: Path, overrides: Sequence[str] = ()) -> LoadedRecipe:
    """The recipe that `text` is; `path` names it in messages. Raises ConfigError like `load_recipe`."""
    value, lines = parse_yaml(text, str(path))
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: a recipe is a group of keys (name:, sim:, ...), got {_shown(value)}")
    overridden = {_apply(value, override) for override in overrides}
    recipe = _validate(value, str(path), lines, overridden)
    resolved = yaml.safe_dump(to_plain(recipe), sort_keys=False, allow_unicode=True)
    return LoadedRecipe(recipe=recipe, name=path.name, text=resolved)


def recipe_schema() -> dict[str, Any]:
    """JSON schema of a recipe, for editors."""
    return TypeAdapter(Recipe).json_schema()


def _validate(value: dict[str, Any], name: str, lines: dict[KeyPath, int], overridden: set[KeyPath]) -> Recipe:
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{name}: a value is neither text, number, true/false, list nor group: {error}") from None
    try:
        return TypeAdapter(Recipe).validate_json(text, strict=True)
    except ValidationError as error:
        # an unknown key first: what is then missing is often the key that was meant
        problem = min(error.errors(), key=lambda item: item["type"] not in _UNKNOWN_KEY)
        raise ConfigError(_explain(problem, name, lines, overridden)) from None


def _explain(problem: ErrorDetails, name: str, lines: dict[KeyPath, int], overridden: set[KeyPath]) -> str:
    path = tuple(problem["loc"])
    where = _place(path, name, lines, overridden)
    kind = problem["type"]
    if kind in _UNKNOWN_KEY:
        valid = _fields_at(path[:-1])
        near = difflib.get_close_matches(str(path[-1]), valid, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"valid keys here: {', '.join(valid)}"
        return f"{where}: unknown key {dotted(path)}; {hint}"
    if kind in ("missing", "missing_argument", "missing_keyword_only_argument"):
        return f"{where}: {dotted(path)} is missing; add it"
    if kind == "value_error":
        return f"{where}: {dotted(path)}: {problem.get('ctx', {}).get('error', problem['msg'])}"
    if kind == "literal_error":
        expected = str(problem.get("ctx", {}).get("expected", ""))
        near = difflib.get_close_matches(str(problem["input"]), expected.replace("'", "").split(" or "), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"{where}: {dotted(path)}: expected {expected}, got {_shown(problem['input'])}{hint}"
    expected = _EXPECTED.get(kind, problem["msg"][:1].lower() + problem["msg"][1:])
    return f"{where}: {dotted(path)}: expected {expected}, got {_shown(problem['input'])}"


def _place(path: KeyPath, name: str, lines: dict[KeyPath, int], overridden: set[KeyPath]) -> str:
    """`file:line` of the nearest enclosing key, or `--set` when the value came from there."""
    for length in range(len(path), -1, -1):
        if any(wrote[:length] == path[:length] for wrote in overridden) and path[:length]:
            return "--set"
        if path[:length] in lines:
            return f"{name}:{lines[path[:length]]}"
    return name


def _fields_at(path: KeyPath) -> list[str]:
    """Names of the settings class that stands at `path`."""
    current: Any = Recipe
    for part in path:
        if isinstance(part, int):
            current = next(iter(typing.get_args(current)), None)
        elif dataclasses.is_dataclass(current):
            current = _without_none(typing.get_type_hints(current).get(part))
    return [field.name for field in dataclasses.fields(current)] if dataclasses.is_dataclass(current) else []


def _without_none(hint: Any) -> Any:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return next(item for item in typing.get_args(hint) if item is not type(None))
    return hint


def _apply(value: dict[str, Any], override: str) -> KeyPath:
    """Writes `a.b[0].c=v` into the tree; groups that are missing on the way are made. Returns the path it wrote."""
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set {override}: expected key=value, for example --set train.steps=100")
    path = _parse_key(key.strip(), override)
    current: Any = value
    for part, following in itertools.pairwise(path):
        if isinstance(part, int):
            if not isinstance(current, list) or part >= len(current):
                raise ConfigError(f"--set {override}: {key} names item {part} of a list that does not have it")
            current = current[part]
        elif not isinstance(current, dict):
            raise ConfigError(f"--set {override}: {part!r} is a name, but the list it names into takes numbers: [0]")
        else:
            if current.get(part) is None:
                current[part] = [] if isinstance(following, int) else {}
            current = current[part]
        if not isinstance(current, (dict, list)):
            raise ConfigError(f"--set {override}: {part} is a value, not a group of keys")
    last = path[-1]
    if isinstance(current, list):
        if not isinstance(last, int) or last >= len(current):
            raise ConfigError(f"--set {override}: {key} names item {last} of a list that does not have it")
        current[last] = parse_value(text)
    else:
        current[str(last)] = parse_value(text)
    return path


def _parse_key(key: str, override: str) -> KeyPath:
    parts: list[str | int] = []
    for piece in key.split("."):
        name, *indices = piece.split("[")
        if not name or any(not index.endswith("]") or not index[:-1].isdigit() for index in indices):
            raise ConfigError(f"--set {override}: {key!r} is not a key; write it like sim.views[0].frames")
        parts.append(name)
        parts.extend(int(index[:-1]) for index in indices)
    return tuple(parts)


def _shown(value: Any) -> str:
    kind = {str: "text", bool: "true/false", int: "a number", float: "a number", list: "a list", dict: "a group"}
    text = json.dumps(value) if not isinstance(value, str) else repr(value)
    return f"{text[:60]} ({kind.get(type(value), 'nothing' if value is None else type(value).__name__)})"
