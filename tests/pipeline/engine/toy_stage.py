"""A stage for tests of the engine: cheap sequences, and inputs that break in every way a real one can."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from video4spatial.pipeline.core import seeds
from video4spatial.pipeline.core.errors import SourceError, WorkerLost
from video4spatial.pipeline.core.sequence import Provenance, Sequence
from video4spatial.pipeline.core.stage import Resources
from video4spatial.pipeline.core.unit import Product, Source, Unit


@dataclass(frozen=True, kw_only=True)
class ToyStage:
    """Source uris say what happens: `good-*`, `broken-*`, `mended-*` (broken until a file of that name lies in
    `scratch`), `rejected-*`, `torn-*` (a failed clip beside a good one), `lost-*`, `lost-once-*`, `killer-*`,
    `bug-*`."""

    frames: int = 4
    sleep_s: float = 0.0
    scratch: str = ""
    """Folder where `lost-once` and the tally of begun units leave marks."""

    @property
    def needs(self) -> Resources:
        return Resources(cpus=1.0, memory_gib=0.1)

    def units(self, sources: list[Source], seed: int) -> list[Unit]:
        return [
            Unit(kind="real", source=source, stage_versions={"toy": 1}, settings={"frames": self.frames}, seed=seed)
            for source in sources
        ]

    def build(self) -> "ToyWorker":
        return ToyWorker(self)


class ToyWorker:
    def __init__(self, stage: ToyStage) -> None:
        self._stage = stage

    def __call__(self, unit: Unit) -> Iterator[Product]:
        stage, name = self._stage, unit.source.uri
        if stage.scratch:
            with (Path(stage.scratch) / f"begun-{name}").open("a") as tally:
                tally.write("x")
        if name.startswith("rejected"):
            yield Product(index=0, sequence=None, verdict="rejected", reason="black", detail="all dark")
            return
        if name.startswith("torn"):
            yield Product(index=1, sequence=None, verdict="failed", reason="clip_mismatch", detail="frame 3 is frame 2")
        if name.startswith("broken") or (name.startswith("mended") and not (Path(stage.scratch) / name).exists()):
            raise SourceError(f"{name} is not a video; give another file", reason="undecodable")
        if name.startswith("lost-once"):
            mark = Path(stage.scratch) / f"mark-{name}"
            if not mark.exists():
                mark.touch()
                raise WorkerLost(f"{name} hung", reason="timed_out")
        elif name.startswith("lost"):
            raise WorkerLost(f"{name} hung", reason="timed_out")
        if name.startswith("killer"):
            os._exit(9)
        if name.startswith("bug"):
            raise ZeroDivisionError("a mistake in the code")
        time.sleep(stage.sleep_s)
        frames = seeds.rng(unit.seed, "toy", unit.unit_id).integers(0, 255, (stage.frames, 16, 16, 3), dtype=np.uint8)
        sequence = Sequence(
            frames=frames,
            times=np.arange(stage.frames, dtype=np.int64),
            time_base=Fraction(1, 12),
            provenance=Provenance(
                source_uri=name,
                source_sha256=unit.source.sha256,
                start=0,
                stop=stage.frames,
                unit_id=unit.unit_id,
                seed=unit.seed,
            ),
        )
        yield Product(index=0, sequence=sequence, scores={"sharpness": float(frames.std())}, scene=name)

    def close(self) -> None:
        pass


def toy_sources(*names: str) -> list[Source]:
    return [Source(uri=name, sha256=f"{index:064x}", split_group=name) for index, name in enumerate(names)]
