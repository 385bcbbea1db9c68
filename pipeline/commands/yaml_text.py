"""YAML as recipes use it: YAML 1.2 numbers and booleans, no duplicate keys, and the line of every value.

PyYAML alone reads YAML 1.1, where `1e-3` is text and `no` is false; both bite in recipes.
"""

import re
from typing import Any

import yaml

from video4spatial.pipeline.core.errors import ConfigError

Path = tuple[str | int, ...]


MAX_DEPTH = 20
"""Deepest nesting of a recipe; an alias that holds itself has no end."""


class _Loader(yaml.SafeLoader):
    """SafeLoader with the YAML 1.2 core schema for floats and booleans."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, regexp) for tag, regexp in resolvers if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:float")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$"
    ),
    list("-+0123456789."),
)


def parse_yaml(text: str, name: str) -> tuple[Any, dict[Path, int]]:
    """The value of a YAML text and the line (from 1) of every path in it. Raises ConfigError with file and line."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark is not None else ""
        raise ConfigError(f"{name}{line}: this is not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{name}: this is not YAML: {str(error).splitlines()[0]}") from None
    lines: dict[Path, int] = {}
    if node is not None:
        _walk(node, (), lines, name)
    return yaml.load(text, Loader=_Loader), lines


def parse_value(text: str) -> Any:
    """The value of a `--set key=value` as a recipe would read it. Raises ConfigError when it is not YAML."""
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError:
        raise ConfigError(f"--set: {text!r} is not a YAML value; quote it or close its brackets") from None


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int], name: str) -> None:
    if len(path) > MAX_DEPTH:
        raise ConfigError(f"{name}:{node.start_mark.line + 1}: nested too deeply; does an alias hold itself?")
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            key = (*path, str(key_node.value))
            if key in lines:
                raise ConfigError(
                    f"{name}:{key_node.start_mark.line + 1}: {dotted(key)} stands twice (first on line {lines[key]}); "
                    "remove one"
                )
            lines[key] = key_node.start_mark.line + 1
            _walk(value_node, key, lines, name)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), lines, name)


def dotted(path: Path) -> str:
    """`('sim', 'views', 0, 'frames')` as `sim.views[0].frames`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the recipe"
