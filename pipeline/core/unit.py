"""Unit: the piece of work that is done, retried, cached and recorded as one.

recipe ─▶ plan ─▶ [Unit] ─▶ stage ─▶ [Product ...] ─▶ shard + rows + receipt

A unit is finished if and only if its receipt exists. Its id is a pure function of what shapes its bytes: kind, source,
span, stage versions, settings, seed. Package version, commit and machine are recorded beside it, never inside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from video4spatial.pipeline.core.sequence import Sequence
from video4spatial.pipeline.core.settings import fingerprint

Verdict = Literal["measured", "rejected", "failed"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """One raw input."""

    uri: str
    """As people know it: a path relative to the given folder, or `procedural:room?seed=7`."""
    sha256: str
    """Of its bytes; of a generated scene: of its canonical settings."""
    split_group: str
    """What must never stand on two sides of a split: the scene, else the recording."""
    location: str = ""
    """Where to open it on this machine: not part of any id, not written into data."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One source (or one span of it) under one set of settings."""

    kind: Literal["simulation", "real"]
    source: Source
    stage_versions: Mapping[str, int]
    settings: Mapping[str, Any]
    """The settings that shape its bytes, as JSON."""
    seed: int
    span: tuple[int, int] | None = None
    """[start, stop) in source frames; None for the whole source."""

    @cached_property
    def unit_id(self) -> str:
        """sha256 (64 hex digits) of the canonical JSON of everything that shapes the unit's bytes."""
        return fingerprint(
            {
                "kind": self.kind,
                "source": self.source.sha256,
                "span": self.span,
                "stages": self.stage_versions,
                "settings": self.settings,
                "seed": self.seed,
            }
        )


@dataclass(frozen=True, kw_only=True)
class Product:
    """What a stage says about one sequence: its scores and fate always, its frames unless the floor dropped it."""

    index: int
    """Position in the unit, 0 to 9999."""
    sequence: Sequence | None
    """None for `rejected` (below the floor) and `failed`."""
    scores: Mapping[str, float] = field(default_factory=dict)
    columns: Mapping[str, int | float | str | bool | list[int]] = field(default_factory=dict)
    """Typed columns of the row that are not scores: `perceptual_hash` (int64), `picture_hashes`, `pose_error_px`."""
    verdict: Verdict = "measured"
    reason: str = ""
    """Empty for `measured`; else the short word for what was wrong: `frozen`, `undecodable`, `too_short`."""
    detail: str = ""
    """The full sentence behind `reason`."""
    variant: int = 0
    """0 is the original; variants of one original share `index`."""
    scene: str = ""
    task: str = "none"
    """`navigation` where cameras are known, `grounding` where an object is the goal, else `none`."""
    start: int = 0
    """Source span [start, stop) in frames, also of what was dropped."""
    stop: int = 0
    thumbnail_jpeg: bytes = b""
    """A small picture of what the floor dropped (its bytes are not stored), for the report. At most 4 kB."""

    def key(self, unit_id: str) -> str:
        """`<first 12 of unit_id>-<index>[-v<variant>]`, the name of the sequence in its shard. No dots."""
        suffix = f"-v{self.variant}" if self.variant else ""
        return f"{unit_id[:12]}-{self.index:04d}{suffix}"

    def variant_group(self, unit_id: str) -> str:
        """What the original and its variants share."""
        return f"{unit_id[:12]}-{self.index:04d}"
