"""`v4s publish --version`. Unseen: a run that trains on another version than the one that was asked for."""

import json
from pathlib import Path

import pytest

from tests.pipeline.store.make import make_products, make_unit
from video4spatial.pipeline.commands import main as command
from video4spatial.pipeline.commands.context import RunContext
from video4spatial.pipeline.commands.recipe_file import load_recipe
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Store


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder with recipe.yaml and a store that holds demo@1 and bright@1, which was derived from it."""
    store, units = Store.open(tmp_path / "store"), [make_unit(number) for number in range(3)]
    for unit in units:
        store.write_unit(unit, make_products(unit, 2), {})
    version = store.publish("demo", units, Selection(), "", {}).version
    store.derive(version, "brightness > 45", "bright", {})
    (tmp_path / "recipe.yaml").write_text("name: demo\nsim: {rooms: 3}\n")
    return tmp_path


def publish(run: Path, version: str, *more: str) -> int:
    where = ["--out", str(run / "out"), "--store", str(run / "store"), "--progress", "plain"]
    return command.main(["publish", str(run / "recipe.yaml"), *where, "--version", version, *more])


def used(run: Path, *overrides: str) -> dict:
    """What a training with that recipe would use."""
    state = json.loads((run / "out" / "run.json").read_text())
    loaded = load_recipe(run / "recipe.yaml", list(overrides))
    return RunContext(loaded, run / "out", str(run / "store"), "v4s", "plain", state=state).published("train")


def test_a_run_takes_a_derived_version_whatever_its_recipe_selects(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(run, "bright@1") == 0
    assert "bright@1, made from demo@1, is what this run uses: 6 sequences" in capsys.readouterr().out
    content = Store.open(run / "store").version("bright@1").content
    for overrides in ((), ("select.max_per_source=1",)):
        left = used(run, *overrides)
        assert (left["version"], left["content"]) == ("bright@1", content)


def test_a_version_that_is_not_there_changes_nothing(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert publish(run, "bright@7") == 2
    assert "bright has no version '7'" in capsys.readouterr().err
    assert not (run / "out" / "run.json").exists()


def test_what_the_recipe_published_itself_must_still_fit_it(run: Path) -> None:
    assert publish(run, "demo@1") == 0
    state = json.loads((run / "out" / "run.json").read_text())
    del state["publish"]["adopted"]
    (run / "out" / "run.json").write_text(json.dumps(state))
    assert used(run)["version"] == "demo@1"
    with pytest.raises(ConfigError, match="was published under another name"):
        used(run, "select.max_per_source=1")
