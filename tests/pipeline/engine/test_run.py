"""Getting units done: if this breaks, work is lost, done twice, or one bad input stops everybody's run."""

import io
from pathlib import Path

import pytest

from tests.pipeline.engine.toy_stage import ToyStage, toy_sources
from video4spatial.pipeline.core.errors import ConfigError, RunFailed, StorageError
from video4spatial.pipeline.core.stage import Resources
from video4spatial.pipeline.engine.config import EngineConfig
from video4spatial.pipeline.engine.plan import pool_bounds
from video4spatial.pipeline.engine.progress import Reporter
from video4spatial.pipeline.engine.run import Executor, StageResult
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Store

CONFIG = EngineConfig(workers=2, attempts=2)


def run(
    store: Store,
    stage: ToyStage,
    names: tuple[str, ...],
    *,
    local: bool = True,
    retry_failed: bool = False,
    config: EngineConfig = CONFIG,
    said: io.StringIO | None = None,
) -> StageResult:
    with Executor(config, Reporter("plain", stream=said or io.StringIO()), local=local, address=None) as executor:
        return executor.run("toy", stage, stage.units(toy_sources(*names), seed=1), store, retry_failed)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


def test_finished_units_are_not_done_again(store: Store, tmp_path: Path) -> None:
    stage = ToyStage(scratch=str(tmp_path))
    assert run(store, stage, ("good-1", "good-2")).done == 2
    result = run(store, stage, ("good-1", "good-2", "good-3"))
    assert (result.done, result.reused) == (1, 2)
    assert (tmp_path / "begun-good-1").read_text() == "x"


def test_a_broken_input_costs_itself_and_is_finished(store: Store, tmp_path: Path) -> None:
    stage = ToyStage(scratch=str(tmp_path))
    names = ("good-1", "broken-1", "good-2")
    result = run(store, stage, names)
    assert result.failures == {"broken-1": "undecodable"}
    assert result.done == 3
    assert run(store, stage, names).reused == 3, "what is broken for good is not tried again"


def test_a_lost_worker_is_tried_again(store: Store, tmp_path: Path) -> None:
    result = run(store, ToyStage(scratch=str(tmp_path)), ("lost-once-1",))
    assert result.failures == {}
    assert (tmp_path / "begun-lost-once-1").read_text() == "xx"


def test_a_unit_lost_for_good_is_recorded_and_retried_only_when_asked(store: Store, tmp_path: Path) -> None:
    stage, names = ToyStage(scratch=str(tmp_path)), ("lost-1", "good-1", "good-2")
    assert run(store, stage, names).failures == {"lost-1": "timed_out"}
    begun = tmp_path / "begun-lost-1"
    assert begun.read_text() == "xx"
    run(store, stage, names)
    assert begun.read_text() == "xx"
    run(store, stage, names, retry_failed=True)
    assert begun.read_text() == "xxxx"


def test_what_failed_is_tried_again_and_what_was_rejected_is_not(store: Store, tmp_path: Path) -> None:
    stage = ToyStage(scratch=str(tmp_path))
    names = ("mended-1", "broken-1", "lost-1", "rejected-1", "good-1", "good-2", "good-3")
    first = run(store, stage, names)
    assert first.failures == {"mended-1": "undecodable", "broken-1": "undecodable", "lost-1": "timed_out"}
    (tmp_path / "mended-1").touch()
    said = io.StringIO()
    result = run(store, stage, names, retry_failed=True, said=said)
    assert result.failures == {"broken-1": "undecodable", "lost-1": "timed_out"}
    assert (result.done, result.reused) == (3, 4)
    assert {name: (tmp_path / f"begun-{name}").read_text() for name in names} == {
        "mended-1": "xx",
        "broken-1": "xx",
        "lost-1": "xxxx",
        "rejected-1": "x",
        "good-1": "x",
        "good-2": "x",
        "good-3": "x",
    }
    text = said.getvalue()
    assert "3 units failed last time (2 undecodable, 1 timed_out); trying them again" in text
    assert "lost-1: timed_out (2 attempts, lost-1 hung)" in text
    assert "broken-1: undecodable (broken-1 is not a video; give another file)" in text
    assert "of 3 tried again 1 are good now, 2 failed again" in text


def test_a_clip_that_failed_among_good_ones_is_no_failed_unit(store: Store, tmp_path: Path) -> None:
    stage, names = ToyStage(scratch=str(tmp_path)), ("torn-1", "good-1")
    strict = EngineConfig(workers=2, attempts=2, max_failed_fraction=0.0)
    assert run(store, stage, names, config=strict).failures == {}
    result = run(store, stage, names, config=strict, retry_failed=True)
    assert (result.done, result.reused, result.failures) == (0, 2, {})
    assert (tmp_path / "begun-torn-1").read_text() == "x"


def test_without_being_asked_nothing_is_tried_again_and_what_failed_is_told(store: Store, tmp_path: Path) -> None:
    stage, names = ToyStage(scratch=str(tmp_path)), ("broken-1", "lost-1", "good-1", "good-2")
    run(store, stage, names)
    said = io.StringIO()
    assert run(store, stage, names, said=said).failures == {"broken-1": "undecodable", "lost-1": "timed_out"}
    assert (tmp_path / "begun-broken-1").read_text() == "x"
    assert "2 units failed last time (1 undecodable, 1 timed_out); --retry-failed tries them again" in said.getvalue()
    said, other = io.StringIO(), Store.open(tmp_path / "other")
    run(other, stage, ("good-1", "good-2"), retry_failed=True, said=said)
    assert "nothing failed last time" in said.getvalue()


def test_a_failure_that_fails_again_changes_no_version(store: Store) -> None:
    stage, names = ToyStage(), ("broken-1", "good-1", "good-2")
    run(store, stage, names)
    units = stage.units(toy_sources(*names), seed=1)
    before = store.publish("toy", units, Selection(), "", {})
    run(store, stage, names, retry_failed=True)
    after = store.publish("toy", units, Selection(), "", {})
    assert (after.created, after.version.name) == (False, before.version.name)
    assert store.verify(before.version) == []


def test_a_run_stopped_by_its_failures_goes_on_when_they_are_tried_again(store: Store, tmp_path: Path) -> None:
    stage, names = ToyStage(scratch=str(tmp_path)), ("mended-1", "mended-2", "good-1")
    with pytest.raises(RunFailed):
        run(store, stage, names)
    (tmp_path / "mended-1").touch()
    (tmp_path / "mended-2").touch()
    assert run(store, stage, names, retry_failed=True).failures == {}


def test_a_version_with_lost_units_says_it_is_incomplete(store: Store) -> None:
    stage, names = ToyStage(), ("lost-1", "good-1", "good-2")
    run(store, stage, names)
    units = stage.units(toy_sources(*names), seed=1)
    manifest = store.publish("toy", units, Selection(), "", {}).version.manifest
    assert manifest["complete"] is False
    assert "lost-1" in str(manifest["failed_units"])


def test_a_run_that_fails_as_a_whole_is_stopped_with_the_reasons(store: Store) -> None:
    with pytest.raises(RunFailed, match=r"2 of 3 units failed \(2 undecodable\).*max_failed_fraction"):
        run(store, ToyStage(), ("broken-1", "broken-2", "good-1"))


def test_a_failing_run_does_not_pass_when_it_is_typed_again(store: Store) -> None:
    names = ("broken-1", "broken-2", "good-1")
    for _ in range(2):
        with pytest.raises(RunFailed, match="2 of 3 units failed"):
            run(store, ToyStage(), names)


def test_a_worker_never_makes_a_store_of_its_own(tmp_path: Path) -> None:
    from video4spatial.pipeline.engine.unit_runner import UnitRunner

    stage = ToyStage()
    unit = stage.units(toy_sources("good-1"), seed=1)[0]
    outcome = UnitRunner(stage, str(tmp_path / "not mounted"), attempts=1)(unit)
    assert outcome.status == "store_broken"
    assert not (tmp_path / "not mounted").exists()


def test_a_bug_is_not_swallowed(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        run(store, ToyStage(), ("bug-1",))


def test_a_store_that_breaks_stops_the_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise StorageError("the disk is full; free some space and run the same command again")

    monkeypatch.setattr(Store, "write_unit", full)
    with pytest.raises(StorageError, match="disk is full"):
        run(store, ToyStage(), ("good-1",))


@pytest.mark.parametrize(
    ("needs", "resources", "message"),
    [
        (Resources(cpus=1), {"CPU": 1.0}, "beside 1 for the executor"),
        (Resources(gpus=1), {"CPU": 8.0}, "needs 1 GPU, this Ray has 0"),
        (Resources(memory_gib=64), {"CPU": 8.0, "memory": 8 * 2.0**30}, "lower its memory_gib"),
    ],
)
def test_a_plan_that_cannot_run_is_refused_with_what_to_change(
    needs: Resources, resources: dict[str, float], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        pool_bounds(needs, resources, units=4, config=EngineConfig())


def test_the_pool_leaves_a_cpu_to_the_executor_and_never_exceeds_the_work() -> None:
    config = EngineConfig()
    assert pool_bounds(Resources(), {"CPU": 3.0}, 10, config) == (1, 2)
    assert pool_bounds(Resources(), {"CPU": 64.0}, 5, config) == (1, 5)
    assert pool_bounds(Resources(memory_gib=4), {"CPU": 64.0, "memory": 8 * 2.0**30}, 50, config) == (1, 2)


@pytest.mark.ray
@pytest.mark.filterwarnings("ignore")
def test_ray_and_this_process_give_the_same_content_and_fates(tmp_path: Path) -> None:
    names = ("good-1", "broken-1", "good-2", "lost-1", "good-3", "killer-1")
    here = tuple(name for name in names if not name.startswith("killer"))
    contents = {}
    for local in (True, False):
        store, stage = Store.open(tmp_path / f"store-{local}"), ToyStage(scratch=str(tmp_path))
        # a unit that kills its process would kill this one: only Ray's actors can survive it
        result = run(store, stage, here if local else names, local=local)
        expected = {"broken-1": "undecodable", "lost-1": "timed_out"}
        assert result.failures == (expected if local else expected | {"killer-1": "crashed"})
        units = stage.units(toy_sources(*here), seed=1)
        contents[local] = store.publish("toy", units, Selection(), "", {}).version.content
    assert contents[True] == contents[False]


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_does_not_answer_is_one_line_within_seconds(store: Store) -> None:
    stage = ToyStage()
    units = stage.units(toy_sources("good-1"), seed=1)
    # port 9 (discard) of this machine: refused at once
    with (
        Executor(CONFIG, Reporter("plain", stream=io.StringIO()), local=False, address="127.0.0.1:9") as executor,
        pytest.raises(ConfigError, match=r"nothing answers at 127\.0\.0\.1:9 .*check --address"),
    ):
        executor.run("toy", stage, units, store, False)
