"""Small units, sequences and stores for the tests of the store. Everything is a function of the numbers given."""

import hashlib
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np

from video4spatial.pipeline.core.camera import Cameras, pinhole
from video4spatial.pipeline.core.sequence import Provenance, Sequence
from video4spatial.pipeline.core.unit import Product, Source, Unit

SIZE_PX = 16
FRAMES = 4


def make_unit(number: int, kind: Literal["simulation", "real"] = "simulation", group: str | None = None) -> Unit:
    """A unit of its own source; real ones are recordings without cameras."""
    source = Source(
        uri=f"procedural:room?seed={number}" if kind == "simulation" else f"film_{number}.mp4",
        sha256=hashlib.sha256(f"{kind} {number}".encode()).hexdigest(),
        split_group=group or f"{kind}-{number}",
        location=f"/somewhere/private/{number}",
    )
    return Unit(kind=kind, source=source, stage_versions={"make": 1}, settings={"size_px": SIZE_PX}, seed=number)


def make_sequence(
    unit: Unit,
    number: int,
    *,
    frames: int = FRAMES,
    size_px: int = SIZE_PX,
    posed: bool | None = None,
    variant: Mapping[str, Any] | None = None,
) -> Sequence:
    """A texture that moves to the right, with a camera that moves forward where it is posed."""
    random = np.random.default_rng(number)
    texture = random.integers(40, 216, (size_px // 4, size_px // 4, 3)).repeat(4, 0).repeat(4, 1)
    pictures = np.stack([np.roll(texture, shift, axis=1) for shift in range(frames)]).astype(np.uint8)
    known: dict[str, Any] = {}
    if posed if posed is not None else unit.kind == "simulation":
        known = _known(random, frames, size_px)
    return Sequence(
        frames=pictures,
        times=np.arange(frames, dtype=np.int64) * 1001 + 17,
        time_base=Fraction(1, 12012),
        provenance=Provenance(
            source_uri=unit.source.uri,
            source_sha256=unit.source.sha256,
            start=number,
            stop=number + frames,
            unit_id=unit.unit_id,
            seed=unit.seed,
        ),
        variant=variant or {},
        **known,
    )


def _known(random: np.random.Generator, frames: int, size_px: int) -> dict[str, Any]:
    world_from_camera = np.repeat(np.eye(4)[None], frames, axis=0)
    world_from_camera[:, 2, 3] = np.arange(frames) / 3.0
    return {
        "cameras": Cameras(
            world_from_camera=world_from_camera,
            image_from_camera=pinhole(frames, size_px, size_px, 70.0),
            width_px=size_px,
            height_px=size_px,
        ),
        "camera_valid": np.ones(frames, dtype=bool),
        "pose_source": "rendered",
        "scale": "metric",
        "depth_m": random.uniform(0.2, 9.0, (frames, size_px // 4, size_px // 4)).astype(np.float32),
        "object_id": random.integers(0, 5, (frames, size_px // 4, size_px // 4)).astype(np.int32),
        "covisibility": random.random((2, 2)).astype(np.float16),
        "covisibility_frames": (0, frames - 1),
        "objects": ({"id": 3, "category": "chair", "words": ["red"], "visible_px": [9] * frames},),
        "tasks": ({"task": "navigation"},),
    }


def make_products(
    unit: Unit,
    count: int = 3,
    *,
    variants: bool = True,
    size_px: int = SIZE_PX,
    columns: Mapping[str, int] | None = None,
) -> Iterator[Product]:
    """`count` sequences with rising brightness, a variant of the first, and one row below the floor."""
    for index in range(count):
        sequence = make_sequence(unit, index, size_px=size_px)
        yield make_product(unit, index, sequence, {"brightness": 40.0 + 10.0 * index}, columns)
        if index == 0 and variants:
            lit = make_sequence(unit, 100 + index, size_px=size_px, variant={"kind": "lighting", "gain": 1.5})
            yield make_product(unit, index, lit, {"brightness": 90.0}, columns, variant=1)
    yield Product(
        index=count,
        sequence=None,
        scores={"brightness": 1.0},
        verdict="rejected",
        reason="black",
        detail="brightness 1 is below the floor 5",
        start=50,
        stop=60,
        thumbnail_jpeg=b"\xff\xd8 small",
    )


def make_product(
    unit: Unit,
    index: int,
    sequence: Sequence,
    scores: Mapping[str, float],
    columns: Mapping[str, int] | None = None,
    variant: int = 0,
) -> Product:
    posed = sequence.cameras is not None
    return Product(
        index=index,
        sequence=sequence,
        scores=scores,
        columns=columns or {},
        variant=variant,
        scene=unit.source.split_group if posed else "",
        task="navigation" if posed else "none",
        start=sequence.provenance.start,
        stop=sequence.provenance.stop,
    )


def files_of(folder: Path) -> dict[str, str]:
    """sha256 by relative path of every file that a reader could see."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
