"""The base of every settings object: frozen, refusing unknown keys, turned into canonical JSON in one way.

A settings class is a frozen dataclass next to the code it steers. A recipe is a tree of them; `pipeline/commands`
validates YAML against that tree. Nothing here reads files.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import PurePath
from typing import Any, ClassVar


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
