"""The base of every settings object: frozen, refusing unknown keys, turned into canonical JSON in one way.

A settings class is a frozen dataclass next to the code it steers. A recipe is a tree of them; `pipeline/commands`
validates YAML against that tree. Nothing here reads files.
"""

import dataclasses
import difflib
import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import PurePath
from typing import Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

from video4spatial.pipeline.core.errors import ConfigError


class Settings:
    """Inherit from this and decorate with `@dataclass(frozen=True, kw_only=True)`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": False}


def to_plain(value: Any) -> Any:
    """`value` as JSON knows it: dataclasses and mappings become dicts, tuples become lists, paths become strings."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, PurePath):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"cannot write {type(value).__name__} as JSON; convert it first")


def canonical_json(value: Any) -> bytes:
    """The one spelling of `value` in bytes: sorted keys, no spaces, no NaN. What gets hashed is always this."""
    return json.dumps(to_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def fingerprint(value: Any) -> str:
    """sha256 (64 hex digits) of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


T = TypeVar("T")


def from_plain(kind: type[T], plain: Any) -> T:
    """The settings of the class `kind` from what `to_plain` made of them; what is left out has its default.

    Raises ConfigError for an unknown key. Values are checked by the class itself, not for their types: recipes of users
    go through `pipeline/commands`.
    """
    if not isinstance(plain, Mapping):
        raise ConfigError(f"{kind.__name__} must be a group of settings, got {plain!r}")
    hints = get_type_hints(kind)
    names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for name in plain:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(sorted(names))}"
            raise ConfigError(f"{kind.__name__} has no setting {name!r}; {hint}")
    return kind(**{name: _revive(hints[name], value) for name, value in plain.items()})


def _revive(hint: Any, value: Any) -> Any:
    """`value` as the type `hint` wants it: nested settings and tuples; anything else as it is."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and isinstance(value, Mapping):
        return from_plain(hint, value)
    if get_origin(hint) is tuple and isinstance(value, list):
        inner = get_args(hint)
        kinds = [inner[0]] * len(value) if len(inner) == 2 and inner[1] is Ellipsis else inner
        return tuple(_revive(kind, item) for kind, item in zip(kinds, value, strict=True))
    if value is not None and (options := [option for option in get_args(hint) if dataclasses.is_dataclass(option)]):
        return _revive(options[0], value)
    return value
