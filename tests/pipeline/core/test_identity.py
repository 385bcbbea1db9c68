"""Identity and randomness: if these drift, finished work is thrown away or, worse, wrongly re-used."""

import dataclasses
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from video4spatial.pipeline.core import seeds
from video4spatial.pipeline.core.settings import Settings, canonical_json, fingerprint
from video4spatial.pipeline.core.unit import Product, Source, Unit


@dataclass(frozen=True, kw_only=True)
class Inner(Settings):
    rate: Fraction = Fraction(30000, 1001)
    sizes: tuple[int, ...] = (64, 256)


def make_unit(**changes: object) -> Unit:
    unit = Unit(
        kind="simulation",
        source=Source(uri="procedural:room?seed=1", sha256="ab" * 32, split_group="room-1"),
        stage_versions={"render": 1},
        settings={"frames": 48},
        seed=3,
    )
    return dataclasses.replace(unit, **changes)  # type: ignore[arg-type]


def test_settings_have_one_spelling_whatever_the_order_of_their_keys() -> None:
    assert canonical_json({"b": 1, "a": Inner()}) == b'{"a":{"rate":"30000/1001","sizes":[64,256]},"b":1}'
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})


def test_what_is_not_json_is_refused_rather_than_spelled_by_chance() -> None:
    with pytest.raises(TypeError, match="cannot write ndarray"):
        canonical_json({"x": np.zeros(3)})
    with pytest.raises(ValueError, match="Out of range float"):
        canonical_json({"x": float("nan")})


def test_a_unit_id_changes_with_everything_that_shapes_its_bytes() -> None:
    base = make_unit().unit_id
    assert base == make_unit().unit_id
    assert base != make_unit(seed=4).unit_id
    assert base != make_unit(settings={"frames": 49}).unit_id
    assert base != make_unit(stage_versions={"render": 2}).unit_id
    assert base != make_unit(span=(0, 100)).unit_id


def test_a_unit_id_ignores_where_the_source_lies() -> None:
    moved = Source(uri="elsewhere.mp4", sha256="ab" * 32, split_group="other", location="/mnt/disk2/elsewhere.mp4")
    assert make_unit(source=moved).unit_id == make_unit().unit_id


def test_variants_share_the_group_of_their_original_and_not_its_key() -> None:
    unit_id = "0123456789abcdef" * 4
    original, variant = Product(index=7, sequence=None), Product(index=7, sequence=None, variant=2)
    assert original.key(unit_id) == "0123456789ab-0007"
    assert variant.key(unit_id) == "0123456789ab-0007-v2"
    assert original.variant_group(unit_id) == variant.variant_group(unit_id)


def test_random_numbers_depend_on_every_word_and_on_nothing_else() -> None:
    first = seeds.rng(1, "walk", "unit", 0).random(4)
    np.testing.assert_array_equal(first, seeds.rng(1, "walk", "unit", 0).random(4))
    for other in (seeds.rng(2, "walk", "unit", 0), seeds.rng(1, "light", "unit", 0), seeds.rng(1, "walk", "unit", 1)):
        assert not np.array_equal(first, other.random(4))


def test_words_are_kept_apart() -> None:
    assert seeds.derive(1, "ab", "c") != seeds.derive(1, "a", "bc")
