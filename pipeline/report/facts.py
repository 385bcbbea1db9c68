"""What a report may show: plain data that the engine fills from the store, the trainer and the evaluation.

store, metrics.jsonl, evaluation ─▶ [ReportFacts] ─▶ build_report

Whatever is left at its default is reported as missing. Nothing here reads files; `gather.py` helps to fill it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class VersionFacts:
    """The dataset version the run published."""

    name: str
    """`demo@2`."""
    content: str
    """sha256 (64 hex digits) over keys and sample hashes: equal content means equal data."""
    created: bool
    """False when an equal version was already there and was used again."""
    moved: tuple[str, ...] = ()
    """Split groups that publish moved so that no split is empty, as publish said it."""
    manifest: Mapping[str, Any] = field(default_factory=dict)
    """As read from the store: `complete`, `failed_units`, `code`, `environment`, `inputs`, `shards`, ..."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A limit that was applied to a score."""

    score: str
    """The column."""
    min: float | None = None
    """Rows below it were dropped."""
    max: float | None = None
    """Rows above it were dropped."""
    reason: str = ""
    """What the ledger calls it: `too_blurred`."""
    kind: Literal["simulation", "real", "any"] = "any"
    where: Literal["floor", "selection"] = "selection"


@dataclass(frozen=True, kw_only=True)
class FailedUnit:
    """A unit that has no receipt: its worker was lost again and again."""

    unit_id: str
    source_uri: str
    reason: str
    detail: str
    attempts: int


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the run, in the order in which it ran."""

    name: str
    """`simulate`, `curate`, `publish`, `train`, `evaluate`, ..."""
    wall_s: float
    done: int | None = None
    """Units (or steps of training) worked off in this run; None where counting means nothing."""
    reused: int | None = None
    """Found finished."""
    failed: int | None = None
    note: str = ""
    """One line, for example `resumed at step 800 of 1500`."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A few frames of one row of the table; what they are (kind, verdict, reason) is looked up there by key."""

    key: str
    frames: NDArray[np.uint8]
    """(F, H, W, 3) sRGB, 1 to 4 frames spread over the sequence."""
    depth_m: NDArray[np.float32] | None = None
    """(h, w) z-depth of the first of `frames`, 0 = none."""
    object_id: NDArray[np.int32] | None = None
    """(h, w) instance ids of the first of `frames`."""

    def __post_init__(self) -> None:
        if self.frames.ndim != 4 or self.frames.shape[3] != 3 or self.frames.dtype != np.uint8 or not self.frames.size:
            raise ConfigError(
                f"frames of {self.key} must be (F, H, W, 3) uint8, got {self.frames.shape} {self.frames.dtype}"
            )


@dataclass(frozen=True, kw_only=True)
class CameraPath:
    """Where the camera of one sequence went; its split is looked up in the table by key."""

    key: str
    world_from_camera: NDArray[np.float64]
    """(T, 4, 4), OpenCV camera axes, y-up world, metres."""


@dataclass(frozen=True, kw_only=True)
class SceneMap:
    """A scene from above with the camera paths in it."""

    scene: str
    bounds_m: tuple[float, float, float, float] | None
    """(x_min, z_min, x_max, z_max) of the world that `plan` covers; -z is up on the page. None without a plan."""
    plan: NDArray[np.uint8] | None
    """(H, W, 3) drawn from above, first row at z_min; None when the scene has no plan."""
    paths: tuple[CameraPath, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Strip:
    """Sampled frames beside the true ones, of one clip of the evaluation."""

    set: str
    """`held_out`, `val`, `test`."""
    key: str
    scene: str
    context: NDArray[np.uint8]
    """(K, H, W, 3) sRGB: what the model was given."""
    truth: NDArray[np.uint8]
    """(T, H, W, 3)."""
    sampled: NDArray[np.uint8]
    """(T, H, W, 3)."""
    nearest: NDArray[np.uint8]
    """(T, H, W, 3): for each target the context frame whose camera is nearest."""


@dataclass(frozen=True, kw_only=True)
class Showcase:
    """Generated houses that are shown beside the data and are no part of it."""

    sheet: NDArray[np.uint8]
    """(H, W, 3) a picture of each, with its seed."""
    film_mp4: bytes
    """A walk through one of them, H.264."""
    film_px: tuple[int, int]
    """Width and height."""
    houses: int
    seeds: tuple[int, int]
    """The first and the last; none between them is left out."""
    walked: int
    """Seed of the house that is walked through."""
    seconds: float
    rate_fps: int


@dataclass(frozen=True, kw_only=True)
class ReportFacts:
    """Everything a report shows."""

    title: str
    """The dataset's or the run's name: `demo`."""
    command: str
    """As it was typed."""
    recipe_name: str = ""
    recipe_text: str = ""
    version: VersionFacts | None = None
    table: pa.Table | None = None
    """The version's whole table: kept, rejected and failed rows."""
    thresholds: tuple[Threshold, ...] = ()
    score_units: Mapping[str, str] = field(default_factory=dict)
    """Unit or range of a score, for its axis: `sharpness` -> `squared luma levels`. A suffix (`_m`, `_px`) speaks for
    itself."""
    synthetic_sources: frozenset[str] = frozenset()
    """`source_uri` of footage that the pipeline filmed itself: labelled wherever it is shown."""
    failed_units: tuple[FailedUnit, ...] = ()
    pictures: tuple[Picture, ...] = ()
    """Of the keys that `gather.wanted_pictures(table)` names; rows below the floor bring their own thumbnail."""
    showcase: Showcase | None = None
    maps: tuple[SceneMap, ...] = ()
    metrics: tuple[Mapping[str, Any], ...] = ()
    """The lines of metrics.jsonl, parsed."""
    evaluation: Mapping[str, Any] | None = None
    """What `model.evaluate` returned."""
    strips: tuple[Strip, ...] = ()
    model: Mapping[str, str | int | float] = field(default_factory=dict)
    """What was trained, one line each: `parameters`, `frame size`, `precision`, ..."""
    steps: tuple[Step, ...] = ()
    not_run: Mapping[str, str] = field(default_factory=dict)
    """What a reader may expect and does not find: name -> why."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    """Further names and hashes: `recipe sha256`, `weights sha256`, ..."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Package versions, Python, CPU, cores."""
    next_commands: tuple[str, ...] = ()
    """What to type next, shown at the end."""
