"""Fills ReportFacts from what the steps of a run left behind: store, run.json, metrics, evaluation, scenes."""

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from video4spatial.pipeline.commands.context import RunContext
from video4spatial.pipeline.commands.inputs import FILM_NAME
from video4spatial.pipeline.commands.next_commands import next_commands
from video4spatial.pipeline.core.settings import to_plain
from video4spatial.pipeline.engine.environment import environment
from video4spatial.pipeline.report.facts import (
    CameraPath,
    FailedUnit,
    Picture,
    ReportFacts,
    SceneMap,
    Showcase,
    Step,
    Strip,
    VersionFacts,
)
from video4spatial.pipeline.report.gather import (
    floor_thresholds,
    picture_of,
    read_scene_map,
    selection_thresholds,
    wanted_pictures,
)
from video4spatial.pipeline.store.reader import Reader
from video4spatial.pipeline.store.version import Version

STEPS = ("simulate", "curate", "publish", "train", "evaluate", "sample", "showcase")

NOT_RUN = {
    "Camera poses of videos": "estimated only where `real.poses.estimate` asks for it; without, videos train no paths",
    "Habitat renderer": "this version renders with the embedded renderer only",
    "LPIPS, FVD, learned judges": "they need downloaded weights; nothing stands in for them",
}
"""What a reader may look for in vain, and why."""


def gather_facts(context: RunContext) -> ReportFacts:
    """Everything the run knows about itself; what a step did not leave is missing in the page too."""
    published = context.state.get("publish")
    version = context.store.version(published["version"]) if published else None
    run_dir = _folder(context, "train", "train")
    evaluation_dir = _folder(context, "evaluation", "evaluate")
    result = json.loads((evaluation_dir / "result.json").read_text()) if evaluation_dir else None
    selected = selection_thresholds(version.manifest["selection"]) if version else ()
    pictures, paths = _pictures_and_paths(version) if version else ((), {})
    return ReportFacts(
        title=context.recipe.name,
        command=context.command,
        recipe_name=context.loaded.name,
        recipe_text=context.loaded.text,
        version=_version_facts(version, published) if version and published else None,
        table=version.table() if version else None,
        thresholds=(*floor_thresholds(to_plain(context.recipe.floor)), *selected),
        synthetic_sources=frozenset({FILM_NAME}),
        failed_units=_failed_units(context, version),
        pictures=pictures,
        showcase=_showcase(context),
        maps=_maps(context.scene_folder, paths),
        metrics=_metrics(run_dir) if run_dir else (),
        evaluation=result,
        strips=_strips(evaluation_dir) if evaluation_dir else (),
        model=_model(run_dir) if run_dir else {},
        steps=tuple(
            _step(name, context.state.get("steps", {})[name])
            for name in STEPS
            if name in context.state.get("steps", {})
        ),
        not_run=NOT_RUN | dict((result or {}).get("not_run", {})),
        hashes=_hashes(context, version),
        environment=environment(),
        next_commands=next_commands(context),
    )


def _folder(context: RunContext, folder: str, step: str) -> Path | None:
    left = context.state.get(step)
    return context.out / folder / left["id"] if left else None


def _version_facts(version: Version, published: dict[str, Any]) -> VersionFacts:
    return VersionFacts(
        name=version.name,
        content=version.content,
        created=bool(published["created"]),
        moved=tuple(published["moved"]),
        manifest=version.manifest,
    )


def _pictures_and_paths(version: Version) -> tuple[tuple[Picture, ...], dict[str, list[CameraPath]]]:
    """Frames of the rows worth showing (rejected ones too), and every camera path by scene."""
    table = version.table()
    wanted = set(wanted_pictures(table))
    rows = _with_bytes(version, table)
    reader = Reader(version.blobs, rows)
    pictures = tuple(
        picture_of(row["key"], reader.read(index)) for index, row in enumerate(rows) if row["key"] in wanted
    )
    paths: dict[str, list[CameraPath]] = {}
    for index, row in enumerate(rows):
        if _can_be_mapped(row):
            cameras = reader.cameras(index)
            assert cameras is not None
            path = CameraPath(key=row["key"], world_from_camera=cameras.world_from_camera)
            paths.setdefault(row["scene"] or row["split_group"], []).append(path)
    return pictures, paths


def _with_bytes(version: Version, table: pa.Table) -> list[dict[str, Any]]:
    """The rows that can be shown: what the version does not keep may have been collected (`gc --originals`)."""
    rows = [row for row in table.drop_columns(["thumbnail_jpeg"]).to_pylist() if row["shard"]]
    gone = {path for path in {row["shard"] for row in rows} if version.blobs.size(path) is None}
    return [row for row in rows if row["verdict"] == "kept" or row["shard"] not in gone]


def _can_be_mapped(row: Mapping[str, Any]) -> bool:
    """Has it cameras in metres, in a world that has an above?"""
    has_metres = row["pose_source"] != "none" and row["scale"] == "metric"
    return has_metres and not row["variant"] and row.get("up") != "unknown"


def _maps(scene_folder: Path, paths: dict[str, list[CameraPath]]) -> tuple[SceneMap, ...]:
    return tuple(read_scene_map(scene_folder, scene, tuple(paths[scene])) for scene in sorted(paths))


def _showcase(context: RunContext) -> Showcase | None:
    left = context.state.get("showcase")
    if left is None:
        return None
    folder = context.out / "showcase" / left["folder"]
    made = json.loads((folder / "showcase.json").read_text())
    seeds = [house["seed"] for house in made["houses"]]
    with Image.open(folder / "houses.jpg") as sheet:
        pixels = np.asarray(sheet.convert("RGB"))
    return Showcase(
        sheet=pixels,
        film_mp4=(folder / "walk.mp4").read_bytes(),
        film_px=(made["walk"]["width_px"], made["walk"]["height_px"]),
        houses=len(seeds),
        seeds=(seeds[0], seeds[-1]),
        walked=made["walk"]["seed"],
        seconds=made["walk"]["seconds"],
        rate_fps=made["walk"]["rate_fps"],
    )


def _metrics(run_dir: Path) -> tuple[dict[str, Any], ...]:
    path = run_dir / "metrics.jsonl"
    return tuple(json.loads(line) for line in path.read_text().splitlines()) if path.exists() else ()


def _strips(folder: Path) -> tuple[Strip, ...]:
    strips = []
    for path in sorted((folder / "strips").glob("*.npz")):
        with np.load(path, allow_pickle=False) as arrays:
            words = {name: str(arrays[name]) for name in ("set", "key", "scene")}
            frames = {name: arrays[name] for name in ("context", "truth", "sampled", "nearest")}
        strips.append(Strip(**words, **frames))  # type: ignore[arg-type]
    return tuple(strips)


def _failed_units(context: RunContext, version: Version | None) -> tuple[FailedUnit, ...]:
    return tuple(
        FailedUnit(
            unit_id=failure.unit_id,
            source_uri=failure.source_uri,
            reason=failure.reason,
            detail=failure.detail,
            attempts=failure.attempts,
        )
        for failure in context.store.failures().values()
        if version is not None and failure.unit_id in str(version.manifest["failed_units"])
    )


def _model(run_dir: Path) -> dict[str, str | int | float]:
    """The plain facts of train.json; hashes stand elsewhere in the page."""
    record = json.loads((run_dir / "train.json").read_text())
    return {key: value for key, value in record.items() if isinstance(value, (str, int, float)) and key != "settings"}


def _step(name: str, facts: dict[str, Any]) -> Step:
    known = {field.name for field in fields(Step)}
    return Step(name=name, **{key: value for key, value in facts.items() if key in known})


def _hashes(context: RunContext, version: Version | None) -> dict[str, str]:
    hashes: dict[str, str] = {
        name: str(context.state[name]["id"]) for name in ("train", "evaluate") if name in context.state
    }
    if version is not None:
        hashes["recipe sha256"] = version.manifest["recipe"]["sha256"]
    return hashes
