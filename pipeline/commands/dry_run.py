"""`v4s curate --dry-run`: what curating a folder would give, take and cost, from a seeded sample of it.

recipe ─▶ inputs and their weights ─▶ a sample through the stages, nothing stored ─▶ [dry_run] ─▶ totals with intervals
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.captures.formats import read_capture
from video4spatial.filters.captures.sources import capture_sources
from video4spatial.filters.captures.stage import CaptureStage, read_options
from video4spatial.filters.config import RealConfig
from video4spatial.filters.file_facts import FileReader
from video4spatial.filters.sources import video_files
from video4spatial.filters.stage import CurateStage
from video4spatial.pipeline.commands.explain import read_recipe
from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.pipeline.core.seeds import rng
from video4spatial.pipeline.core.stage import UnitStage
from video4spatial.pipeline.core.unit import Source
from video4spatial.pipeline.engine.estimate import (
    LEAST_INPUTS,
    Total,
    estimate_totals,
    filled_weights,
    pick_sample,
    sample_size,
)
from video4spatial.pipeline.engine.plan import local_workers
from video4spatial.pipeline.engine.progress import Reporter
from video4spatial.pipeline.engine.recipe import Recipe
from video4spatial.pipeline.engine.side_work import hands
from video4spatial.pipeline.engine.tryout import BYTES, FAILS, KEPT, PLAN_S, WORK_S, try_input

SAMPLE = "16"
"""Inputs of the sample where --sample is not given."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """All inputs of one kind."""

    noun: str
    stage: UnitStage
    names: tuple[str, ...]
    given: tuple[Source | tuple[str, str], ...]
    """What `try_input` takes."""
    nbytes: tuple[int, ...]
    weights: NDArray[np.float64]
    amount: str
    """All of them in words: `214 s of video`."""


def dry_run(options: argparse.Namespace) -> int:
    """Prints the estimate. Raises ConfigError where there is nothing to curate, before anything is decoded."""
    loaded = read_recipe(options)
    recipe, real = loaded.recipe, loaded.recipe.real
    if real is None or (real.videos is None and not real.captures):
        raise ConfigError("--dry-run needs something to look at: give --videos DIR or --captures DIR")
    reporter = Reporter(options.progress)
    kinds = [_videos(real, recipe)] if real.videos is not None else []
    kinds += [_captures(real, recipe)] if real.captures else []
    counts = [_count(options.sample or SAMPLE, len(each.given)) for each in kinds]
    workers = 1 if options.local else local_workers(recipe.engine)
    for inputs, count in zip(kinds, counts, strict=True):
        for line in _estimate(inputs, count, workers, recipe, reporter):
            reporter.say(line)
    if recipe.select.near_duplicate_bits:
        reporter.say("near duplicates across files are not estimated: select.near_duplicate_bits may take more")
    reporter.say("nothing was written; the clips of this sample are gone")
    return 0


def _count(text: str, inputs: int) -> int:
    try:
        return sample_size(text, inputs)
    except ValueError:
        raise ConfigError(f"--sample is a number of inputs (12) or a share of them (0.1, 10%), got {text!r}") from None


def _videos(real: RealConfig, recipe: Recipe) -> Inputs:
    base, files = video_files(str(real.videos))
    with FileReader(real.limits) as reader:
        seconds = [reader.seconds(str(path)) for path in files]
    nbytes = tuple(path.stat().st_size for path in files)
    weights = filled_weights(seconds, nbytes)
    unknown = sum(not length for length in seconds)
    guessed = f" ({unknown} without a length, taken by their bytes)" if unknown else ""
    return Inputs(
        noun="videos",
        stage=CurateStage(config=real, floor=recipe.floor),
        names=tuple(path.relative_to(base).as_posix() for path in files),
        given=tuple((str(path), str(base)) for path in files),
        nbytes=nbytes,
        weights=weights,
        amount=f"{_seconds(float(weights.sum()))} of video{guessed}",
    )


def _captures(real: RealConfig, recipe: Recipe) -> Inputs:
    sources = capture_sources(real.captures, read_options(real.posed))
    frames: list[float | None] = []
    nbytes = []
    for source in sources:
        try:
            capture = read_capture(Path(source.location), read_options(real.posed))
            frames.append(float(len(capture)))
            nbytes.append(sum((capture.root / name).stat().st_size for name in capture.files))
        except SourceError:
            frames.append(None)
            nbytes.append(1)
    weights = filled_weights(frames, nbytes)
    return Inputs(
        noun="captures",
        stage=CaptureStage(config=real, floor=recipe.floor),
        names=tuple(source.uri for source in sources),
        given=tuple(sources),
        nbytes=tuple(nbytes),
        weights=weights,
        amount=f"{sum(length or 0 for length in frames):.0f} frames",
    )


def _estimate(inputs: Inputs, count: int, workers: int, recipe: Recipe, reporter: Reporter) -> Iterator[str]:
    """The sample through the stage, and what it says."""
    total = len(inputs.given)
    sample = pick_sample(inputs.weights, count, rng(recipe.seed, "dry_run.sample", inputs.noun))
    chosen = sample.chosen.tolist()
    share = inputs.weights[chosen].sum() / inputs.weights.sum()
    yield (
        f"{inputs.noun}: {total}, {sum(inputs.nbytes) / 1e6:.1f} MB, {inputs.amount}; running {count} of them "
        f"({share:.0%} by length) on {min(workers, count)} workers"
    )
    began = time.monotonic()
    tried = []
    with hands(min(workers, count)) as work, reporter.counting("dry run", count, inputs.noun) as counter:
        items = [(inputs.stage, inputs.given[at], recipe.seed, recipe.select) for at in chosen]
        for at, (amounts, failure) in zip(chosen, work(try_input, items), strict=True):
            tried.append(amounts)
            if failure:
                reporter.say(f"{inputs.names[at]}: {failure}")
            counter.advance(source=inputs.names[at])
    took_s = time.monotonic() - began
    random = rng(recipe.seed, "dry_run.bootstrap", inputs.noun)
    totals = estimate_totals(tried, inputs.weights, sample, random, frozenset({FAILS}))
    yield from _lines(totals, inputs, count, workers, tried)
    yield f"the sample took {_seconds(took_s)}"


def _lines(
    totals: dict[str, Total], inputs: Inputs, count: int, workers: int, tried: Sequence[dict[str, float]]
) -> Iterator[str]:
    rest = len(inputs.given) - count
    if not rest:
        how = "all of them were run: these are counts, not estimates"
    elif count < LEAST_INPUTS:
        how = f"from {count} of them: too few for an interval, take at least {LEAST_INPUTS} (--sample)"
    else:
        how = "with 95 % intervals (bootstrap over inputs)"
    yield f"all {len(inputs.given)} {inputs.noun}, {how}:"
    yield _line("sequences kept", totals[KEPT], _whole)
    for name in sorted((n for n in totals if n.startswith("rejected ")), key=lambda n: -totals[n].value):
        yield _line(name, totals[name], _whole)
    yield _line(f"{inputs.noun} that fail", totals[FAILS], _whole)
    yield _line("stored", totals[BYTES], _megabytes)
    shared = min(workers, max(1, len(inputs.given)))
    # many small inputs keep all workers busy to the end; the longest one alone cannot be done faster than it is
    slowest_s = max(each[WORK_S] for each in tried)
    wall = _wall(totals[WORK_S], totals[PLAN_S], shared, slowest_s)
    yield _line(f"time, {shared} workers", wall, _seconds) + "  and some seconds to start Ray"


def _wall(work: Total, plan: Total, workers: int, slowest_s: float) -> Total:
    """Planning is done by one process, then the work is shared."""

    def of(work_s: float, plan_s: float) -> float:
        return plan_s + max(work_s / workers, slowest_s)

    low = None if work.low is None or plan.low is None else of(work.low, plan.low)
    high = None if work.high is None or plan.high is None else of(work.high, plan.high)
    return Total(value=of(work.value, plan.value), low=low, high=high)


def _line(name: str, total: Total, say: Callable[[float], str]) -> str:
    said = f"  {name:26s} {say(total.value):>12s}"
    if total.low is None or total.high is None or total.low == total.high:
        return said
    return f"{said}  [{say(total.low)}, {say(total.high)}]"


def _whole(value: float) -> str:
    return f"{value:.0f}"


def _megabytes(value: float) -> str:
    return f"{value / 1e9:.2f} GB" if value >= 1e9 else f"{value / 1e6:.1f} MB"


def _seconds(value: float) -> str:
    if value < 120:
        return f"{value:.1f} s"
    return f"{value / 60:.1f} min" if value < 7200 else f"{value / 3600:.1f} h"
