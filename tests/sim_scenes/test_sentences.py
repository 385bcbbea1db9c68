"""Referring sentences. If this breaks, "find the red chair" means two chairs, and a right answer counts as wrong."""

import numpy as np
import pytest

from tests.sim_scenes.helpers import placed
from video4spatial.sim_scenes.materials import plain
from video4spatial.sim_scenes.rooms import generate_room
from video4spatial.sim_scenes.scene import Body, Scene
from video4spatial.sim_scenes.sentences import Window, referring_sentences
from video4spatial.sim_scenes.shapes import box

PAINT = plain("paint", (0.5, 0.5, 0.5))
Thing = tuple[str, str, tuple[float, float, float], tuple[float, float, float]]
"""Category, colour word, size, place of the middle of its foot."""

BED: Thing = ("bed", "blue", (1.6, 0.5, 2.0), (0.0, 0.0, 0.0))


def room_of(*things: Thing, wall_x: float | None = None) -> Scene:
    floor = box((20, 0.2, 20), (0, -0.2, 0), PAINT)
    walls = (floor,) if wall_x is None else (floor, box((0.1, 3.0, 20.0), (wall_x, 0, 0), PAINT))
    bodies = [Body(0, "stage", "stage", ("room",), walls)]
    for number, (category, word, size, foot) in enumerate(things, start=1):
        words = (f"{word} {category}", category) if word else (category,)
        bodies.append(Body(number, f"thing_{number}", category, words, (box(size, (0, 0, 0), PAINT),), placed(*foot)))
    return Scene("test", tuple(bodies))


def chair(word: str, x: float, z: float = 0.0, category: str = "chair") -> Thing:
    return (category, word, (0.5, 0.9, 0.5), (x, 0.0, z))


def test_a_thing_of_its_own_kind_needs_no_more_words() -> None:
    assert referring_sentences(room_of(BED, chair("red", 4.0))) == {
        1: ("find the bed", "find the blue bed"),
        2: ("find the chair", "find the red chair"),
    }


def test_colour_tells_two_of_a_kind_apart() -> None:
    found = referring_sentences(room_of(chair("red", 0.0), chair("green", 4.0)))
    assert found == {1: ("find the red chair",), 2: ("find the green chair",)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (chair("red", 0.0), chair("red", 4.0)),
        (chair("red", 0.0), chair("", 4.0)),  # could be red
        (chair("teal", 0.0), chair("green", 4.0)),
        (chair("oak", 0.0), chair("walnut", 4.0)),
        (chair("red", 0.0), chair("red", 4.0, category="armchair")),
        (chair("grey", 0.0, category="sofa"), chair("grey", 4.0, category="couch")),
    ],
)
def test_what_could_be_another_is_not_named_without_a_relation(one: Thing, other: Thing) -> None:
    assert 1 not in referring_sentences(room_of(one, other))


def test_a_neighbour_tells_twins_apart() -> None:
    found = referring_sentences(room_of(BED, chair("red", 1.2), chair("red", 5.0)))
    assert found[2] == ("find the red chair next to the bed",) or found[2] == (
        "find the red chair next to the blue bed",
    )
    assert 3 not in found


def test_twins_at_the_same_neighbour_stay_unnamed() -> None:
    assert set(referring_sentences(room_of(BED, chair("red", 1.2), chair("red", -1.2)))) == {1}
    assert set(referring_sentences(room_of(BED, chair("red", 1.2), chair("red", 2.0)))) == {1}


def test_nothing_is_next_to_what_stands_behind_a_wall() -> None:
    things = (BED, chair("red", 1.25), chair("red", 5.0))
    assert 2 in referring_sentences(room_of(*things))
    assert 2 not in referring_sentences(room_of(*things, wall_x=0.9))


def test_what_stands_on_or_hangs_above_a_thing_is_called_so() -> None:
    table: Thing = ("table", "oak", (1.2, 0.7, 0.8), (0.0, 0.0, 0.0))
    vases: tuple[Thing, Thing] = (
        ("vase", "red", (0.2, 0.3, 0.2), (0.1, 0.7, 0.0)),
        ("vase", "red", (0.2, 0.3, 0.2), (3.0, 0.0, 3.0)),
    )
    pictures: tuple[Thing, Thing] = (
        ("painting", "", (0.6, 0.5, 0.04), (0.0, 1.5, -0.4)),
        ("painting", "", (0.6, 0.5, 0.04), (5.0, 1.5, -0.4)),
    )
    found = referring_sentences(room_of(table, *vases, *pictures))
    assert found[2] == ("find the red vase on the oak table",)
    assert found[4] == ("find the painting above the oak table",)
    assert not {3, 5} & set(found)


def test_the_window_tells_twins_apart_unless_both_are_near_one() -> None:
    window = Window(np.array([0.0, 1.3, -1.0]), np.array([0.0, 0.0, 1.0]))
    scene = room_of(chair("red", 0.0, -0.4), chair("red", 4.0, 3.0))
    assert referring_sentences(scene, (window,)) == {1: ("find the red chair by the window",)}
    other = Window(np.array([4.0, 1.3, 4.0]), np.array([0.0, 0.0, -1.0]))
    assert referring_sentences(scene, (window, other)) == {}
    far = Window(np.array([-9.0, 1.3, 4.0]), np.array([1.0, 0.0, 0.0]))
    assert referring_sentences(scene, (window, far)) == {1: ("find the red chair by a window",)}


def test_names_that_say_nothing_are_not_spoken() -> None:
    meaningless: Thing = ("mesh cb", "", (0.5, 0.5, 0.5), (0.0, 0.0, 0.0))
    numbered: Thing = ("cabinet 12", "", (0.5, 0.5, 0.5), (3.0, 0.0, 0.0))
    assert referring_sentences(room_of(meaningless, numbered)) == {}


@pytest.mark.parametrize("seed", range(1, 7))
def test_no_sentence_of_a_room_could_mean_a_second_thing(seed: int) -> None:
    """Judged plainly: a listener knows for each thing all names it goes by, and goes to the nearest of a landmark."""
    room = generate_room(seed)
    windows = tuple(Window(np.asarray(centre), np.asarray(inward)) for centre, inward, _ in room.fixtures.windows)
    bodies = [body for body in room.scene.bodies if body.object_id]
    middle = {b.object_id: np.asarray(b.describe()["box"]["centre_m"])[[0, 2]] for b in bodies}

    def meant(name: str) -> list[int]:
        return [b.object_id for b in bodies if any(word.endswith(name) for word in (b.category, *b.words))]

    sentences = referring_sentences(room.scene, windows)
    assert len(sentences) >= 0.4 * len(bodies)
    for object_id, said in sentences.items():
        for sentence in said:
            assert sentence.startswith("find the ")
            words = sentence.removeprefix("find the ")
            relation = next((r for r in (" next to the ", " above the ", " on the ", " by ") if r in words), None)
            name, _, landmark = words.partition(relation or "\0")
            candidates = meant(name)
            if relation is None:
                assert candidates == [object_id]
            elif relation != " by ":
                marks = meant(landmark)
                assert len(marks) == 1
                nearest = min(candidates, key=lambda c: np.linalg.norm(middle[c] - middle[marks[0]]))
                assert nearest == object_id
