"""Variants of a clip made in image space: which there are, who gets them, and how one is made again from its row.

clip ─▶ [is_chosen, draw] ─▶ kind and parameters, recorded ─▶ [apply] ─▶ Footage ─▶ Product with variant > 0

`apply` is a pure function of the source's frames and the recorded parameters: row + source file give the variant again.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np

from video4spatial.filters.config import AugmentConfig
from video4spatial.filters.footage import Footage
from video4spatial.filters.lighting import Lighting, draw_lighting, relight
from video4spatial.filters.occluder import Occluder, draw_occluder, occlude
from video4spatial.filters.reframe import Crop, Mirror, crop, draw_crop, mirror, mirrored_words
from video4spatial.pipeline.core.sequence import Sequence
from video4spatial.pipeline.core.settings import canonical_json, to_plain

Kind = Literal["lighting", "occluder", "crop", "mirror"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order of their variant numbers, from 1."""


def shares(config: AugmentConfig) -> dict[Kind, float]:
    """Share of the clips that get each kind."""
    return {kind: float(getattr(config, f"{kind}_variants")) for kind in KINDS}


def is_chosen(clip: int, share: float) -> bool:
    """Whether clip number `clip` (from 0) is among the evenly spread `share` of clips; the first one is if any is."""
    return share > 0 and (clip == 0 or int(clip * share) > int((clip - 1) * share))


def draw(kind: Kind, config: AugmentConfig, footage: Footage, random: np.random.Generator) -> dict[str, Any]:
    """The parameters of a variant, as JSON knows them."""
    drawn: Lighting | Occluder | Crop | Mirror
    match kind:
        case "lighting":
            drawn = draw_lighting(config, random)
        case "occluder":
            drawn = draw_occluder(config, footage, random)
        case "crop":
            drawn = draw_crop(config, footage, random)
        case "mirror":
            drawn = Mirror()
    return dict(to_plain(drawn))


def apply(kind: str, parameters: Mapping[str, Any], footage: Footage) -> Footage:
    """The variant of a clip with these parameters. Raises ValueError for a kind that is not made in image space."""
    match kind:
        case "lighting":
            return relight(footage, Lighting(**parameters))
        case "occluder":
            return occlude(footage, Occluder(**parameters))
        case "crop":
            return crop(footage, Crop(**parameters))
        case "mirror":
            return mirror(footage)
    raise ValueError(f"{kind!r} is no variant in image space, expected one of {', '.join(KINDS)}")


def vary(sequence: Sequence, kind: Kind, parameters: Mapping[str, Any], footage: Footage, group: str) -> Sequence:
    """The variant of a sequence whose clip is `footage`: pictures, and cameras, depth and words with them. Objects and
    what stands in their way are for whoever knows them."""
    shown = apply(kind, parameters, footage)
    tasks = tuple(_mirrored(task) for task in sequence.tasks) if kind == "mirror" else sequence.tasks
    return replace(
        sequence,
        frames=shown.frames,
        cameras=shown.cameras,
        depth_m=shown.depth_m,
        tasks=tasks,
        variant={"group": group, "kind": kind, "parameters": dict(parameters)},
    )


def _mirrored(task: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**task, "sentence": mirrored_words(task["sentence"])} if "sentence" in task else task


def to_column(parameters: Mapping[str, Any]) -> str:
    """The parameters as the column `variant_parameters` holds them."""
    return canonical_json(parameters).decode()


def from_column(text: str) -> dict[str, Any]:
    """What `to_column` wrote, for `apply`."""
    return dict(json.loads(text))
