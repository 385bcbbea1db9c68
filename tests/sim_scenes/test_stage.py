"""Simulation end to end. If this breaks, what is stored is not what the cameras saw."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
import warp as wp

from video4spatial.pipeline.core.errors import ConfigError, NotAvailable, SourceError
from video4spatial.pipeline.core.unit import Product, Unit
from video4spatial.sim_scenes.config import SimConfig, View, WalkConfig
from video4spatial.sim_scenes.render.start import start_warp
from video4spatial.sim_scenes.sources import simulation_sources
from video4spatial.sim_scenes.stage import SimulateStage

CONFIG = SimConfig(
    rooms=1,
    views=(
        View(size_px=32, paths=2, frames=8, depth_scale=1, lighting_variants=1, occluder_variants=2),
        View(size_px=64, paths=1, frames=4, depth_scale=4, lighting_variants=0, occluder_variants=0),
    ),
)


def make(folder: Path, config: SimConfig = CONFIG, seed: int = 3) -> tuple[SimulateStage, Unit]:
    stage = SimulateStage(config=config, scene_folder=str(folder))
    return stage, stage.units(simulation_sources(config, seed), seed)[0]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Unit, list[Product], Path]:
    folder = tmp_path_factory.mktemp("scenes")
    stage, unit = make(folder)
    return unit, list(stage.build()(unit)), folder


def by_variant(products: list[Product], index: int) -> dict[int, Product]:
    return {p.variant: p for p in products if p.index == index}


def test_products_come_in_the_order_of_their_keys(run: tuple[Unit, list[Product], Path]) -> None:
    unit, products, _ = run
    keys = [product.key(unit.unit_id) for product in products]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert {p.index for p in products} == {0, 1, 2}


def test_a_sequence_holds_all_that_its_cameras_saw(run: tuple[Unit, list[Product], Path]) -> None:
    unit, products, _ = run
    for product in products:
        sequence = product.sequence
        assert sequence is not None
        assert (sequence.pose_source, sequence.scale, product.task) == ("rendered", "metric", "navigation")
        assert sequence.tasks == ({"task": "navigation"},)
        assert sequence.provenance.unit_id == unit.unit_id
        assert sequence.provenance.source_uri == "procedural:room?seed=3000000"
        assert sequence.cameras is not None
        assert sequence.cameras.width_px == sequence.width_px == sequence.height_px
        assert sequence.depth_m is not None
        assert sequence.object_id is not None
        assert sequence.depth_m.shape == sequence.object_id.shape
        scale = {32: 1, 64: 4}[sequence.width_px]
        assert sequence.depth_m.shape[1] * scale == sequence.height_px
        json.dumps([sequence.objects, sequence.variant], allow_nan=False)
        assert product.scores["geometry_error"] < 0.01
        assert product.scores["min_clearance_m"] >= 0.25
        assert 5 < product.scores["brightness"] < 250


def test_objects_name_every_id_in_the_picture(run: tuple[Unit, list[Product], Path]) -> None:
    for product in run[1]:
        sequence = product.sequence
        assert sequence is not None
        assert sequence.object_id is not None
        described = {entry["id"]: entry for entry in sequence.objects}
        assert set(described) == set(np.unique(sequence.object_id)) - {0}
        for object_id, entry in described.items():
            counted = (sequence.object_id == object_id).sum(axis=(1, 2))
            assert entry["visible_px"] == counted.tolist()
            assert len(entry["box"]["centre_m"]) == len(entry["box"]["extent_m"]) == 3


def test_another_light_changes_colour_and_nothing_else(run: tuple[Unit, list[Product], Path]) -> None:
    group = by_variant(run[1], 0)
    original, lit = group[0].sequence, group[1].sequence
    assert original is not None
    assert lit is not None
    np.testing.assert_array_equal(original.depth_m, lit.depth_m)
    np.testing.assert_array_equal(original.object_id, lit.object_id)
    np.testing.assert_array_equal(original.cameras.world_from_camera, lit.cameras.world_from_camera)  # type: ignore[union-attr]
    assert np.abs(original.frames.astype(int) - lit.frames).mean() > 4
    assert lit.variant["kind"] == "lighting"
    assert lit.variant["group"] == group[0].variant_group(run[0].unit_id)
    assert lit.variant["parameters"]["mood"]


def test_an_occluder_hides_what_is_behind_it_and_leaves_the_rest(run: tuple[Unit, list[Product], Path]) -> None:
    seen = 0
    for index in (0, 1):
        group = by_variant(run[1], index)
        if 2 not in group:
            continue
        original, hidden = group[0].sequence, group[2].sequence
        assert original is not None
        assert hidden is not None
        assert hidden.variant["kind"] == "occluder"
        here = hidden.object_id == hidden.variant["parameters"]["object"]
        seen += int(here.sum())
        assert np.all(hidden.depth_m[here] < np.where(original.depth_m[here] > 0, original.depth_m[here], np.inf))  # type: ignore[index]
        np.testing.assert_array_equal(original.depth_m[~here], hidden.depth_m[~here])  # type: ignore[index]
        np.testing.assert_array_equal(original.object_id[~here], hidden.object_id[~here])  # type: ignore[index]
    assert seen > 0


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Unit, list[Product]]:
    """One path with every kind of variant, each twice."""
    view = View(
        size_px=32,
        paths=1,
        frames=12,
        rate_fps=3,
        depth_scale=1,
        samples=1,
        passerby_variants=1,
        jitter_variants=1,
        variant_repeats=2,
        light="dials",
        boxes=True,
    )
    stage, unit = make(tmp_path_factory.mktemp("many"), SimConfig(rooms=1, views=(view,)), seed=0)
    return unit, list(stage.build()(unit))


def test_variants_of_one_kind_stand_together_in_the_order_of_their_keys(many: tuple[Unit, list[Product]]) -> None:
    unit, products = many
    numbers = [product.variant for product in products]
    assert [number for number in numbers if number not in (2, 21, 3, 31)] == [0, 1, 11, 4, 41]
    assert {2, 3} <= set(numbers)
    keys = [product.key(unit.unit_id) for product in products]
    assert keys == sorted(keys)
    groups = {product.variant_group(unit.unit_id) for product in products}
    assert len(groups) == 1
    kinds = {1: "lighting", 2: "occluder", 3: "passerby", 4: "jitter"}
    for product in products[1:]:
        assert product.sequence is not None
        assert product.sequence.variant["kind"] == kinds[int(str(product.variant)[0])]
        assert {product.sequence.variant["group"]} == groups
        json.dumps(product.sequence.variant, allow_nan=False)


def test_two_variants_of_one_kind_differ(many: tuple[Unit, list[Product]]) -> None:
    drawn = {product.variant: product.sequence.variant.get("parameters") for product in many[1] if product.sequence}
    assert drawn[1] != drawn[11]
    assert drawn[4] != drawn[41]


def test_every_variant_agrees_with_its_own_cameras(many: tuple[Unit, list[Product]]) -> None:
    for product in many[1]:
        assert product.scores["geometry_error"] < 0.01
        assert product.scores["min_clearance_m"] >= 0.25
        sequence = product.sequence
        assert sequence is not None
        assert sequence.object_id is not None
        assert {entry["id"] for entry in sequence.objects} == set(np.unique(sequence.object_id)) - {0}
        moving = [entry for entry in sequence.objects if entry.get("moves")]
        assert len(moving) <= (sequence.variant.get("kind") == "passerby")
        assert all(len(entry["boxes"]) == len(entry["box_px"]) == 12 for entry in moving)


def test_the_same_unit_gives_the_same_bytes_on_another_worker(
    run: tuple[Unit, list[Product], Path], tmp_path: Path
) -> None:
    unit, products, _ = run
    stage, again = make(tmp_path)
    assert again.unit_id == unit.unit_id
    for first, second in zip(products, stage.build()(again), strict=True):
        assert first.sequence is not None
        assert second.sequence is not None
        assert first.sequence.frames.tobytes() == second.sequence.frames.tobytes()
        assert first.sequence.depth_m.tobytes() == second.sequence.depth_m.tobytes()  # type: ignore[union-attr]
        assert first.scores == second.scores


def test_only_what_shapes_bytes_is_part_of_a_unit(tmp_path: Path) -> None:
    _, first = make(tmp_path / "here")
    _, moved = make(tmp_path / "there")
    _, more_rooms = make(tmp_path, SimConfig(rooms=2, views=CONFIG.views))
    _, named = make(tmp_path, SimConfig(rooms=1, views=CONFIG.views, renderer="embedded"))
    assert first.unit_id == moved.unit_id == more_rooms.unit_id == named.unit_id
    _, other_seed = make(tmp_path, seed=4)
    _, other_view = make(tmp_path, SimConfig(rooms=1, views=(View(size_px=32),)))
    assert len({first.unit_id, other_seed.unit_id, other_view.unit_id}) == 3
    assert first.settings["renderer"] == "embedded"


def test_the_plan_and_the_scene_dataset_are_written(run: tuple[Unit, list[Product], Path]) -> None:
    folder = run[2] / "room-3000000"
    plan = json.loads((folder / "plan.json").read_text())
    assert set(plan) >= {"bounds_m", "cell_m", "free"}
    assert plan["bounds_m"][0] < plan["bounds_m"][2]
    assert (folder / plan["free"]).is_file()
    assert (folder / "room-3000000.scene_dataset_config.json").is_file()
    for product in run[1]:
        assert product.sequence is not None
        places = product.sequence.cameras.world_from_camera[:, [0, 2], 3]  # type: ignore[union-attr]
        assert np.all((places > plan["bounds_m"][:2]) & (places < plan["bounds_m"][2:]))


def test_habitat_is_refused_by_name_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HABITAT_PYTHON", raising=False)
    with pytest.raises(NotAvailable, match="use renderer: embedded"):
        make(tmp_path, SimConfig(rooms=1, renderer="habitat"))


def test_a_gpu_that_is_not_there_is_refused_by_name_before_the_run(tmp_path: Path) -> None:
    start_warp()
    if wp.is_cuda_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(NotAvailable, match="no CUDA device here; use device: cpu"):
        make(tmp_path, SimConfig(rooms=1, device="cuda"))


def test_a_scene_nobody_can_walk_in_costs_that_scene_alone(tmp_path: Path) -> None:
    scene = tmp_path / "pillar.glb"
    scene.write_bytes(trimesh.Scene(trimesh.creation.box((0.3, 2, 0.3))).export(file_type="glb"))
    stage, unit = make(tmp_path, SimConfig(rooms=0, scenes=(str(scene),), views=CONFIG.views))
    with pytest.raises(SourceError, match="free for a walker") as caught:
        list(stage.build()(unit))
    assert caught.value.reason == "no_free_space"


def test_nothing_to_render_is_said_before_the_run() -> None:
    with pytest.raises(ConfigError, match=r"set simulation\.rooms above 0"):
        simulation_sources(SimConfig(rooms=0), seed=0)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (lambda: View(size_px=63), "even"),
        (lambda: View(size_px=36, depth_scale=8), "divisible"),
        (lambda: View(paths=0), "view.paths"),
        (lambda: View(frames=1), "view.frames"),
        (lambda: View(paths=2, lighting_variants=3), "view.lighting_variants"),
        (lambda: View(paths=2, passerby_variants=3), "view.passerby_variants"),
        (lambda: View(variant_repeats=0), "view.variant_repeats"),
        (lambda: WalkConfig(speed_mps=0), "walk.speed_mps"),
        (lambda: WalkConfig(eye_height_m=(1.6, 1.2)), "rising pair"),
        (lambda: SimConfig(views=()), "views is empty"),
        (lambda: SimConfig(rooms=-1), "simulation.rooms"),
        (lambda: SimConfig(device="cuda", renderer="habitat"), "HABITAT_GPU"),
    ],
)
def test_settings_out_of_range_are_refused_with_what_was_got(settings, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConfigError, match=said):
        settings()


def test_a_worker_renders_with_what_was_planned_whatever_its_own_node_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, unit = make(tmp_path, replace(CONFIG, renderer="auto"))
    monkeypatch.setenv("HABITAT_PYTHON", "/nowhere/python")
    assert unit.settings["renderer"] == "embedded"
    assert next(iter(stage.build()(unit))).sequence is not None
