"""What differs between two versions, sample by sample, and why.

demo@1, demo@2 ─▶ [compare] ─▶ [Difference ...]: added, removed or changed, each with the reasons

A key names the unit that made it, so that other settings, stages, inputs or seeds give other keys. Two sequences of the
same place in the same input are therefore one that changed; it is told what made it change.
"""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from video4spatial.pipeline.store.blobs import Blobs
from video4spatial.pipeline.store.units import find_receipt
from video4spatial.pipeline.store.version import Version

_COLUMNS = [
    "key",
    "sample_sha256",
    "kind",
    "verdict",
    "reason",
    "variant_group",
    "variant",
    "unit_id",
    "source_uri",
    "source_sha256",
    "start",
    "stop",
    "seed",
    "settings_sha256",
    "stages",
    "split",
    "held_out",
]

_TOLD_SETTINGS = 3
_TOLD_LINES = 20

Row = Mapping[str, Any]
Change = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One sequence that is not the same in both versions."""

    change: Change
    """`moved`: the same bytes on another side of the split."""
    why: tuple[str, ...]
    """What differs in how it was made or chosen, each in a few words that start with `input`, `recipe`, `code`, `seed`,
    `selection` or `split`."""
    before: str | None
    """Key in the first version."""
    after: str | None
    """Key in the second version."""
    source_uri: str


def compare(first: Version, second: Version) -> list[Difference]:
    """Every kept sequence that is in one version only, has other bytes, or stands on another side; sorted by key."""
    tables = [version.table(_COLUMNS) for version in (first, second)]
    kept = [table.filter(pc.equal(table["verdict"], "kept")) for table in tables]
    gone = kept[0].filter(pc.invert(_among(kept[0], kept[1]))).to_pylist()
    new = kept[1].filter(pc.invert(_among(kept[1], kept[0]))).to_pylist()
    reasons = Reasons(first.blobs)
    pairs, gone, new = _pair(gone, new)
    found = [_both("changed", reasons.between(before, after), before, after) for before, after in pairs]
    found += _same_keys(*kept)
    found += [_alone("removed", why, row) for row, why in reasons.absent(gone, tables[1], second.name, later=True)]
    found += [_alone("added", why, row) for row, why in reasons.absent(new, tables[0], first.name, later=False)]
    return sorted(found, key=lambda item: (item.before or item.after or "", item.after or ""))


class Reasons:
    """Why sequences differ, told from their rows and from the receipts of their units."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._settings: dict[tuple[str, str], str] = {}

    def between(self, before: Row, after: Row) -> tuple[str, ...]:
        """What differs in the making of two sequences of one place."""
        why = []
        if before["source_sha256"] != after["source_sha256"]:
            why.append("input")
        if before["settings_sha256"] != after["settings_sha256"]:
            why.append(self._of_settings(before, after))
        why += _of_stages(json.loads(before["stages"]), json.loads(after["stages"]))
        if before["seed"] != after["seed"]:
            why.append(f"seed {before['seed']} to {after['seed']}")
        return tuple(why) or ("not reproducible: the same unit gave other bytes",)

    def absent(self, rows: list[Row], other: pa.Table, name: str, later: bool) -> Iterator[tuple[Row, tuple[str, ...]]]:
        """Each row, which the version `name` with the rows `other` does not keep, with the reason.

        `later` says whether that version is the second of the two.
        """
        if not rows:
            return
        wanted = pa.array(sorted({row["source_uri"] for row in rows}), pa.string())
        hashes = pa.array(sorted({row["source_sha256"] for row in rows}), pa.string())
        near = pc.or_(pc.is_in(other["source_uri"], value_set=wanted), pc.is_in(other["source_sha256"], hashes))
        there = other.filter(near).to_pylist()
        by_key = {row["key"]: row for row in there}
        by_hash = {row["source_sha256"]: row for row in there}
        by_uri = {row["source_uri"]: row for row in there}
        for row in rows:
            same = by_key.get(row["key"])
            kin = by_hash.get(row["source_sha256"]) or by_uri.get(row["source_uri"])
            if same is not None and same["verdict"] == "failed":
                yield row, (f"input failed in {name}: {same['reason']}",)
            elif same is not None:
                yield row, (f"selection: {same['reason']} in {name}",)
            elif kin is None:
                yield row, (f"input is not in {name}",)
            elif kin["verdict"] == "failed":
                yield row, (f"input failed in {name}: {kin['reason']}",)
            elif kin["unit_id"] == row["unit_id"]:
                yield row, ("not reproducible: the same unit gave other sequences",)
            else:
                yield row, self.between(row, kin) if later else self.between(kin, row)

    def _of_settings(self, before: Row, after: Row) -> str:
        pair = (before["settings_sha256"], after["settings_sha256"])
        if pair not in self._settings:
            found = [find_receipt(self._blobs, row["unit_id"]) for row in (before, after)]
            told = "" if None in found else _settings_apart(*(dict(item.settings) for item in found if item))
            self._settings[pair] = f"recipe: {told}" if told else "recipe"
        return self._settings[pair]


def _among(table: pa.Table, others: pa.Table) -> pa.ChunkedArray:
    return pc.is_in(table["key"], value_set=others["key"].combine_chunks())


def _pair(gone: list[Row], new: list[Row]) -> tuple[list[tuple[Row, Row]], list[Row], list[Row]]:
    """Sequences of one place in one input, that of the same bytes first, then that of the same name; and the others."""
    pairs: list[tuple[Row, Row]] = []
    for source in ("source_sha256", "source_uri"):
        waiting: dict[tuple[Any, ...], list[Row]] = {}
        for row in gone:
            waiting.setdefault((row[source], *_place(row)), []).append(row)
        rest = []
        for row in new:
            twins = waiting.get((row[source], *_place(row)))
            if twins:
                pairs.append((twins.pop(0), row))
            else:
                rest.append(row)
        gone, new = [row for rows in waiting.values() for row in rows], rest
    return pairs, gone, new


def _place(row: Row) -> tuple[Any, ...]:
    """Where in its input a sequence lies: the frames of a film, the number of a path."""
    if row["kind"] == "real":
        return row["start"], row["stop"], row["variant"]
    return row["variant_group"].rpartition("-")[2], row["variant"]


def _same_keys(first: pa.Table, second: pa.Table) -> list[Difference]:
    """Of the sequences that both keep: those with other bytes, and those on another side of the split."""
    first, second = first.filter(_among(first, second)), second.filter(_among(second, first))
    same = pc.equal(first["sample_sha256"], second["sample_sha256"])
    for name in ("split", "held_out"):
        same = pc.and_(same, pc.equal(first[name], second[name]))
    differs = pc.invert(same)
    found = []
    for before, after in zip(first.filter(differs).to_pylist(), second.filter(differs).to_pylist(), strict=True):
        if before["sample_sha256"] != after["sample_sha256"]:
            why = ("not reproducible: the same unit gave other bytes",)
            found.append(_both("changed", why, before, after))
        else:
            found.append(_both("moved", (f"split: {_side(before)} to {_side(after)}",), before, after))
    return found


def _side(row: Row) -> str:
    return "held out" if row["held_out"] else str(row["split"])


def _both(change: Change, why: tuple[str, ...], before: Row, after: Row) -> Difference:
    return Difference(change=change, why=why, before=before["key"], after=after["key"], source_uri=after["source_uri"])


def _alone(change: Change, why: tuple[str, ...], row: Row) -> Difference:
    keys = {"before": row["key"], "after": None} if change == "removed" else {"before": None, "after": row["key"]}
    return Difference(change=change, why=why, source_uri=row["source_uri"], **keys)


def _of_stages(before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    """`code: stage simulation 1 to 2`, one a stage that differs."""
    names = sorted({*before, *after})
    return [
        f"code: stage {name} {before.get(name, 'none')} to {after.get(name, 'none')}"
        for name in names
        if before.get(name) != after.get(name)
    ]


def _settings_apart(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The first settings that differ: `view.height_px 64 to 96, floor.min_frames 8 to 16 and 2 more`."""
    flat = [dict(_leaves(settings, "")) for settings in (before, after)]
    names = [name for name in sorted({*flat[0], *flat[1]}) if flat[0].get(name) != flat[1].get(name)]
    told = [f"{name} {_short(flat[0].get(name))} to {_short(flat[1].get(name))}" for name in names[:_TOLD_SETTINGS]]
    more = len(names) - _TOLD_SETTINGS
    return ", ".join(told) + (f" and {more} more" if more > 0 else "")


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{name}.{key}" if name else str(key))
    else:
        yield name, value


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def compare_manifests(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """What the two versions were asked for and made with, where that differs: one sentence each."""
    told = [_how(item, item["derivation"]) for item in (first, second) if item.get("derivation")]
    for name in ("selection", "captions", "stages", "seeds", "code", "withdrawn"):
        before, after = first.get(name), second.get(name)
        if before != after:
            told.append(f"{name}: {_settings_apart({name: before}, {name: after})}")
    before, after = first["recipe"]["text"].splitlines(), second["recipe"]["text"].splitlines()
    changed = [line for line in difflib.unified_diff(before, after, n=0, lineterm="") if line[:3] not in ("---", "+++")]
    told += [f"recipe: {line}" for line in changed if not line.startswith("@@")][:_TOLD_LINES]
    return told


def _how(manifest: Mapping[str, Any], derivation: Mapping[str, Any]) -> str:
    """`demo@2: derive sharpness > 60 from demo@1`."""
    what = derivation.get("where") or derivation.get("source_uri", "")
    name = f"{manifest['dataset']}@{manifest['version']}"
    return f"{name}: {derivation['verb']} {what} from {derivation['from']}"
