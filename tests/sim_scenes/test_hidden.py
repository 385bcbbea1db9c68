"""Things hidden for part of a path. If this breaks, the truth says "hidden" of what is in plain view, or a shelf stands
in the camera's way."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.seeds import rng
from video4spatial.pipeline.core.sequence import Sequence
from video4spatial.pipeline.core.unit import Product, Source, Unit
from video4spatial.sim_scenes.config import SimConfig, View
from video4spatial.sim_scenes.grounding import windows_of
from video4spatial.sim_scenes.hidden import HIDDEN_SHARE, LEAST_PX, MOST_COVERED, OPEN_SHARE, Shown, hidden_variant
from video4spatial.sim_scenes.moves import Target
from video4spatial.sim_scenes.palette import draw_palette
from video4spatial.sim_scenes.place import Place, load_place
from video4spatial.sim_scenes.recordings import Recording, draw_recordings
from video4spatial.sim_scenes.scene import Body
from video4spatial.sim_scenes.sentences import referring_sentences
from video4spatial.sim_scenes.shapes import yaw_matrix
from video4spatial.sim_scenes.sources import house_source, room_source
from video4spatial.sim_scenes.stage import SimulateStage
from video4spatial.sim_scenes.variants import variant_number

VIEW = View(
    size_px=48, paths=2, frames=24, rate_fps=4, depth_scale=1, samples=1, lighting_variants=0, occluder_variants=0,
    moves=("orbit",), grounding_paths=2, hidden_variants=2,
)  # fmt: skip
LAST = 4
"""Frames of the last second."""
Pair = tuple[Place, Product, Product]


def simulate(folder: Path, source: Source, view: View = VIEW) -> tuple[Unit, list[Product]]:
    stage = SimulateStage(config=SimConfig(rooms=1, views=(view,)), scene_folder=str(folder))
    (unit,) = stage.units([source], 0)
    return unit, list(stage.build()(unit))


def pairs_of(folder: Path, sources: list[Source], view: View = VIEW) -> list[Pair]:
    """(place, original, variant) of every hidden variant."""
    found = []
    for source in sources:
        place = load_place(source, view.walk.radius_m, view.walk.eye_height_m[1])
        _, products = simulate(folder, source, view)
        originals = {product.index: product for product in products if not product.variant}
        found += [(place, originals[product.index], product) for product in products if product.variant]
    return found


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[Pair]:
    return pairs_of(tmp_path_factory.mktemp("scenes"), [room_source(0), house_source(1)])


def shown_in(product: Product) -> tuple[Sequence, dict, np.ndarray]:
    """The sequence, what its variant says, and the pixels of the target in each frame."""
    assert product.sequence is not None
    assert product.sequence.object_id is not None
    return product.sequence, dict(product.sequence.variant.get("parameters", {})), product.sequence.object_id


def check(pair: Pair, end: str = "seen") -> None:
    """All that holds for one variant."""
    _, original, product = pair
    before, after = shown_in(original)[2], shown_in(product)[2]
    said = shown_in(product)[1]
    was, left = ((ids == said["target"]).sum(axis=(1, 2)) for ids in (before, after))
    for frame, share in enumerate(said["visible_share"]):
        assert (share is None) == (was[frame] < LEAST_PX)
        assert share is None or share == pytest.approx(left[frame] / was[frame], abs=1e-4)
    shares = np.array([np.nan if share is None else share for share in said["visible_share"]])
    assert said["hidden_frames"] == np.flatnonzero(shares <= HIDDEN_SHARE).tolist()
    counted = int((~np.isnan(shares)).sum())
    assert 0.1 * counted <= len(said["hidden_frames"]) <= 0.7 * counted
    assert (shares >= OPEN_SHARE).sum() >= 0.1 * counted
    assert (shares[-LAST:] >= OPEN_SHARE if end == "seen" else shares[-LAST:] <= HIDDEN_SHARE).all()
    assert (after == said["object"]).mean(axis=(1, 2)).max() <= MOST_COVERED
    check_place(pair)


def check_place(pair: Pair) -> None:
    """Every point of the thing stands over free floor, and the camera keeps its radius; seen from the box's corners."""
    place, _, product = pair
    sequence, said, _ = shown_in(product)
    assert sequence.cameras is not None
    entry = next(entry for entry in sequence.objects if entry["id"] == said["object"])
    half = np.array(entry["box"]["extent_m"])[[0, 2]] / 2
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 41), np.linspace(-1, 1, 41)), axis=-1).reshape(-1, 2) * half
    points = np.insert(grid, 1, 0.0, axis=1) @ np.array(entry["box"]["axes"]) + entry["box"]["centre_m"]
    assert place.space.clearance_at(points[:, [0, 2]]).min() > 0.0
    eyes = sequence.cameras.world_from_camera[:, :3, 3]
    away = np.linalg.norm(points[None][..., [0, 2]] - eyes[:, None][..., [0, 2]], axis=2).min()
    assert VIEW.walk.radius_m <= said["least_distance_m"] <= away + 0.001  # between frames it may come nearer
    bottom = entry["box"]["centre_m"][1] - entry["box"]["extent_m"][1] / 2
    assert bottom == pytest.approx(place.space.floor_m, abs=0.01)
    assert bottom + entry["box"]["extent_m"][1] < place.space.floor_m + VIEW.walk.eye_height_m[1] + 0.25


def test_orbits_and_grounding_paths_are_hidden_for_a_part_and_the_truth_counts_it(pairs: list[Pair]) -> None:
    assert {product.columns["move"] for _, _, product in pairs} == {"orbit", "arrive"}
    for pair in pairs:
        check(pair)


def test_only_the_thing_itself_differs_from_the_original(pairs: list[Pair]) -> None:
    for _, original, product in pairs:
        (first, _, before), (second, said, after) = shown_in(original), shown_in(product)
        here = after == said["object"]
        assert here.any()
        assert first.depth_m is not None
        assert second.depth_m is not None
        np.testing.assert_array_equal(before[~here], after[~here])
        np.testing.assert_array_equal(first.depth_m[~here], second.depth_m[~here])
        assert np.all(second.depth_m[here] < np.where(first.depth_m[here] > 0, first.depth_m[here], np.inf))
        assert product.scores["geometry_error"] < 0.01
        assert product.variant == variant_number("hidden", 0) == 5
        assert second.variant["kind"] == "hidden"
        json.dumps([second.variant, list(second.objects)], allow_nan=False)


def test_the_sentence_still_means_its_target_alone_and_boxes_tell_both(pairs: list[Pair]) -> None:
    grounding = [pair for pair in pairs if pair[2].task == "grounding"]
    assert grounding
    for place, original, product in grounding:
        (first, _, _), (second, said, after) = shown_in(original), shown_in(product)
        task = second.tasks[0]
        assert task["object"] == said["target"]
        entry = next(entry for entry in second.objects if entry["id"] == said["object"])
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = yaw_matrix(said["yaw_rad"]), said["position_m"]
        thing = Body(said["object"], "thing", entry["category"], tuple(entry["words"]), (), pose)
        boxed = replace(thing, parts=_box(entry))
        scene = replace(place.scene, bodies=(*place.scene.bodies, boxed))
        sentences = referring_sentences(scene, windows_of(place))
        assert [key for key, found in sentences.items() if task["sentence"] in found] == [task["object"]]
        assert task["seen"] == np.flatnonzero((after == task["object"]).any(axis=(1, 2))).tolist()
        whole = next(entry for entry in first.objects if entry["id"] == task["object"])["box_px"]
        assert said["whole_box_px"] == whole
        assert first.tasks[0]["end"] <= task["end"] <= VIEW.frames - LAST
        assert not set(said["hidden_frames"]) & set(range(task["end"], VIEW.frames))


def _box(entry: dict) -> tuple:
    from video4spatial.sim_scenes.materials import plain
    from video4spatial.sim_scenes.shapes import box

    return (box(tuple(entry["box"]["extent_m"]), (0, 0, 0), plain("box", (0.5, 0.5, 0.5))),)


def test_the_target_stays_hidden_at_the_end_where_the_recipe_says_so(tmp_path: Path) -> None:
    found = pairs_of(tmp_path, [room_source(1), house_source(1)], replace(VIEW, hidden_end="hidden"))
    assert found
    for pair in found:
        check(pair, "hidden")
        for task in shown_in(pair[2])[0].tasks:
            assert task.get("end", VIEW.frames) == VIEW.frames


def test_paths_stay_what_they_are_and_repeats_differ(tmp_path: Path) -> None:
    view = replace(VIEW, paths=2, grounding_paths=0, hidden_variants=2, variant_repeats=2)
    unit, products = simulate(tmp_path, room_source(0), view)
    plain, originals = simulate(tmp_path, room_source(0), replace(view, hidden_variants=0))
    assert "hidden_variants" not in json.dumps(plain.settings)
    assert plain.unit_id != unit.unit_id
    kept = [product for product in products if not product.variant]
    for one, other in zip(kept, originals, strict=True):
        assert one.sequence is not None
        assert other.sequence is not None
        np.testing.assert_array_equal(one.sequence.frames, other.sequence.frames)
    assert {product.variant for product in products} == {0, 5, 51}
    drawn = [shown_in(product)[1] for product in products if product.variant]
    assert len({json.dumps(each, sort_keys=True) for each in drawn}) == len(drawn)
    keys = [product.key(unit.unit_id) for product in products]
    assert keys == sorted(keys)


def test_where_nothing_fits_or_nothing_is_seen_there_is_no_variant(place: Place) -> None:
    recording = draw_recordings(place, VIEW, [rng(0, "walk", "test")])[0]
    assert recording.target is not None
    full = replace(place, space=replace(place.space, clearance_m=np.minimum(place.space.clearance_m, 0.0)))
    assert hidden_variant(full, recording, _shown(recording.target, 50), VIEW, rng(0, "hidden", "test")) is None
    assert hidden_variant(place, recording, _shown(recording.target, 0), VIEW, rng(0, "hidden", "test")) is None


def _shown(target: Target, pixels: int) -> Shown:
    def see(scene: object, cameras: object) -> np.ndarray:
        raise AssertionError("nothing was to be rendered")

    return Shown(target, {"visible_px": [pixels] * VIEW.frames}, None, see)  # type: ignore[arg-type]


def test_walks_show_no_target_and_orbits_know_theirs(place: Place) -> None:
    view = replace(VIEW, moves=("walk", "orbit"), paths=4)
    recordings: list[Recording] = draw_recordings(place, view, [rng(k, "walk", "test") for k in range(4)])
    assert [recording.target is not None for recording in recordings] == [r.move == "orbit" for r in recordings]
    assert any(recording.target for recording in recordings)


def test_a_folding_screen_is_three_panels_that_meet() -> None:
    from video4spatial.sim_scenes.household import folding_screen

    for seed in range(6):
        draw = np.random.default_rng(seed)
        piece = folding_screen(draw, draw_palette(draw))
        width, height, depth = piece.size_m()
        assert 1.0 < width < 1.6
        assert 0.05 < depth < 0.4
        assert 1.35 < height < 1.8
        covered = np.concatenate([part.vertices_m[part.faces].reshape(-1, 3) for part in piece.parts])[:, 0]
        gaps = np.diff(np.unique(np.round(covered, 3)))
        assert gaps.max() < 0.5  # no hole wider than a panel


def test_settings_that_cannot_be_meant_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"view\.hidden_variants must lie in 0 to 3, got 4"):
        View(paths=3, moves=("orbit",), hidden_variants=4)
    with pytest.raises(ConfigError, match=r"of which there are none; add orbit to view\.moves or set view\.grounding"):
        View(paths=3, hidden_variants=1)


@pytest.mark.slow
def test_many_scenes_hold(tmp_path: Path) -> None:
    sources = [make(seed) for seed in range(30, 33) for make in (room_source, house_source)]
    for end in ("seen", "hidden"):
        found = pairs_of(tmp_path, sources, replace(VIEW, hidden_end=end))
        assert len(found) > 8
        for pair in found:
            check(pair, end)
