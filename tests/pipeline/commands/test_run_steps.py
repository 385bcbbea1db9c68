"""`v4s run` over plain videos. Unseen: a run whose clips get no cameras, which ends as wrong usage without a report."""

from pathlib import Path

from tests.pipeline.store.make import make_product, make_sequence, make_unit
from video4spatial.pipeline.commands.recipe_file import parse_recipe
from video4spatial.pipeline.commands.run import why_untrained
from video4spatial.pipeline.engine.recipe import Recipe
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Store, Version

VIDEOS = "name: t\nreal: {size_px: 64, poses: {estimate: true}}\nmodel: {size_px: 64}\n"


def recipe(text: str) -> Recipe:
    return parse_recipe(text, Path("r.yaml")).recipe


def published(folder: Path, frames: int, posed: bool) -> Version:
    store, units = Store.open(folder), [make_unit(number, "real") for number in range(4)]
    for number, unit in enumerate(units):
        sequence = make_sequence(unit, number, frames=frames, posed=posed)
        store.write_unit(unit, [make_product(unit, 0, sequence, {})], {})
    return store.publish("t", units, Selection(), "", {}).version


def test_clips_that_got_no_cameras_are_published_and_not_trained_on(tmp_path: Path) -> None:
    asked = recipe(VIDEOS)
    context = asked.train.context
    needed = context.frames
    assert f"no clip of {needed} frames got cameras" in why_untrained(asked, published(tmp_path / "a", needed, False))
    assert "pose_status" in why_untrained(asked, published(tmp_path / "b", needed - 1, True))
    assert why_untrained(asked, published(tmp_path / "c", needed, True)) == ""


def test_where_cameras_should_be_there_their_lack_is_for_the_trainer_to_tell(tmp_path: Path) -> None:
    version = published(tmp_path, 4, False)
    assert "these videos have no cameras" in why_untrained(recipe("name: t\nreal: {}\n"), version)
    assert why_untrained(recipe("name: t\nsim: {rooms: 2}\n"), version) == ""
