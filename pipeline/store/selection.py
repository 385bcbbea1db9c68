"""Which measured sequences a version takes: thresholds over scores, near duplicates, caps per source, splits.

table of all units ─▶ [judge] ─▶ verdict, reason, detail, near_duplicate_of of each row ─▶ splits.py ─▶ publish.py

Applied when a version is published, never when a unit is made: another threshold is another version in seconds. Rows
below the floor and failed rows pass through with their own reasons.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

import pyarrow as pa

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import Settings
from video4spatial.pipeline.store.duplicates import find_near_duplicates
from video4spatial.pipeline.store.splits import Splits
from video4spatial.pipeline.store.table import clip_hashes


@dataclass(frozen=True, kw_only=True)
class Rule(Settings):
    """A threshold over one score, or a list of words for a column of words (`camera_motion`). A row that lacks the
    score is not judged by it."""

    score: str
    """Name of the score's column, or of a column of words."""
    min: float | None = None
    """Rows below it are rejected. Higher keeps fewer."""
    max: float | None = None
    """Rows above it are rejected. Lower keeps fewer."""
    one_of: tuple[str, ...] = ()
    """Of a column of words: rows with any other word are rejected."""
    none_of: tuple[str, ...] = ()
    """Of a column of words: rows with one of these are rejected."""
    reason: str = ""
    """The word for what is wrong with a row that fails (`too_blurred`). Empty: `low_<score>`, `high_<score>`, or
    the word itself."""
    kind: Literal["simulation", "real", "any"] = "any"
    """Which rows it judges."""

    def __post_init__(self) -> None:
        if not self.score:
            raise ConfigError("a rule needs the name of a score, got ''")
        if self.is_of_words and not (self.min is None and self.max is None):
            raise ConfigError(f"the rule on {self.score!r} has min or max and words: use a rule for each")
        if self.min is None and self.max is None and not self.is_of_words:
            raise ConfigError(f"the rule on {self.score!r} needs min, max or both, or for words one_of or none_of")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ConfigError(
                f"the rule on {self.score!r} has min {self.min:g} above max {self.max:g}: it keeps nothing"
            )

    @property
    def is_of_words(self) -> bool:
        return bool(self.one_of or self.none_of)

    def objection(self, value: float | str) -> tuple[str, str] | None:
        """(reason, detail) of a row with this value that the rule rejects."""
        if isinstance(value, str):
            is_wanted = value not in self.none_of and (not self.one_of or value in self.one_of)
            return None if is_wanted else (self.reason or value, f"{self.score} is {value}")
        if self.min is not None and value < self.min:
            return self.reason or f"low_{self.score}", f"{self.score} {value:.4g} is below {self.min:g}"
        if self.max is not None and value > self.max:
            return self.reason or f"high_{self.score}", f"{self.score} {value:.4g} is above {self.max:g}"
        return None


@dataclass(frozen=True, kw_only=True)
class Selection(Settings):
    """What `publish` keeps, and how it is split."""

    rules: tuple[Rule, ...] = ()
    """Applied in order; the first that a row fails gives its reason."""
    near_duplicate_bits: int = 0
    """Real clips of whose pictures a third or more have 64-bit perceptual hashes that differ by at most this many bits
    are near duplicates: one is kept, and their recordings go to one split. 0 turns it off; higher rejects more and
    takes longer. 8 finds re-encoded, scaled, brightened and mirrored copies (docs/scores.md)."""
    max_per_source: int = 0
    """At most this many kept sequences per source, variants included, chosen by hash. 0 means no cap."""
    splits: Splits = field(default_factory=Splits)
    held_out_paths: int = 1
    """In each simulated training scene, so many camera paths per frame height, with their variants, are kept out of
    training, to judge new paths in known places. Higher leaves less to train on; one path always stays."""

    def __post_init__(self) -> None:
        if not 0 <= self.near_duplicate_bits <= 32:
            raise ConfigError(f"select.near_duplicate_bits must be 0 to 32, got {self.near_duplicate_bits}")
        if self.max_per_source < 0:
            raise ConfigError(f"select.max_per_source must not be below 0, got {self.max_per_source}")
        if self.held_out_paths < 0:
            raise ConfigError(f"select.held_out_paths must not be below 0, got {self.held_out_paths}")


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """One entry a row of the table."""

    verdict: list[str]
    reason: list[str | None]
    detail: list[str | None]
    near_duplicate_of: list[str | None]
    similar_groups: list[tuple[str, str]]
    """Pairs of split groups that share near duplicates, enough to join all that do."""
    idle_rules: list[str]
    """Scores of rules that judged no row: not measured, or nothing of that kind."""


def judge(table: pa.Table, selection: Selection) -> Judgement:
    """The fate of each row of `table` (sorted by key, verdicts measured, rejected, failed)."""
    verdict = ["kept" if value == "measured" else value for value in table["verdict"].to_pylist()]
    reason, detail = table["reason"].to_pylist(), table["detail"].to_pylist()
    fates = _Fates(verdict, reason, detail)
    idle = [rule.score for rule in selection.rules if not _apply_rule(table, rule, fates)]
    similar: list[tuple[str, str]] = []
    near_duplicate_of: list[str | None] = [None] * table.num_rows
    if selection.near_duplicate_bits:
        near_duplicate_of, similar = _drop_near_duplicates(table, selection.near_duplicate_bits, fates)
    if selection.max_per_source:
        _cap_sources(table, selection.max_per_source, fates)
    return Judgement(
        verdict=verdict,
        reason=reason,
        detail=detail,
        near_duplicate_of=near_duplicate_of,
        similar_groups=similar,
        idle_rules=idle,
    )


@dataclass(frozen=True)
class _Fates:
    verdict: list[str]
    reason: list[str | None]
    detail: list[str | None]

    def reject(self, row: int, reason: str, detail: str) -> None:
        self.verdict[row], self.reason[row], self.detail[row] = "rejected", reason, detail

    def kept(self) -> list[int]:
        return [row for row, verdict in enumerate(self.verdict) if verdict == "kept"]


def _apply_rule(table: pa.Table, rule: Rule, fates: _Fates) -> bool:
    """Rejects what fails `rule` among the rows still kept; False when no measured row has the score."""
    if rule.score not in table.column_names:
        return False
    kind = table[rule.score].type
    is_right = pa.types.is_string(kind) if rule.is_of_words else pa.types.is_floating(kind) or pa.types.is_integer(kind)
    if not is_right:
        asked = "words (one_of, none_of)" if rule.is_of_words else "a number (min, max)"
        raise ConfigError(f"select.rules: {rule.score!r} holds {kind}, its rule asks for {asked}")
    values = table[rule.score].to_pylist()
    kinds = table["kind"].to_pylist()
    judged = False
    for row in range(table.num_rows):
        value = values[row]
        if value is None or (rule.kind != "any" and kinds[row] != rule.kind):
            continue
        judged = True
        if fates.verdict[row] != "kept":
            continue
        if objection := rule.objection(value):
            fates.reject(row, *objection)
    return judged


def _drop_near_duplicates(table: pa.Table, bits: int, fates: _Fates) -> tuple[list[str | None], list[tuple[str, str]]]:
    """Rejects near duplicates among kept real rows; a variant group shares the fate of its first kept row. Pairs of
    split groups are told of all of them: a crop may show what another recording shows, where its original does not."""
    keys, groups = table["key"].to_pylist(), table["variant_group"].to_pylist()
    split_groups, kinds = table["split_group"].to_pylist(), table["kind"].to_pylist()
    hashes = [clip_hashes(row) for row in table.select(["perceptual_hash", "picture_hashes"]).to_pylist()]
    rows_of: dict[str, list[int]] = {}
    for row in fates.kept():
        if kinds[row] == "real" and hashes[row]:
            rows_of.setdefault(groups[row], []).append(row)
    first = [rows[0] for rows in rows_of.values()]
    found = find_near_duplicates([hashes[row] for row in first], bits)
    near_duplicate_of: list[str | None] = [None] * table.num_rows
    for place, original in found.kept_one.items():
        twin = first[original]
        for row in rows_of[groups[first[place]]]:
            near_duplicate_of[row] = keys[twin]
            fates.reject(
                row, "near_duplicate", f"its pictures differ by at most {bits} of 64 bits from those of {keys[twin]}"
            )
    every = [row for rows in rows_of.values() for row in rows]
    links = found.links if every == first else find_near_duplicates([hashes[row] for row in every], bits).links
    return near_duplicate_of, sorted({(split_groups[every[a]], split_groups[every[b]]) for a, b in links})


def _cap_sources(table: pa.Table, cap: int, fates: _Fates) -> None:
    """Keeps the `cap` rows of each source whose keys hash lowest: a choice that does not depend on other sources."""
    keys, sources = table["key"].to_pylist(), table["source_sha256"].to_pylist()
    rows_of: dict[str, list[int]] = {}
    for row in fates.kept():
        rows_of.setdefault(sources[row], []).append(row)
    for rows in rows_of.values():
        for row in sorted(rows, key=lambda row: sha256(keys[row].encode()).digest())[cap:]:
            fates.reject(row, "over_source_cap", f"its source has {len(rows)} sequences, {cap} are kept")
