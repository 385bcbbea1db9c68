"""Rehearsals: what is told of an input that was only looked at. Unseen: an estimate of what no run would make."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.pipeline.engine.toy_stage import ToyStage, toy_sources
from tests.pipeline.store.make import make_products, make_unit
from video4spatial.pipeline.core.unit import Product, Unit
from video4spatial.pipeline.engine.rehearse import judged_rows, rehearse
from video4spatial.pipeline.store import sample
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Store
from video4spatial.pipeline.store.video import encode_h264


class Worker:
    """Gives a real unit three clips and a black one."""

    def __call__(self, unit: Unit) -> list[Product]:
        return list(make_products(unit, 3))

    def close(self) -> None:
        pass


@pytest.mark.parametrize("weigh", [False, True])
def test_a_lying_encoder_costs_the_rehearsed_clip_as_it_does_in_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weigh: bool
) -> None:
    made: list[int] = []

    def lies_once(frames: NDArray[np.uint8], ticks: NDArray[np.int64], time_base: Fraction, crf: int) -> bytes:
        made.append(len(frames))
        kept = slice(1, None) if len(made) == 2 else slice(None)
        return encode_h264(frames[kept], ticks[kept], time_base, crf)

    unit = make_unit(1, "real")
    monkeypatch.setattr(sample, "encode_h264", lies_once)
    rehearsed = rehearse(Worker(), unit, weigh=weigh)
    made.clear()
    store = Store.open(tmp_path)
    store.write_unit(unit, make_products(unit, 3), {})
    published = store.publish("demo", [unit], Selection(), "", {}).version.table(["key", "verdict", "reason"])
    told = [(row["key"], row["verdict"], row["reason"]) for row in judged_rows([rehearsed], Selection())]
    assert told == [tuple(row.values()) for row in published.to_pylist()]
    assert "clip_mismatch" in {reason for _, _, reason in told}
    assert rehearsed.reason == ""


def test_a_broken_input_is_told_with_its_reason() -> None:
    stage = ToyStage()
    (unit,) = stage.units(toy_sources("broken-1"), seed=1)
    rehearsed = rehearse(stage.build(), unit, weigh=True)
    assert (rehearsed.reason, judged_rows([rehearsed], Selection())) == ("undecodable", [])
    assert rehearsed.nbytes > 0, "the row of its index"
