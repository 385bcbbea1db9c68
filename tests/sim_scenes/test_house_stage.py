"""Houses as scenes of a recipe. If this breaks, walks stay in one room or a thing is named across a wall."""

from pathlib import Path

import numpy as np
import pytest

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.sim_scenes.config import SimConfig, View
from video4spatial.sim_scenes.houses import generate_house
from video4spatial.sim_scenes.sources import simulation_sources
from video4spatial.sim_scenes.stage import SimulateStage

VIEW = View(
    size_px=32,
    paths=3,
    frames=60,
    rate_fps=3,
    depth_scale=1,
    samples=1,
    lighting_variants=1,
    occluder_variants=0,
    moves=("walk", "orbit", "loop"),
    grounding_paths=3,
)


def test_houses_come_beside_rooms_and_leave_the_units_of_rooms_alone() -> None:
    alone = simulation_sources(SimConfig(rooms=2), seed=1)
    beside = simulation_sources(SimConfig(rooms=2, houses=2), seed=1)
    assert beside[:2] == alone
    assert [source.uri for source in beside[2:]] == ["procedural:house?seed=1000000", "procedural:house?seed=1000001"]
    units = [
        SimulateStage(config=config, scene_folder="").units(alone, 1)[0].unit_id
        for config in (SimConfig(rooms=2), SimConfig(rooms=2, houses=2))
    ]
    assert units[0] == units[1]


def test_a_house_is_walked_filmed_and_asked_about(tmp_path: Path) -> None:
    config = SimConfig(rooms=0, houses=1, views=(VIEW,))
    stage = SimulateStage(config=config, scene_folder=str(tmp_path))
    (unit,) = stage.units(simulation_sources(config, 2), 2)
    products = list(stage.build()(unit))
    assert [product.task for product in products].count("grounding") >= 2
    house = generate_house(2_000_000)
    low, high = house.scene.bounds_m()
    for product in products:
        assert product.scene == "house-2000000"
        assert product.scores["geometry_error"] < 0.01
        assert product.scores["min_clearance_m"] >= 0.25
        assert product.sequence is not None
        assert product.sequence.cameras is not None
        places = product.sequence.cameras.world_from_camera[:, :3, 3]
        assert np.all((places > low) & (places < high))
    assert (tmp_path / "house-2000000" / "house-2000000.scene_dataset_config.json").is_file()


def test_a_negative_number_of_houses_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"simulation\.houses must lie in 0 to 100000"):
        SimConfig(houses=-1)
