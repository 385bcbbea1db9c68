"""The record: what was typed, how long each step took, the recipe, names and hashes, the environment, what to do next.

steps, command, recipe, version, environment ─▶ [parts of the page]
"""

import json
from collections.abc import Mapping
from typing import Any

from video4spatial.pipeline.report import tables
from video4spatial.pipeline.report.facts import ReportFacts
from video4spatial.pipeline.report.page import Part
from video4spatial.pipeline.report.text import count, duration, escape, spoken

MAX_MANIFEST_CHARACTERS = 30_000
_SHOWN = (
    "created",
    "complete",
    "parent",
    "rows",
    "bytes",
    "shards",
    "units",
    "inputs",
    "seeds",
    "stages",
    "table",
    "code",
)


def steps_part(facts: ReportFacts) -> Part:
    """What ran and what was found finished."""
    if not facts.steps:
        html = tables.missing("No step of this run was recorded.")
        return Part(anchor="steps", title="What ran", short="Steps", lead="", html=html)
    lines: list[list[tables.Cell]] = [
        [step.name, step.note, duration(step.wall_s), _counted(step.done), _counted(step.reused), _counted(step.failed)]
        for step in facts.steps
    ]
    html = tables.table(["step", "", "wall time", "done now", "found finished", "failed"], lines, left=2)
    total = duration(sum(step.wall_s for step in facts.steps))
    return Part(anchor="steps", title="What ran", short="Steps", lead=f"{total} of wall time in all.", html=html)


def record_part(facts: ReportFacts) -> Part:
    """Everything that is needed to make this again, and to tell whether it came out the same."""
    html = f"<h3>Command</h3><pre>{escape(facts.command)}</pre>"
    html += "<h3>Version</h3>" + _version(facts) + _manifest(facts)
    html += "<h3>Recipe</h3>" + _recipe(facts)
    html += "<h3>Environment</h3>"
    stated = facts.environment or _of_manifest(facts, "environment")
    html += tables.pairs(sorted(stated.items())) if stated else tables.missing("No environment was recorded.")
    if facts.next_commands:
        html += "<h3>What to type next</h3><pre>" + escape("\n".join(facts.next_commands)) + "</pre>"
    lead = "The same recipe, inputs and locked packages give the same content."
    return Part(anchor="record", title="How to make it again", short="Record", lead=lead, html=html)


def _version(facts: ReportFacts) -> str:
    if facts.version is None:
        return tables.missing("No version was published in this run.")
    version = facts.version
    entries: list[tuple[str, tables.Cell]] = [
        ("name", version.name),
        ("content", tables.hash_code(version.content)),
        ("published", "by this run" if version.created else "before; this run gave the same content and used it again"),
    ]
    entries += [(name.replace("_", " "), _cell(value)) for name, value in _short(version.manifest)]
    entries += [(name, tables.hash_code(value)) for name, value in sorted(facts.hashes.items())]
    return tables.pairs(entries)


def _short(manifest: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The manifest's entries that people compare; the rest stands in the manifest below."""
    return [(name, _in_words(manifest[name])) for name in _SHOWN if manifest.get(name) is not None]


def _in_words(value: Any) -> Any:
    """Nested values on one line: `count 6, sha256 dee5...`; a list of records becomes its length."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_in_words(item)}" for key, item in sorted(value.items()))
    if isinstance(value, (list, tuple)):
        is_flat = all(isinstance(item, (str, int, float)) for item in value)
        return ", ".join(spoken(item) for item in value) if is_flat else count(len(value))
    return spoken(value)


def _manifest(facts: ReportFacts) -> str:
    if facts.version is None or not facts.version.manifest:
        return ""
    plain = {key: value for key, value in facts.version.manifest.items() if key != "recipe"}
    words = json.dumps(plain, indent=2, sort_keys=True, default=str, ensure_ascii=False)
    cut = ""
    if len(words) > MAX_MANIFEST_CHARACTERS:
        cut = tables.note(f"The first {count(MAX_MANIFEST_CHARACTERS)} of {count(len(words))} characters.")
    shown = escape(words[:MAX_MANIFEST_CHARACTERS])
    return f"<details><summary>The manifest as stored (without the recipe)</summary>{cut}<pre>{shown}</pre></details>"


def _recipe(facts: ReportFacts) -> str:
    if not facts.recipe_text:
        return tables.missing("The recipe's text was not given to this report.")
    name = facts.recipe_name or "the recipe"
    return f"<details><summary>{escape(name)}</summary><pre>{escape(facts.recipe_text)}</pre></details>"


def _of_manifest(facts: ReportFacts, name: str) -> Mapping[str, Any]:
    found = facts.version.manifest.get(name, {}) if facts.version is not None else {}
    return {str(key): spoken(value) for key, value in found.items()} if isinstance(found, Mapping) else {}


def _counted(value: int | None) -> str:
    return "" if value is None else count(value)


def _cell(value: Any) -> tables.Cell:
    words = spoken(value)
    is_hash = len(words) >= 40 and all(letter in "0123456789abcdef" for letter in words)
    return tables.hash_code(words) if is_hash else words
