"""Settings as a unit records them: a setting added later does not rename the units made before it.

SimConfig ─▶ [unit_settings] ─▶ Unit.settings ─▶ unit_id

A field added to an existing settings class is declared `name: int = field(default=0, metadata=ADDED)`, and its default
must give the bytes that were made before it existed. While it has that value it is left out of the unit's settings, so
that the unit keeps its id and its receipt.
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from video4spatial.pipeline.core.settings import to_plain

ADDED: Mapping[str, bool] = MappingProxyType({"added": True})
"""Metadata of a field that is left out of a unit's settings while it has its default."""


def unit_settings(settings: Any, exclude: tuple[str, ...] = ()) -> dict[str, Any]:
    """The JSON of a settings dataclass, without the fields that do not shape bytes (`exclude`, at the top alone) and,
    at any depth, without `ADDED` fields at their default."""
    kept = {field.name: getattr(settings, field.name) for field in _recorded(settings) if field.name not in exclude}
    return {name: _plain(value) for name, value in kept.items()}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return unit_settings(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return to_plain(value)


def _recorded(settings: Any) -> list[dataclasses.Field]:
    return [
        field
        for field in dataclasses.fields(settings)
        if not (field.metadata.get("added") and getattr(settings, field.name) == _default(field))
    ]


def _default(field: dataclasses.Field) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
