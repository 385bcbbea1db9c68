"""A made-up run for the report's tests: every number here is test data, shaped like what the engine would hand over.

Seven ray-cast rooms with variants, one synthetic film and two more videos (one broken), a training run, an evaluation.
"""

import io
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tests.pipeline.report.fake_room import SIZE_M, draw_plan, make_room, make_walk, render
from video4spatial.pipeline.report.facts import (
    CameraPath,
    FailedUnit,
    Picture,
    ReportFacts,
    SceneMap,
    Step,
    Strip,
    Threshold,
    VersionFacts,
)
from video4spatial.pipeline.store.table import rows_to_table

FILM = "synthetic_film.mp4"
SPLITS = ("train", "train", "train", "train", "val", "test", "train")
SCORES = ("brightness", "frozen_share", "geometry_error", "min_clearance_m", "motion", "path_length_m", "sharpness")
Row = dict[str, Any]


@cache
def fake_facts() -> ReportFacts:
    """The whole made-up run, made once: facts are frozen."""
    rows = [*simulated_rows(), *real_rows()]
    return ReportFacts(
        title="test-data",
        command="v4s run recipes/demo.yaml --out runs/test-data",
        recipe_name="recipes/demo.yaml",
        recipe_text="# TEST DATA\nseed: 0\nsimulation:\n  rooms: 7\nselect: # <b>not bold</b>\n  rules: []\n",
        version=VersionFacts(
            name="test-data@2",
            content="7d1a" * 16,
            created=True,
            moved=("room-4 from train to val",),
            manifest={"complete": False, "rows": len(rows), "failed_units": ["9c1e"], "code": {"package": "0.1.0"}},
        ),
        table=rows_to_table(rows, SCORES),
        thresholds=(
            Threshold(score="brightness", min=0.06, reason="too_dark", where="floor"),
            Threshold(score="sharpness", min=40.0, reason="too_blurred", kind="real"),
            Threshold(score="motion", max=60.0, reason="too_fast", kind="real"),
        ),
        score_units={"sharpness": "squared luma levels", "brightness": "0 to 1", "motion": "px per frame at 160 px"},
        synthetic_sources=frozenset({FILM}),
        failed_units=(
            FailedUnit(
                unit_id="9c1e" * 16,
                source_uri="garden.mov",
                reason="timed_out",
                detail="The decoder gave no frame for 60 s and was killed.",
                attempts=3,
            ),
        ),
        pictures=tuple(pictures()),
        maps=tuple(maps()),
        metrics=tuple(metrics()),
        evaluation=evaluation(),
        strips=tuple(strips()),
        model={"parameters": 4_012_345, "frame size": "64 x 64 px", "precision": "bf16", "optimizer": "muon"},
        steps=(
            Step(name="simulate", wall_s=61.3, done=7, reused=0, failed=0),
            Step(name="curate", wall_s=9.4, done=2, reused=0, failed=1, note="garden.mov timed out three times"),
            Step(name="publish", wall_s=0.62),
            Step(name="train", wall_s=262.0, done=700, reused=800, note="resumed at step 800 of 1500"),
            Step(name="evaluate", wall_s=38.0),
        ),
        not_run={"habitat renderer": "habitat-sim is not installed here; scenes were drawn by the embedded renderer"},
        hashes={"weights sha256": "0be4" * 16, "recipe sha256": "55aa" * 16},
        environment={"python": "3.11.9", "torch": "2.13.0+cpu", "cpu": "2 cores (test data)"},
        next_commands=("v4s datasets show test-data@2", "v4s sample runs/test-data --scene room-5"),
    )


def simulated_rows() -> list[Row]:
    rng, rows = np.random.default_rng(1), []
    for room, split in enumerate(SPLITS):
        for walk in range(4):
            for variant, kind in enumerate(("original", "lighting", "occluder")[: 3 if walk == 0 else 1]):
                size = 128 if walk == 3 else 64
                row = base_row(room, walk, variant) | {
                    "kind": "simulation",
                    "split": split,
                    "split_group": f"room-{room}",
                    "held_out": split == "train" and walk == 2,
                    "variant_kind": None if kind == "original" else kind,
                    "scene": f"room-{room}",
                    "task": "navigation",
                    "n_frames": 48,
                    "height": size,
                    "width": size,
                    "fps": 12.0,
                    "pose_source": "rendered",
                    "source_uri": f"procedural:room?seed={room}",
                    "brightness": float(rng.normal(0.46, 0.08) * (0.6 if kind == "lighting" else 1)),
                    "geometry_error": float(abs(rng.normal(0.004, 0.001))),
                    "path_length_m": float(rng.uniform(2.4, 6.2)),
                    "min_clearance_m": float(rng.uniform(0.22, 0.6)),
                }
                rows.append(row)
    return rows


def real_rows() -> list[Row]:
    rng, rows = np.random.default_rng(2), []
    for clip in range(14):
        for film, name in enumerate((FILM, "kitchen & <hall>.mp4")):
            row = base_row(50 + film, clip, 0) | {
                "kind": "real",
                "split": "train",
                "split_group": name[:5],
                "n_frames": 48,
                "height": 128,
                "width": 228,
                "fps": 12.0,
                "pose_source": "none",
                "source_uri": name,
                "start": clip * 96,
                "stop": clip * 96 + 96,
                "brightness": float(rng.uniform(0.2, 0.7)),
                "sharpness": float(rng.gamma(2, 55)),
                "motion": float(rng.gamma(2, 9)),
                "frozen_share": float(rng.beta(1, 12)),
            }
            rows.append(row | rejection(row, clip))
    failed = base_row(60, 0, 0) | {"kind": "real", "verdict": "failed", "source_uri": "broken.avi", "shard": None}
    return [*rows, failed | {"reason": "undecodable", "detail": "broken.avi: frame 0 of 12 does not decode."}]


def rejection(row: Row, clip: int) -> Row:
    """What floor and selection make of a made-up clip."""
    below = {"verdict": "rejected", "shard": None, "n_frames": None, "split": None, "thumbnail_jpeg": thumbnail(clip)}
    if clip % 6 == 5:
        return below | {"reason": "too_dark", "detail": "brightness 0.031 is below 0.06", "brightness": 0.031}
    if clip % 9 == 4:
        return below | {"reason": "too_short", "detail": "7 frames, 12 are needed", "thumbnail_jpeg": None}
    if row["sharpness"] < 40:
        detail = f"sharpness {row['sharpness']:.4g} is below 40"
        return {"verdict": "rejected", "reason": "too_blurred", "detail": detail, "split": None}
    return {}


def base_row(source: int, index: int, variant: int) -> Row:
    key = key_of(source, index, variant)
    return {
        "key": key,
        "shard": f"shards/{source:02x}/{source:064x}.tar",
        "verdict": "kept",
        "variant": variant,
        "variant_group": key_of(source, index, 0),
        "held_out": False,
    }


def key_of(source: int, index: int, variant: int) -> str:
    return f"{source * 7919 + 0xABCDEF:012x}-{index:04d}" + (f"-v{variant}" if variant else "")


def thumbnail(seed: int) -> bytes:
    frame = render(make_room(seed + 90), make_walk(seed, 2)[0], 64, light=0.08)[0]
    buffer = io.BytesIO()
    Image.fromarray(frame).resize((96, 54)).save(buffer, "JPEG", quality=70)
    return buffer.getvalue()


def pictures() -> list[Picture]:
    made = []
    for room in range(len(SPLITS)):
        for walk in (0, 3):
            poses = make_walk(10 * room + walk, 48)[[0, 16, 31, 47]]
            for variant, light in enumerate((1.0, 0.5, 1.0)[: 3 if walk == 0 else 1]):
                views = [render(make_room(room), pose, 128 if walk == 3 else 64, light) for pose in poses]
                frames = np.stack([view[0] for view in views])
                if variant == 2:
                    frames[:, 20:60, 8:26] = (40, 60, 40)
                depth, ids = (views[0][1], views[0][2]) if walk == 3 else (None, None)
                made.append(Picture(key=key_of(room, walk, variant), frames=frames, depth_m=depth, object_id=ids))
    for film in (0, 1):
        for clip in range(14):
            poses = make_walk(200 + clip, 48)[[0, 16, 31, 47]]
            frames = np.stack([render(make_room(70 + film), pose, 128)[0][20:92] for pose in poses])
            if clip % 2:
                frames = blurred(frames, 3.0)
            made.append(Picture(key=key_of(50 + film, clip, 0), frames=frames))
    return made


def blurred(frames: NDArray[np.uint8], radius: float) -> NDArray[np.uint8]:
    return np.stack([np.asarray(Image.fromarray(f).filter(ImageFilter.GaussianBlur(radius))) for f in frames])


def maps() -> list[SceneMap]:
    made = []
    for room in range(len(SPLITS)):
        walks = [CameraPath(key=key_of(room, w, 0), world_from_camera=make_walk(10 * room + w, 48)) for w in range(4)]
        bounds = (0.0, 0.0, *SIZE_M) if room != 6 else None
        plan = draw_plan(make_room(room)) if room != 6 else None
        made.append(SceneMap(scene=f"room-{room}", bounds_m=bounds, plan=plan, paths=tuple(walks)))
    return made


def metrics() -> list[dict[str, Any]]:
    rng, lines = np.random.default_rng(3), []
    for step in range(5, 1501, 5):
        loss = 0.16 + 0.9 * np.exp(-step / 220) + rng.gamma(2, 0.02)
        train = {"loss": float(loss), "lr": 3e-3, "samples_per_s": 61.0 + step % 7, "cpu_s": step / 6, "skipped": 0}
        lines.append({"kind": "train", "step": step, **train})
    for step in range(0, 1501, 150):
        for name, gain in (("held_out", 0.055), ("val", 0.012)):
            gap = gain * (1 - np.exp(-step / 500)) + rng.normal(0, 0.002)
            psnr = 11.2 + (7.5 if name == "held_out" else 4.0) * (1 - np.exp(-step / 400))
            losses = {
                s: float(0.1 + 0.9 * np.exp(-step / 250) + 0.2 * float(s) + 0.3 * gain) for s in ("0.3", "0.6", "0.9")
            }
            lines.append(
                {"kind": "validation", "step": step, "set": name, "loss": losses}
                | {"context_gap": spread(gap, 0.008, 16), "one_step_psnr_db": spread(psnr, 0.7, 16)}
                | {"mean_colour_psnr_db": spread(14.3, 0.5, 16)}
            )
    return lines


def spread(mean: float, half: float, n: int) -> dict[str, float | int]:
    return {"mean": float(mean), "low": float(mean - half), "high": float(mean + 1.1 * half), "n": n}


def evaluation() -> dict[str, Any]:
    sets = {}
    for name, quality in (("held_out", 17.9), ("val", 15.2), ("test", 14.9)):
        scene = scene_of(name)
        keys = [key_of(scene, walk, 0) for walk in (0, 2)]
        psnr = {"model": spread(quality, 0.62, 8), "nearest_context": spread(16.4, 0.9, 8)}
        reprojected = {"model": spread(quality - 1, 0.6, 8), "nearest_context": spread(15.1, 0.8, 8)}
        base = {"mean_colour": spread(14.2, 0.5, 8)}
        values: dict[str, Any] = {
            "psnr_db": psnr | base,
            "depth_reprojection_psnr_db": reprojected | base | {"truth": spread(27.3, 0.7, 8)},
            "depth_reprojection_coverage": spread(0.83, 0.04, 8),
            "one_step_psnr_db": {"model": spread(quality + 0.6, 0.6, 8)} | base,
            "context_gap": spread(0.052 if name == "held_out" else 0.009, 0.012, 8),
        }
        clips = [
            {"key": key, "scene": f"room-{scene}", "psnr_db": {"model": quality + 0.31, "nearest_context": 16.02}}
            | {"context_indices": [0, 5, 11, 30, 47], "target_indices": list(range(12, 24))}
            for key in keys
        ]
        sets[name] = {"n_clips": 8, "n_scenes": 4 if name == "held_out" else 1, "metrics": values, "clips": clips}
    return {"sets": sets, "not_run": {"lpips": "needs weights that are not part of this installation"}}


def scene_of(name: str) -> int:
    return {"held_out": 0, "val": 4, "test": 5}[name]


def strips() -> list[Strip]:
    made = []
    for name in ("held_out", "val", "test"):
        room, scene = make_room(scene_of(name)), scene_of(name)
        for walk in (0, 2):
            frames = np.stack([render(room, pose, 64)[0] for pose in make_walk(10 * scene + walk, 48)])
            context, truth = frames[[0, 5, 11, 30, 47]], frames[12:24]
            nearest = np.stack([context[2]] * 7 + [context[3]] * 5)
            sampled = blurred(truth, 1.2 if name == "held_out" else 2.6)
            made.append(
                Strip(
                    set=name,
                    key=key_of(scene, walk, 0),
                    scene=f"room-{scene}",
                    context=context,
                    truth=truth,
                    sampled=sampled,
                    nearest=nearest,
                )
            )
    return made


def empty_table() -> pa.Table:
    return rows_to_table([], [])
