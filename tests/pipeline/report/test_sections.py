"""What the sections say about the facts. Unseen without these: counts that do not add up, a rare reason hidden by a
frequent one, a model praised for an interval that holds 0, a path drawn mirrored."""

import base64
import io
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from tests.pipeline.report.fake import fake_facts, spread
from video4spatial.pipeline.report import funnel, gallery, maps, showcase
from video4spatial.pipeline.report.dataset import funnel_part, scores_part
from video4spatial.pipeline.report.evaluation import evaluation_part, methods_of, not_run_part
from video4spatial.pipeline.report.facts import CameraPath, Picture, ReportFacts, SceneMap, Strip, VersionFacts
from video4spatial.pipeline.report.learning import running_median, training_part
from video4spatial.pipeline.report.overview import finding, header
from video4spatial.pipeline.report.pictures import FULL
from video4spatial.pipeline.report.record import record_part
from video4spatial.pipeline.report.rows import Rows, read_rows
from video4spatial.pipeline.report.samples import samples_part


@pytest.fixture(scope="module")
def facts() -> ReportFacts:
    return fake_facts()


@pytest.fixture(scope="module")
def rows(facts: ReportFacts) -> Rows:
    found = read_rows(facts)
    assert found is not None
    return found


def test_the_funnel_loses_exactly_what_the_reasons_say(rows: Rows) -> None:
    for kind in ("simulation", "real"):
        steps = funnel.levels(rows, kind)
        for step, after in pairwise(steps):
            assert step.size - sum(size for _, size in step.lost) == after.size
        assert steps[-1].size == len(rows.of(kind, "kept"))


def test_floor_and_selection_are_told_apart(rows: Rows) -> None:
    measured, above, _ = funnel.levels(rows, "real")
    assert {reason for reason, _ in measured.lost} == {"too_dark", "too_short"}
    assert {reason for reason, _ in above.lost} == {"too_blurred"}


def test_failed_sources_are_counted_beside_the_funnel(rows: Rows) -> None:
    assert funnel.sources_line(rows, "real") == "3 video files read, 1 failed as a whole or in part"
    assert "none failed" in funnel.sources_line(rows, "simulation")


def test_all_kept_sequences_stand_in_the_split_table(facts: ReportFacts, rows: Rows) -> None:
    html = funnel_part(facts, rows).html
    cells = re.findall(r"<tr><td>(?:<b>)?([a-z -]+)(?:</b>)?</td><td class=n>\d+</td><td class=n>(\d+)</td>", html)
    counts = {name: int(size) for name, size in cells}
    assert counts.pop("all kept") == sum(counts.values()) == len(rows.of(verdict="kept"))
    assert counts["held-out paths of training scenes"] == 5


def test_limits_stand_on_the_scores_of_their_kind_only(facts: ReportFacts, rows: Rows) -> None:
    html = scores_part(facts, rows).html
    rendered, video = html.split("<h3>Videos")
    assert "selection: at least 40" in video
    assert "selection: at least 40" not in rendered
    assert "floor: at least 0.06" in video
    assert "floor: at least 0.06" in rendered


def test_a_rare_reason_is_shown_before_the_second_of_a_frequent_one(facts: ReportFacts, rows: Rows) -> None:
    html = gallery.dropped_part(facts, rows, FULL).html
    first = re.findall(r'<span class="chip reason">([a-z ]+)</span>', html)[:3]
    assert sorted(first) == ["too blurred", "too dark", "too short"]


def test_a_rejected_row_without_a_picture_says_so(facts: ReportFacts, rows: Rows) -> None:
    html = gallery.dropped_part(replace(facts, pictures=()), rows, FULL).html
    assert "no thumbnail stored" in html
    assert "data:image/jpeg" in html, "thumbnails of the table are shown without any picture given"


def test_a_failed_unit_with_a_row_is_listed_once(facts: ReportFacts, rows: Rows) -> None:
    unit_id = facts.failed_units[0].unit_id
    row = {
        "key": "x",
        "unit_id": unit_id,
        "kind": "real",
        "verdict": "failed",
        "source_uri": "garden.mov",
        "reason": "timed_out",
    }
    both = replace(rows, every=(*rows.every, row))
    html = gallery.dropped_part(facts, both, FULL).html
    assert html.count("garden.mov") == 1
    assert "Tried 3 times" in html


def test_the_page_says_when_a_gap_shows_nothing() -> None:
    assert "above 0" in finding(spread(0.05, 0.01, 8))
    assert "contains 0" in finding(spread(0.005, 0.01, 8))
    assert "below 0" in finding(spread(-0.05, 0.01, 8))
    assert "says little" in finding(spread(0.05, 0.01, 4))
    assert "not known" in finding({"mean": 0.05, "low": 0.05, "high": 0.05, "n": 1})


def test_without_an_evaluation_the_last_validation_gives_the_gap(facts: ReportFacts, rows: Rows) -> None:
    html = header(replace(facts, evaluation=None), rows)
    last = [row for row in facts.metrics if row["kind"] == "validation" and row["set"] == "held_out"][-1]
    assert f"<b>{last['context_gap']['mean']:.3f}" in html
    assert "Nothing was evaluated." in html


def test_every_method_of_every_metric_stands_in_the_table(facts: ReportFacts) -> None:
    html = evaluation_part(facts).html.split("The same in numbers")[1]
    assert facts.evaluation is not None
    metrics = [values for found in facts.evaluation["sets"].values() for values in found["metrics"].values()]
    assert html.count("<tr><td>") == sum(len(methods_of(values)) for values in metrics)
    assert html.count("<b>model</b>") == 9


def test_reasons_for_what_was_not_run_come_from_both_places(facts: ReportFacts) -> None:
    html = not_run_part(facts).html
    assert "LPIPS" in html
    assert "habitat renderer" in html
    assert "Everything the recipe asks for was run." in not_run_part(ReportFacts(title="t", command="c")).html


def test_a_strip_names_its_set_its_frames_and_its_numbers(facts: ReportFacts, rows: Rows) -> None:
    html = samples_part(facts, rows, FULL).html
    assert html.count("<figure") == len(facts.strips)
    assert "context frames 0, 5, 11, 30, 47" in html
    assert "target frames 12 to 23" in html
    assert "8 of 12 target frames drawn" in html
    assert "model 18.2" in html


def test_training_says_how_its_line_was_smoothed(facts: ReportFacts) -> None:
    assert "running median over 11" in training_part(facts).html
    values = np.array([1.0, 1.0, 50.0, 1.0, 1.0])
    assert running_median(values, 3).tolist() == [1.0, 1.0, 1.0, 1.0, 1.0]


def test_a_reused_version_is_not_called_new(facts: ReportFacts) -> None:
    version = VersionFacts(name="demo@1", content="ab" * 32, created=False)
    html = record_part(replace(facts, version=version)).html
    assert "used it again" in html
    assert "ab" * 32 in html


def walk(x: float, z: float) -> CameraPath:
    """A straight walk along +x that looks along +x."""
    poses = np.tile(np.eye(4), (5, 1, 1))
    poses[:, :3, 2], poses[:, :3, 0] = [1, 0, 0], [0, 0, 1]
    poses[:, 0, 3], poses[:, 2, 3] = x + np.linspace(0, 1, 5), z
    return CameraPath(key="a", world_from_camera=poses)


def test_the_map_puts_x_to_the_right_and_z_down() -> None:
    scene = SceneMap(scene="s", bounds_m=(-2.0, -1.0, 2.0, 1.0), plan=None, paths=(walk(-1.0, 0.5),))
    drawn = maps.draw(scene, None, 200)
    points = re.search(r'<polyline points="([^"]+)" class="walk none"', drawn)
    gaze = re.search(r'<line x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)" class="gaze', drawn)
    assert points is not None
    assert gaze is not None
    assert points.group(1).split()[0] == "90,135"
    assert points.group(1).split()[-1] == "180,135"
    assert float(gaze.group(3)) > float(gaze.group(1))
    assert gaze.group(2) == gaze.group(4)


def test_variants_of_a_walk_are_drawn_once(rows: Rows) -> None:
    group = next(row["variant_group"] for row in rows.every if row["variant"] == 2)
    keys = [row["key"] for row in rows.every if row["variant_group"] == group]
    paths = tuple(replace(walk(0, 0), key=key) for key in keys)
    scene = SceneMap(scene="s", bounds_m=None, plan=None, paths=paths)
    assert len(keys) == 3
    assert [path.key for path in maps.original_paths(scene, rows)] == [group]


def test_variants_are_shown_at_a_moment_when_they_differ() -> None:
    still = np.zeros((4, 8, 8, 3), np.uint8)
    crossed, darker = still.copy(), still + 10
    crossed[2, :, 3:5] = 255
    members = [Picture(key=str(at), frames=frames) for at, frames in enumerate((still, crossed, darker))]
    assert showcase.telling_moment(members) == 2


def test_a_rule_that_judged_nothing_is_named(facts: ReportFacts, rows: Rows) -> None:
    version = VersionFacts(name="d@1", content="ab" * 32, created=True, manifest={"idle_rules": ["parallax_deg"]})
    html = scores_part(replace(facts, version=version), rows).html
    assert "judged no row" in html
    assert "parallax" in html


def test_synthetic_sources_without_rows_are_not_announced(facts: ReportFacts, rows: Rows) -> None:
    others = tuple(row for row in rows.every if not rows.is_synthetic(row))
    assert "ynthetic" in header(facts, rows)
    assert "ynthetic" not in header(facts, replace(rows, every=others))


def test_each_row_of_a_strip_shows_its_own_frames(rows: Rows) -> None:
    levels = {"context": 30, "truth": 90, "sampled": 150, "nearest": 210}
    frames = {name: np.full((3, 16, 16, 3), level, np.uint8) for name, level in levels.items()}
    strip = Strip(set="val", key="k", scene="s", **frames)
    html = samples_part(ReportFacts(title="t", command="c", strips=(strip,)), rows, FULL).html
    first = r'<b class="(?:me)?">([a-z ]+)</b><div[^>]*><img src="data:image/jpeg;base64,([^"]+)"'
    shown = dict(re.findall(first, html))
    seen = {name: np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))).mean() for name, data in shown.items()}
    assert {name: round(value) for name, value in seen.items()} == {
        "context": 30,
        "true frames": 90,
        "sampled": 150,
        "nearest context": 210,
    }
