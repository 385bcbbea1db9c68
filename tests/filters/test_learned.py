"""Users' networks. Unseen: other weights under the same unit, pixels in another order, a missing runtime found late."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from video4spatial.filters import learned
from video4spatial.filters.config import AugmentConfig, Floor, RealConfig
from video4spatial.filters.learned import LearnedScores
from video4spatial.filters.stage import CurateStage
from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.pipeline.core.unit import Product, Unit

CONFIG = RealConfig(size_px=64, augment=AugmentConfig(lighting_variants=1, occluder_variants=0))


def field(number: int, value: int | str | bytes) -> bytes:
    """One protobuf field."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def tensor_type(shape: tuple[int | str, ...]) -> bytes:
    dims = b"".join(field(1, field(1, side) if isinstance(side, int) else field(2, side)) for side in shape)
    return field(1, field(1, 1) + field(2, dims))


def onnx(
    *,
    shape: tuple[int | str, ...] = ("n", 3, 32, 48),
    weights: tuple[float, float, float] = (1.0, 0.0, 0.0),
    axes: tuple[int, ...] = (1, 2, 3),
    meta: Mapping[str, str] | None = None,
) -> bytes:
    """A network: the sum over channels of weight times mean, built by hand as onnx.proto has it."""
    initializer = field(1, 1) + field(1, 3) + field(1, 1) + field(1, 1)
    initializer += field(2, 1) + field(8, "w") + field(9, struct.pack("<4f", *weights, 0)[:12])
    product = field(1, "x") + field(1, "w") + field(2, "y") + field(4, "Mul")
    ints = b"".join(field(8, axis) for axis in axes)
    options = field(5, field(1, "axes") + ints + field(20, 7)) + field(
        5, field(1, "keepdims") + field(3, 0) + field(20, 2)
    )
    mean = field(1, "y") + field(2, "s") + field(4, "ReduceMean") + options
    graph = field(1, product) + field(1, mean) + field(2, "g") + field(5, initializer)
    graph += field(11, field(1, "x") + field(2, tensor_type(shape)))
    graph += field(12, field(1, "s") + field(2, tensor_type(("n",))))
    props = b"".join(field(14, field(1, key) + field(2, value)) for key, value in (meta or {}).items())
    return field(1, 8) + field(7, graph) + field(8, field(2, 13)) + props


@pytest.fixture
def network(tmp_path: Path) -> Callable[..., str]:
    """Writes a network; gives its path."""

    def write(name: str = "net.onnx", **how: Any) -> str:
        path = tmp_path / name
        path.write_bytes(onnx(**how))
        return str(path)

    return write


def curate(edited: Path, source_of: Callable, paths: Mapping[str, str]) -> list[Product]:
    stage = CurateStage(config=replace(CONFIG, learned_scores=paths), floor=Floor(min_frames=2))
    return run(stage, stage.units([source_of(edited)], 1)[0])


def run(stage: CurateStage, unit: Unit) -> list[Product]:
    worker = stage.build()
    try:
        return list(worker(unit))
    finally:
        worker.close()


def test_clips_and_variants_get_the_networks_scores_and_dropped_ones_do_not(
    edited: Path, source_of: Callable, network: Callable
) -> None:
    paths = {"red": network("red.onnx", weights=(3.0, 0.0, 0.0)), "blue": network("blue.onnx", weights=(0.0, 0.0, 3.0))}
    products = curate(edited, source_of, paths)
    whole = [product for product in products if product.sequence is not None]
    assert {product.variant for product in whole} == {0, 1}
    for product in whole:
        picked = product.sequence.frames[[int((n + 0.5) * len(product.sequence.frames) / 4) for n in range(4)]]
        red, _, blue = picked.mean(axis=(0, 1, 2)) / 255
        assert product.scores["learned_red"] == pytest.approx(red, abs=0.01)
        assert product.scores["learned_blue"] == pytest.approx(blue, abs=0.01)
    plain = [product.scores for product in curate(edited, source_of, {}) if not product.variant]
    bare = [
        {name: value for name, value in product.scores.items() if not name.startswith("learned_")}
        for product in products
        if not product.variant
    ]
    assert bare == plain


def test_mean_std_and_frames_are_the_network_s_own(edited: Path, source_of: Callable, network: Callable) -> None:
    meta = {"mean": "0.5,0.5,0.5", "std": "0.25,1,1", "frames": "1"}
    paths = {"plain": network("a.onnx", meta={"frames": "1"}), "own": network("b.onnx", meta=meta)}
    for product in curate(edited, source_of, paths):
        if product.sequence is not None:
            expected = (3 * product.scores["learned_plain"] - 0.5) / 0.25 / 3
            assert product.scores["learned_own"] == pytest.approx(expected, abs=1e-4)


def test_a_network_for_one_frame_at_a_time_gives_what_one_for_many_gives(
    edited: Path, source_of: Callable, network: Callable
) -> None:
    paths = {"one": network("one.onnx", shape=(1, 3, 32, 48)), "many": network("many.onnx")}
    for product in curate(edited, source_of, paths):
        if product.sequence is not None:
            assert product.scores["learned_one"] == pytest.approx(product.scores["learned_many"], abs=1e-6)


def test_the_unit_is_named_by_the_weights_not_by_their_path(
    edited: Path, source_of: Callable, network: Callable
) -> None:
    def unit_id(paths: Mapping[str, str]) -> str:
        return CurateStage(config=replace(CONFIG, learned_scores=paths)).units([source_of(edited)], 1)[0].unit_id

    one, same = network("one.onnx"), network("same.onnx")
    other = network("other.onnx", weights=(0.0, 1.0, 0.0))
    assert unit_id({"red": one}) == unit_id({"red": same})
    assert len({unit_id({}), unit_id({"red": one}), unit_id({"red": other}), unit_id({"rot": one})}) == 4


def test_what_cannot_be_used_is_refused_before_anything_starts(
    edited: Path, source_of: Callable, network: Callable, tmp_path: Path
) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"\x08\x08\x3a\x05hello")
    refused = {
        "cannot be read": {"red": str(tmp_path / "absent.onnx")},
        "does not load": {"red": str(tmp_path / "broken.onnx")},
        "one input of shape": {"red": network("flat.onnx", shape=("n", 3, "h", "w"))},
        "mean = 'grey', 3 numbers": {"red": network("grey.onnx", meta={"mean": "grey"})},
        "std above 0": {"red": network("zero.onnx", meta={"std": "1,0,1"})},
        "one each is asked for": {"red": network("map.onnx", axes=(2, 3))},
        "lower-case letters": {"Red": network("name.onnx")},
    }
    for told, paths in refused.items():
        with pytest.raises(ConfigError, match=told):
            CurateStage(config=replace(CONFIG, learned_scores=paths)).units([source_of(edited)], 1)


def test_without_the_runtime_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch, network: Callable) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(learned.importlib, "import_module", absent)
    assert LearnedScores({}).networks == {}
    with pytest.raises(ConfigError, match=r"pip install 'video4spatial\[learned\]'"):
        LearnedScores({"red": network()})


def test_weights_that_change_during_a_run_and_numbers_that_are_none_fail_by_name(
    edited: Path, source_of: Callable, network: Callable
) -> None:
    path = network()
    stage = CurateStage(config=replace(CONFIG, learned_scores={"red": path}), floor=Floor(min_frames=2))
    unit = stage.units([source_of(edited)], 1)[0]
    network(weights=(0.5, 0.0, 0.0))
    with pytest.raises(SourceError, match="changed since the run was planned"):
        run(stage, unit)
    network(weights=(np.nan, 0.0, 0.0))
    with pytest.raises(SourceError, match="gave nan"):
        run(stage, stage.units([source_of(edited)], 1)[0])
