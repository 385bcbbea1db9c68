"""Splits. Unseen: a room that is trained and tested on, an empty validation set, rooms that wander when data grows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.store.splits import SIDES, Splits, draw_splits, hold_out_paths

NAMES = st.lists(st.text("abcdef-0123456789", min_size=1, max_size=6), unique=True, max_size=12)


def counts(sides: dict[str, str]) -> dict[str, int]:
    return {side: list(sides.values()).count(side) for side in SIDES}


@given(posed=NAMES, films=NAMES, data=st.data())
@settings(max_examples=60, deadline=None)
def test_no_side_is_empty_from_three_groups_on_and_similar_ones_stay_together(
    posed: list[str], films: list[str], data: st.DataObject
) -> None:
    groups = {f"room-{name}": True for name in posed} | {f"film-{name}": False for name in films}
    names = st.sampled_from(sorted(groups) or ["none"])
    similar = data.draw(st.lists(st.tuples(names, names), max_size=3)) if groups else []
    sides, moved = draw_splits(groups, similar, Splits())
    assert set(sides) == set(groups)
    assert all(sides[a] == sides[b] for a, b in similar)
    joined = len(posed) - sum(a != b for a, b in similar)
    if joined >= 3:
        assert all(counts({group: side for group, side in sides.items() if groups[group]}).values())
    elif len(groups) - len(similar) >= 3 and not posed:
        assert all(counts(sides).values())
    assert len(moved) <= len(groups)


@pytest.mark.parametrize("seed", range(20))
def test_six_rooms_give_four_to_train_and_one_to_each_other_side(seed: int) -> None:
    groups = {f"room-{seed}-{number}": True for number in range(6)}
    assert counts(draw_splits(groups, [], Splits())[0]) == {"train": 4, "val": 1, "test": 1}


def test_what_was_moved_is_told() -> None:
    for seed in range(40):
        groups = {f"room-{seed}-{number}": True for number in range(3)}
        sides, moved = draw_splits(groups, [], Splits())
        for sentence in moved:
            name, _, rest = sentence.partition(" moved from ")
            giver, _, rest = rest.partition(" to ")
            assert sides[name] == rest.partition(",")[0] != giver
        if moved:
            return
    pytest.fail("forty times three rooms fell on three sides by themselves")


def test_a_group_stays_where_it_is_when_data_grows() -> None:
    few = draw_splits({f"room-{number}": True for number in range(60)}, [], Splits())
    many = draw_splits({f"room-{number}": True for number in range(600)}, [], Splits())
    assert few[1] == many[1] == ()
    assert all(many[0][name] == side for name, side in few[0].items())
    assert 0.7 < counts(many[0])["train"] / 600 < 0.9


def test_groups_joined_through_a_third_stand_on_one_side() -> None:
    groups = {f"film-{number}": False for number in range(40)}
    chain = [("film-1", "film-2"), ("film-3", "film-2"), ("film-3", "film-9")]
    sides = draw_splits(groups, chain, Splits())[0]
    assert len({sides[f"film-{number}"] for number in (1, 2, 3, 9)}) == 1


def test_a_side_without_a_share_stays_empty() -> None:
    groups = {f"room-{number}": True for number in range(10)}
    assert counts(draw_splits(groups, [], Splits(train=0.7, val=0.3, test=0.0))[0])["test"] == 0


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    for shares in ({"train": 0.9}, {"train": 0.0, "val": 0.5, "test": 0.5}, {"train": 1.1, "val": -0.2, "test": 0.1}):
        with pytest.raises(ConfigError, match=r"shares that sum to 1"):
            Splits(**shares)


def test_paths_are_held_out_at_every_height_and_one_always_stays() -> None:
    paths = {
        "room-1": {64: ["a", "a", "b", "c"], 256: ["d", "e"]},
        "room-2": {64: ["f"]},
    }
    for count in (0, 1, 2, 9):
        held = hold_out_paths(paths, count)
        assert len(held & {"a", "b", "c"}) == min(count, 2)
        assert len(held & {"d", "e"}) == min(count, 1)
        assert "f" not in held
    assert hold_out_paths(paths, 1) < hold_out_paths(paths, 2)


@pytest.mark.parametrize("films", [0, 1, 5])
@pytest.mark.parametrize("seed", range(12))
def test_the_only_room_with_cameras_trains_and_of_two_one_does(seed: int, films: int) -> None:
    rest = {f"film-{seed}-{number}": False for number in range(films)}
    one, moved_one = draw_splits({f"room-{seed}": True, **rest}, [], Splits())
    assert one[f"room-{seed}"] == "train"
    two, moved_two = draw_splits({f"room-{seed}": True, f"lounge-{seed}": True, **rest}, [], Splits())
    assert sum(two[name] == "train" for name in (f"room-{seed}", f"lounge-{seed}")) == 1
    assert all(" moved from " in sentence for sentence in (*moved_one, *moved_two))


def test_what_was_moved_for_one_or_two_rooms_is_told() -> None:
    told = set()
    for seed in range(60):
        for groups in ({f"room-{seed}": True}, {f"room-{seed}": True, f"lounge-{seed}": True}):
            sides, moved = draw_splits(groups, [], Splits())
            for sentence in moved:
                name, _, rest = sentence.partition(" moved from ")
                assert sides[name] == rest.partition(" to ")[2].partition(",")[0]
                told.add((len(groups), sides[name]))
    assert told == {(1, "train"), (2, "train"), (2, "val")}


def test_where_no_other_side_has_a_share_both_rooms_train() -> None:
    for seed in range(20):
        sides, _ = draw_splits({f"a{seed}": True, f"b{seed}": True}, [], Splits(train=1.0, val=0.0, test=0.0))
        assert set(sides.values()) == {"train"}


def test_three_rooms_and_more_stand_where_they_always_stood() -> None:
    """Unseen, data that is published again would change sides."""
    sides, moved = draw_splits({f"room-{number}": True for number in range(6)} | {"film": False}, [], Splits())
    assert [sides[f"room-{number}"] for number in range(6)] == ["test", "val", "train", "train", "train", "train"]
    assert (sides["film"], moved) == ("train", ())
    assert draw_splits({f"hall-{number}": True for number in range(3)}, [], Splits()) == (
        {"hall-0": "test", "hall-1": "train", "hall-2": "val"},
        (
            "hall-2 moved from train to val, which had too few groups",
            "hall-0 moved from train to test, which had too few groups",
        ),
    )
