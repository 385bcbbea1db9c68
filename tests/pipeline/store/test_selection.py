"""Selection. Unseen: a typo'd threshold that drops nothing, a reason that names the wrong rule, twins on both sides."""

import pyarrow as pa
import pytest

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.store.selection import Judgement, Rule, Selection, judge
from video4spatial.pipeline.store.table import join_tables, rows_to_table

BASE = 0b1011 << 40


def table_of(*rows: dict) -> pa.Table:
    """Rows with sensible values where none are given; the key is the position."""
    full = [
        {
            "key": f"k{index:02d}",
            "verdict": "measured",
            "kind": "real",
            "variant_group": f"g{index:02d}",
            "split_group": f"s{index:02d}",
            "source_sha256": f"source {index}",
            "held_out": False,
            **row,
        }
        for index, row in enumerate(rows)
    ]
    return join_tables([rows_to_table(full, ["sharpness", "motion"])])


def fates(judgement: Judgement) -> list[str]:
    return [reason or verdict for verdict, reason in zip(judgement.verdict, judgement.reason, strict=True)]


def test_the_first_rule_that_a_row_fails_gives_its_reason() -> None:
    rules = (
        Rule(score="sharpness", min=60, reason="too_blurred"),
        Rule(score="motion", min=0.1, max=5),
    )
    table = table_of(
        {"sharpness": 80.0, "motion": 1.0},
        {"sharpness": 20.0, "motion": 9.0},
        {"sharpness": 60.0, "motion": 9.0},
        {"sharpness": 61.0, "motion": 0.0},
    )
    judgement = judge(table, Selection(rules=rules))
    assert fates(judgement) == ["kept", "too_blurred", "high_motion", "low_motion"]
    assert judgement.detail[1] == "sharpness 20 is below 60"
    assert judgement.detail[2] == "motion 9 is above 5"


def test_a_rule_judges_only_what_was_measured_and_only_its_kind() -> None:
    rules = (Rule(score="sharpness", min=60, kind="real", reason="too_blurred"),)
    table = table_of({"sharpness": 10.0}, {"sharpness": 10.0, "kind": "simulation"}, {"motion": 1.0})
    judgement = judge(table, Selection(rules=rules))
    assert fates(judgement) == ["too_blurred", "kept", "kept"]
    assert judgement.idle_rules == []


def test_a_column_of_words_is_judged_by_words() -> None:
    table = table_of({"camera_motion": "pan"}, {"camera_motion": "translation"}, {"camera_motion": "static"}, {})
    never = Rule(score="camera_motion", none_of=("pan", "zoom"))
    assert fates(judge(table, Selection(rules=(never,)))) == ["pan", "kept", "kept", "kept"]
    only = Rule(score="camera_motion", one_of=("translation",), reason="no_parallax")
    judgement = judge(table, Selection(rules=(only,)))
    assert fates(judgement) == ["no_parallax", "kept", "no_parallax", "kept"]
    assert judgement.detail[0] == "camera_motion is pan"


def test_words_for_a_number_and_numbers_for_words_are_refused() -> None:
    with pytest.raises(ConfigError, match="'sharpness' holds double, its rule asks for words"):
        judge(table_of({"sharpness": 1.0}), Selection(rules=(Rule(score="sharpness", one_of=("pan",)),)))
    with pytest.raises(ConfigError, match="use a rule for each"):
        Rule(score="camera_motion", one_of=("pan",), min=1)


def test_a_rule_that_judged_nothing_is_told() -> None:
    rules = (Rule(score="sharpnes", min=60), Rule(score="sharpness", min=1, kind="simulation"))
    assert judge(table_of({"sharpness": 10.0}), Selection(rules=rules)).idle_rules == ["sharpnes", "sharpness"]


def test_what_the_floor_or_the_source_decided_stays() -> None:
    table = table_of(
        {"verdict": "rejected", "reason": "black", "sharpness": 1.0},
        {"verdict": "failed", "reason": "undecodable"},
    )
    judgement = judge(table, Selection(rules=(Rule(score="sharpness", min=60, reason="too_blurred"),)))
    assert fates(judgement) == ["black", "undecodable"]
    assert judgement.verdict == ["rejected", "failed"]


def test_of_near_duplicates_the_first_is_kept_with_its_name_on_the_others() -> None:
    table = table_of(
        {"perceptual_hash": BASE},
        {"perceptual_hash": BASE ^ 0b11},
        {"perceptual_hash": ~BASE},
        {"perceptual_hash": BASE ^ 0b1111111},
    )
    judgement = judge(table, Selection(near_duplicate_bits=4))
    assert fates(judgement) == ["kept", "near_duplicate", "kept", "kept"]
    assert judgement.near_duplicate_of == [None, "k00", None, None]
    assert judgement.similar_groups == [("s00", "s01")]
    assert fates(judge(table, Selection())) == ["kept"] * 4


def test_variants_share_the_fate_of_their_original_and_are_no_duplicates_of_it() -> None:
    table = table_of(
        {"perceptual_hash": BASE, "variant_group": "a"},
        {"perceptual_hash": BASE, "variant_group": "a", "variant": 1},
        {"perceptual_hash": BASE, "variant_group": "b"},
        {"perceptual_hash": ~BASE, "variant_group": "b", "variant": 1},
    )
    assert fates(judge(table, Selection(near_duplicate_bits=2))) == ["kept", "kept", "near_duplicate", "near_duplicate"]


def test_rendered_sequences_are_never_near_duplicates() -> None:
    row = {"perceptual_hash": BASE, "kind": "simulation"}
    assert fates(judge(table_of(row, row), Selection(near_duplicate_bits=8))) == ["kept", "kept"]


def test_a_row_that_a_rule_rejected_does_not_push_out_its_twin() -> None:
    rules = (Rule(score="sharpness", min=60, reason="too_blurred"),)
    table = table_of({"perceptual_hash": BASE, "sharpness": 1.0}, {"perceptual_hash": BASE, "sharpness": 90.0})
    assert fates(judge(table, Selection(rules=rules, near_duplicate_bits=4))) == ["too_blurred", "kept"]


def test_a_cap_keeps_the_same_rows_whatever_other_sources_hold() -> None:
    rows = [{"source_sha256": "one"} for _ in range(6)]
    alone = judge(table_of(*rows), Selection(max_per_source=2))
    beside = judge(table_of(*rows, {}, {}), Selection(max_per_source=2))
    assert alone.verdict.count("kept") == 2
    assert beside.verdict[:6] == alone.verdict
    assert set(alone.reason) == {None, "over_source_cap"}


def test_selections_that_make_no_sense_are_refused() -> None:
    for told, make in {
        "needs min, max or both": lambda: Rule(score="sharpness"),
        "min 5 above max 1": lambda: Rule(score="sharpness", min=5, max=1),
        "needs the name of a score": lambda: Rule(score="", min=1),
        "near_duplicate_bits must be 0 to 32": lambda: Selection(near_duplicate_bits=64),
        "max_per_source must not be below 0": lambda: Selection(max_per_source=-1),
        "held_out_paths must not be below 0": lambda: Selection(held_out_paths=-1),
    }.items():
        with pytest.raises(ConfigError, match=told):
            make()


def test_a_rule_over_words_is_refused() -> None:
    with pytest.raises(ConfigError, match="'scene' holds string, its rule asks for a number"):
        judge(table_of({"scene": "kitchen"}), Selection(rules=(Rule(score="scene", min=1),)))
