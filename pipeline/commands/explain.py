"""`v4s curate --explain FILE`: what is in one video or capture, and why each of its clips is kept or rejected.

FILE + recipe ─▶ the units a run would make of it ─▶ engine/rehearse.py ─▶ [explain] ─▶ lines, and a page below --out

The stages of a run do the work, so that what is told is what a run does; no store is made or written.
"""

import argparse
from pathlib import Path

from video4spatial.filters.captures.capture import Capture
from video4spatial.filters.captures.formats import format_of, read_capture
from video4spatial.filters.captures.sources import capture_sources
from video4spatial.filters.captures.stage import CaptureStage, read_options
from video4spatial.filters.config import RealConfig
from video4spatial.filters.file_facts import FileReader
from video4spatial.filters.sources import video_sources
from video4spatial.filters.stage import CurateStage
from video4spatial.pipeline.commands.context import input_overrides
from video4spatial.pipeline.commands.recipe_file import LoadedRecipe, load_recipe, parse_recipe
from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.pipeline.core.settings import to_plain
from video4spatial.pipeline.core.stage import UnitStage
from video4spatial.pipeline.core.unit import Source, Unit
from video4spatial.pipeline.engine.rehearse import judged_rows, rehearse
from video4spatial.pipeline.report.build import write_report
from video4spatial.pipeline.report.explain_page import explain_page
from video4spatial.pipeline.report.explain_text import explain_lines
from video4spatial.pipeline.report.explained import Explanation
from video4spatial.pipeline.report.gather import floor_thresholds, selection_thresholds
from video4spatial.pipeline.store.store import Store

DEFAULTS = "name: defaults\nreal: {}\n"
"""The recipe where none is given: every setting at its default, no selection."""


def explain(options: argparse.Namespace) -> int:
    """Prints the explanation; with --out writes its page too. Raises ConfigError where FILE is not there."""
    loaded = read_recipe(options)
    real = loaded.recipe.real
    if real is None:
        raise ConfigError(f"{loaded.name} has no 'real' part: it says nothing about videos and captures")
    path = Path(options.explain).expanduser()
    stage, source = _plan(path, loaded, real)
    units = stage.units([source], loaded.recipe.seed)
    told = _explanation(options, path, loaded, stage, units)
    for line in explain_lines(told):
        print(line)
    if options.out is None:
        print("--out DIR writes a page with pictures")
        return 0
    page = options.out / "explained" / f"{Path(source.uri).stem}-{source.sha256[:8]}.html"
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        write_report(page, explain_page(told))
    except OSError as error:
        raise ConfigError(f"cannot write to {options.out}: {error.strerror}; choose another --out") from None
    print(f"page     {page}")
    return 0


def read_recipe(options: argparse.Namespace) -> LoadedRecipe:
    """The recipe that was given, else the defaults; what the command line overrides counts for both."""
    overrides = input_overrides(options)
    if options.recipe is None:
        return parse_recipe(DEFAULTS, Path("the defaults"), overrides)
    return load_recipe(options.recipe, overrides)


def _plan(path: Path, loaded: LoadedRecipe, real: RealConfig) -> tuple[UnitStage, Source]:
    if not path.exists():
        raise ConfigError(f"--explain: there is no file {str(path)!r}; give a video, or the folder of a capture")
    floor = loaded.recipe.floor
    if format_of(path) is not None:
        return CaptureStage(config=real, floor=floor), capture_sources((str(path),), read_options(real.posed))[0]
    if path.is_dir():
        raise ConfigError(f"--explain: {str(path)!r} is a folder and no posed capture; give one video in it")
    return CurateStage(config=real, floor=floor), video_sources(str(path))[0]


def _explanation(
    options: argparse.Namespace, path: Path, loaded: LoadedRecipe, stage: UnitStage, units: list[Unit]
) -> Explanation:
    recipe = loaded.recipe
    assert recipe.real is not None
    worker = stage.build()
    try:
        found = [rehearse(worker, unit, with_frames=True) for unit in units]
    finally:
        worker.close()
    failed = [each for each in found if each.reason]
    rows = [*judged_rows(found, recipe.select), *(row for each in failed for row in each.rows)]
    place = {unit.unit_id: number for number, unit in enumerate(units)}
    return Explanation(
        name=units[0].source.uri,
        facts=_capture_facts(path, recipe.real) if isinstance(stage, CaptureStage) else _file_facts(path, recipe.real),
        rows=tuple(sorted(rows, key=lambda row: (place[row["unit_id"]], row["key"]))),
        frames={key: frames for each in found for key, frames in each.frames.items()},
        scores=tuple(sorted({name for each in found for name in each.scores})),
        thresholds=(
            *floor_thresholds(to_plain(recipe.floor)),
            *selection_thresholds(to_plain(recipe.select)),
        ),
        failures=tuple((each.reason, each.detail) for each in failed),
        lost_units=frozenset(each.unit.unit_id for each in failed),
        recorded=_recorded(options, units),
        settings=_settings(loaded),
    )


def _settings(loaded: LoadedRecipe) -> str:
    select = loaded.recipe.select
    rules = f"{len(select.rules)} rules of select" if select.rules else "no rule of select"
    alone = ""
    if select.near_duplicate_bits or select.max_per_source:
        alone = "; near duplicates and caps are judged within this input alone"
    return f"{loaded.name}: its floor and {rules}{alone}"


def _file_facts(path: Path, real: RealConfig) -> tuple[tuple[str, str], ...]:
    with FileReader(real.limits) as reader:
        return reader.facts(str(path.resolve()), real.size_px, real.decoder).facts


def _capture_facts(path: Path, real: RealConfig) -> tuple[tuple[str, str], ...]:
    found = format_of(path)
    assert found is not None
    try:
        capture = read_capture(path, read_options(real.posed))
    except SourceError:
        return (("format", found.name),)
    return (("format", found.name), *_of_capture(capture))


def _of_capture(capture: Capture) -> tuple[tuple[str, str], ...]:
    cameras = capture.cameras
    posed = int(capture.camera_valid.sum())
    clock = "none: frames in the order of their names"
    if capture.times is not None:
        seconds = float((capture.times[-1] - capture.times[0]) * capture.time_base)
        clock = f"{seconds:.2f} s" + (f", {(len(cameras) - 1) / seconds:.4g} frames/s on average" if seconds else "")
    return (
        ("frames", f"{len(cameras)}, {posed} with a camera" + (f", of {capture.video}" if capture.video else "")),
        ("picture", f"{cameras.width_px}x{cameras.height_px}, {capture.lens.kind} lens"),
        ("clock", clock),
        ("poses", f"{capture.pose_source}, {capture.scale} scale, up is known by {capture.up}"),
        ("depth", f"{sum(map(bool, capture.depths))} frames" if capture.depths else "none"),
        ("boxes", f"{len(capture.boxes)} annotated things" if capture.boxes else "none"),
    )


def _recorded(options: argparse.Namespace, units: list[Unit]) -> tuple[str, ...]:
    """What the run's store knows of these units; nothing where there is no store."""
    address = options.store or (None if options.out is None else str(options.out / "store"))
    if address is None or not (Path(address) / "store.json").exists():
        return ()
    store = Store.open(address, create=False)
    failures = store.failures()
    sentences = []
    if units[0].source.sha256 in store.withdrawn():
        sentences.append("the input was withdrawn: publish leaves out whatever is made of it")
    for unit in units:
        receipt, failure = store.receipt(unit.unit_id), failures.get(unit.unit_id)
        if receipt is not None:
            word = f"finished: {receipt.rows} rows, {receipt.sequences} with frames"
            word = "failed as a whole; --retry-failed tries again" if receipt.is_broken else word
        elif failure is not None:
            word = f"{failure.reason} after {failure.attempts} attempts ({failure.detail}); --retry-failed tries again"
        else:
            word = "not done yet with these settings"
        sentences.append(f"unit {unit.unit_id[:12]}: {word}")
    return tuple(sentences)
