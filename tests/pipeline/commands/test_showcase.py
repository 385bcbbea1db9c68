"""The showcase step. Unseen: houses that are rendered again by every run, or that are those of the training data."""

import argparse
import json
from pathlib import Path

import numpy as np
import pytest

from video4spatial.pipeline.commands.context import RunContext, open_run, read_context
from video4spatial.pipeline.commands.report_facts import gather_facts
from video4spatial.pipeline.commands.showcase import showcase
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.store.video import decode_video
from video4spatial.sim_scenes import showcase as pictures
from video4spatial.sim_scenes.config import SimConfig
from video4spatial.sim_scenes.showcase import ShowcaseConfig, showcase_seeds
from video4spatial.sim_scenes.sources import house_seed, simulation_sources


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PICTURE_PX", (64, 48))
    monkeypatch.setattr(pictures, "FILM_PX", (64, 48))
    monkeypatch.setattr("video4spatial.pipeline.commands.showcase.FILM_PX", (64, 48))
    monkeypatch.setattr(pictures, "DRAWN", 2)
    monkeypatch.setattr(pictures, "SECONDS", 2)


def context_in(folder: Path, houses: int) -> RunContext:
    recipe = folder / "r.yaml"
    recipe.write_text(f"name: t\nsim:\n  rooms: 1\nshowcase:\n  houses: {houses}\n")
    options = argparse.Namespace(
        captures=None,
        recipe=recipe,
        out=folder / "out",
        overrides=[],
        videos=None,
        store=None,
        command="v4s run",
        progress="plain",
    )
    return read_context(options)


@pytest.mark.usefixtures("small")
def test_houses_are_shown_once_and_found_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_run(context_in(tmp_path, 1)) as context:
        folder = showcase(context, local=True)
        assert folder is not None
        made = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert set(made) == {"houses.jpg", "walk.mp4", "showcase.json"}
        capsys.readouterr()
        assert showcase(context, local=True) == folder
        assert capsys.readouterr().out == "showcase: its pictures are made already\n"
        shown = gather_facts(context).showcase
        assert shown is not None
        assert shown.houses == 1
    frames = decode_video(made["walk.mp4"])
    assert frames.shape == (48, 48, 64, 3)
    assert np.abs(frames[-1].astype(int) - frames[0]).mean() > 3, "somebody walks"
    record = json.loads(made["showcase.json"])
    assert [house["seed"] for house in record["houses"]] == [900000]
    (folder / "showcase.json").unlink()
    with open_run(context_in(tmp_path, 1)) as context:
        showcase(context, local=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == made


def test_a_recipe_that_asks_for_none_shows_none(tmp_path: Path) -> None:
    with open_run(context_in(tmp_path, 0)) as context:
        assert showcase(context) is None
        assert gather_facts(context).showcase is None
    assert not (tmp_path / "out" / "showcase").exists()


def test_shown_houses_are_never_those_of_a_run() -> None:
    run = {house_seed(source) for source in simulation_sources(SimConfig(rooms=0, houses=50), 3)}
    assert not run & set(showcase_seeds(ShowcaseConfig(houses=100), 3))
    assert showcase_seeds(ShowcaseConfig(houses=1), 3)[0] - 3_000_000 >= 100_000, "sim.houses ends there"
    with pytest.raises(ConfigError, match=r"showcase.houses"):
        ShowcaseConfig(houses=101)
