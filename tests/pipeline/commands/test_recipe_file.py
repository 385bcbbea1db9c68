"""Recipes: a typo that is not refused here costs a night of rendering the wrong thing."""

from pathlib import Path

import pytest

from video4spatial.pipeline.commands.recipe_file import LoadedRecipe, load_recipe, recipe_schema
from video4spatial.pipeline.core.errors import ConfigError

RECIPES = sorted((Path(__file__).resolve().parents[3] / "recipes").rglob("*.yaml"))

GOOD = """\
name: rooms
sim:
  rooms: 2
  views:
    - size_px: 64
      frames: 16
train:
  steps: 10
"""


def load(tmp_path: Path, text: str, *overrides: str) -> LoadedRecipe:
    path = tmp_path / "r.yaml"
    path.write_text(text)
    return load_recipe(path, overrides)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_every_recipe_that_ships_is_valid(path: Path) -> None:
    assert load_recipe(path).recipe.name


def test_a_resolved_recipe_reads_back_as_itself(tmp_path: Path) -> None:
    first = load(tmp_path, GOOD)
    again = load(tmp_path, first.text)
    assert again.recipe == first.recipe
    assert again.text == first.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("rooms: 2", "romos: 2"), r"r\.yaml:3: unknown key sim\.romos; did you mean 'rooms'\?"),
        (GOOD.replace("steps: 10", "steps: many"), r"r\.yaml:8: train\.steps: expected a whole number, got 'many'"),
        (GOOD.replace("steps: 10", "steps: 1.5"), r"r\.yaml:8: train\.steps: expected a whole number, got 1\.5"),
        (GOOD.replace("steps: 10", "steps: true"), r"r\.yaml:8: train\.steps: expected a whole number, got true"),
        (
            GOOD.replace("frames: 16", "frmaes: 16"),
            r"r\.yaml:6: unknown key sim\.views\[0\]\.frmaes; did you mean 'frames'",
        ),
        (GOOD.replace("size_px: 64", "size_px: 63"), r"r\.yaml:5: sim\.views\[0\]: view\.size_px must be even.*got 63"),
        (
            GOOD.replace("steps: 10", "optimizer: mouon"),
            r"r\.yaml:8: train\.optimizer: expected 'muon' or 'adamw'.*did you mean 'muon'",
        ),
        (GOOD.replace("name: rooms", "nmae: rooms"), r"name is missing|unknown key nmae; did you mean 'name'"),
        ("name: x\n", "needs inputs: give 'sim'"),
        ("name: x\nreal: {synthetic_film: false}\n", "no videos and its synthetic film is off"),
        (GOOD + "model: {size_px: 48}\n", r"model\.size_px is 48, but sim\.views renders 64 px"),
        (GOOD.replace("frames: 16", "frames: 6"), r"train\.context needs \d+ frames .* have 6; make them longer"),
        (GOOD + "seed: 99999999999999999999999\n", "seed must fit in 64 bits|whole number"),
        (
            GOOD + "select: {rules: [{scor: sharpness}]}\n",
            r"unknown key select\.rules\[0\]\.scor; did you mean 'score'",
        ),
        (GOOD + "floor: &a [*a]\n", "does an alias hold itself"),
        ("name: a b\nsim: {}\n", "name must be letters, digits"),
        (GOOD + "train:\n  steps: 2\n", r"r\.yaml:9: train stands twice \(first on line 7\)"),
        ("name: [\n", r"r\.yaml:2: this is not YAML"),
        ("- name\n", "a recipe is a group of keys"),
        ("", "a recipe is a group of keys"),
        ("name: x\nsim:\n  views: 3\n", r"r\.yaml:3: sim\.views: expected a list, got 3"),
    ],
)
def test_a_mistake_is_one_line_with_place_expected_got_and_the_way_out(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        load(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_overrides_reach_into_groups_and_lists(tmp_path: Path) -> None:
    recipe = load(tmp_path, GOOD, "train.steps=7", "sim.views[0].frames=24", "select.held_out_paths=3").recipe
    assert recipe.train.steps == 7
    assert recipe.sim is not None
    assert recipe.sim.views[0].frames == 24
    assert recipe.select.held_out_paths == 3


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.stpes=7", r"^--set: unknown key train\.stpes; did you mean 'steps'"),
        ("train.steps", "expected key=value"),
        ("sim.views[4].frames=3", "names item 4 of a list that does not have it"),
        ("train.steps=soon", r"^--set: train\.steps: expected a whole number"),
        ("name.x=1", "name is a value, not a group"),
        ("sim.views[x]=1", "is not a key"),
        ("x={", "is not a YAML value"),
        ("sim.views.x.y=3", r"takes numbers: \[0\]"),
        ("train.steps=0", r"^--set: train: train\.steps must be at least 1"),
    ],
)
def test_a_wrong_override_says_so(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, GOOD, override)


def test_numbers_and_words_are_read_as_yaml_1_2(tmp_path: Path) -> None:
    text = GOOD.replace("steps: 10", "learning_rate: 1e-3") + "real:\n  videos: no\n"
    recipe = load(tmp_path, text).recipe
    assert recipe.train.learning_rate == 1e-3
    assert recipe.real is not None
    assert recipe.real.videos == "no", "YAML 1.1 would have read false"


def test_a_missing_recipe_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read the recipe .*nowhere\.yaml: No such file"):
        load_recipe(tmp_path / "nowhere.yaml")


def test_the_schema_names_every_part() -> None:
    assert {
        "name",
        "seed",
        "sim",
        "real",
        "floor",
        "select",
        "captions",
        "model",
        "train",
        "evaluate",
        "showcase",
        "engine",
    } == set(recipe_schema()["properties"])
