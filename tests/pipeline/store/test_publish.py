"""Publishing. Unseen: two versions for one job, a version over missing bytes, held-out paths that are trained on."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.store.make import files_of, make_products, make_unit
from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.core.unit import Product, Unit
from video4spatial.pipeline.store.selection import Rule, Selection
from video4spatial.pipeline.store.splits import Splits
from video4spatial.pipeline.store.store import Store

ROOT = Path(__file__).resolve().parents[3]
ROOMS = [make_unit(number) for number in range(6)]
FILM = make_unit(50, "real")
DARK = Selection(rules=(Rule(score="brightness", min=45, reason="too_dark"),))


def fill(store: Store, units: list[Unit]) -> None:
    for unit in units:
        store.write_unit(unit, make_products(unit), {})


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store.open(tmp_path_factory.mktemp("shared"))
    fill(store, [*ROOMS, FILM])
    return store


def test_the_same_job_gives_the_same_version(shared: Store) -> None:
    first = shared.publish("twice", ROOMS, Selection(), "recipe", {})
    again = shared.publish("twice", [*reversed(ROOMS), ROOMS[0]], Selection(), "recipe # with a remark", {"run": 2})
    assert (first.created, again.created) == (True, False)
    assert again.version.name == first.version.name == "twice@1"
    assert again.version.manifest["recipe"]["text"] == "recipe"


def test_another_threshold_is_another_version_over_the_same_shards(shared: Store) -> None:
    before = {path for path in files_of(shared.root) if path.startswith(("shards", "index", "units"))}
    loose = shared.publish("thresholds", ROOMS, Selection(), "", {}).version
    strict = shared.publish("thresholds", ROOMS, DARK, "", {}).version
    assert (loose.name, strict.name, strict.manifest["parent"]) == ("thresholds@1", "thresholds@2", "thresholds@1")
    assert strict.manifest["rows"] < loose.manifest["rows"]
    assert strict.content != loose.content
    assert {row["reason"] for row in strict.table(["reason"]).to_pylist()} == {None, "too_dark", "black"}
    assert {path for path in files_of(shared.root) if path.startswith(("shards", "index", "units"))} == before
    assert shared.publish("thresholds", ROOMS, Selection(), "", {}).version.name == "thresholds@1"


def test_content_is_the_data_and_not_the_store_it_lies_in(shared: Store, tmp_path: Path) -> None:
    other = Store.open(tmp_path)
    fill(other, list(reversed(ROOMS)))
    here = shared.publish("content", ROOMS, Selection(), "", {}).version
    there = other.publish("elsewhere", ROOMS, Selection(), "other text", {"host": "x"}).version
    assert here.content == there.content
    assert here.manifest["table"] == there.manifest["table"]
    assert shared.publish("content", ROOMS[:5], Selection(), "", {}).version.content != here.content


def test_six_rooms_train_four_and_hold_out_one_whole_path_in_each(shared: Store) -> None:
    version = shared.publish("rooms", ROOMS, Selection(held_out_paths=1), "", {}).version
    rows = [row for row in version.table().to_pylist() if row["verdict"] == "kept"]
    sides = {row["split_group"]: row["split"] for row in rows}
    assert sorted(sides.values()) == ["test", "train", "train", "train", "train", "val"]
    held = {row["variant_group"] for row in rows if row["held_out"]}
    assert len(held) == 4
    assert all(row["held_out"] == (row["variant_group"] in held) for row in rows)
    assert {row["split"] for row in rows if row["held_out"]} == {"train"}
    splits = version.manifest["splits"]
    assert splits["held_out"]["groups"] == 4
    assert sum(part["rows"] for part in splits.values()) == version.manifest["rows"] == 24


def test_films_are_not_held_out_and_do_not_fill_a_side_for_the_rooms(shared: Store) -> None:
    version = shared.publish("mixed", [*ROOMS, FILM], Selection(), "", {}).version
    rows = [row for row in version.table().to_pylist() if row["verdict"] == "kept"]
    assert not any(row["held_out"] for row in rows if row["kind"] == "real")
    posed = {row["split"] for row in rows if row["pose_source"] != "none"}
    assert posed == {"train", "val", "test"}


def test_columns_of_some_units_are_null_in_the_others(shared: Store, tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    fill(store, ROOMS[:1])
    store.write_unit(FILM, make_products(FILM, columns={"perceptual_hash": 7, "shot": 3}), {})
    table = store.publish("columns", [ROOMS[0], FILM], Selection(), "", {}).version.table()
    shots = {row["kind"]: row["shot"] for row in table.to_pylist() if row["verdict"] == "kept"}
    assert shots == {"simulation": None, "real": 3}
    assert table["key"].to_pylist() == sorted(table["key"].to_pylist())


def test_units_that_are_not_finished_stop_a_version(shared: Store) -> None:
    with pytest.raises(StorageError, match=r"1 of 7 units are not finished .*seed=99\); run the same command again"):
        shared.publish("early", [*ROOMS, make_unit(99)], Selection(), "", {})
    assert shared.versions("early") == []


def test_a_version_with_lost_units_names_them(shared: Store) -> None:
    lost = make_unit(77, "real")
    shared.record_failure(lost, "timed_out", "no answer within 60 s", attempts=3)
    manifest = shared.publish("lossy", [*ROOMS, lost], Selection(), "", {}).version.manifest
    assert manifest["complete"] is False
    assert [(unit["source_uri"], unit["reason"]) for unit in manifest["failed_units"]] == [("film_77.mp4", "timed_out")]
    whole = shared.publish("lossy", ROOMS, Selection(), "", {}).version
    assert whole.manifest["complete"] is True
    assert whole.content == manifest["content"]
    rows = [row for row in shared.version("lossy@1").table().to_pylist() if row["verdict"] == "failed"]
    assert [(row["reason"], row["source_uri"], row["shard"]) for row in rows] == [("timed_out", "film_77.mp4", None)]


def test_a_version_in_which_nothing_is_kept_says_so(shared: Store, tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    failed = Product(index=0, sequence=None, verdict="failed", reason="no_video", detail="a sound file")
    store.write_unit(FILM, [failed], {})
    version = store.publish("nothing", [FILM], Selection(), "", {}).version
    assert (version.manifest["rows"], version.manifest["shards"], len(version.reader("train"))) == (0, [], 0)
    assert version.manifest["verdicts"] == {"kept": 0, "rejected": 0, "failed": 1}
    assert store.verify(version) == []


def test_a_shard_that_is_gone_stops_a_version_with_the_way_out(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    fill(store, ROOMS[:2])
    receipt = store.receipt(ROOMS[0].unit_id)
    (tmp_path / receipt.shard).unlink()
    with pytest.raises(StorageError, match=r"is missing; remove units/.*json and run the same command again"):
        store.publish("gone", ROOMS[:2], Selection(), "", {})
    (tmp_path / f"units/{receipt.unit_id[:2]}/{receipt.unit_id}.json").unlink()
    assert store.write_unit(ROOMS[0], make_products(ROOMS[0]), {}) == receipt
    assert store.publish("gone", ROOMS[:2], Selection(), "", {}).created


def test_a_damaged_index_never_gets_into_a_version(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    fill(store, ROOMS[:1])
    index = tmp_path / store.receipt(ROOMS[0].unit_id).index
    data = bytearray(index.read_bytes())
    data[len(data) // 2] ^= 1
    index.unlink()
    index.write_bytes(data)
    with pytest.raises(StorageError, match=r"is damaged; remove units/.*json and run the same command again"):
        store.publish("damaged", ROOMS[:1], Selection(), "", {})
    assert store.versions("damaged") == []


def test_names_that_could_leave_the_store_are_refused(shared: Store) -> None:
    for name in ("../x", "a/b", "a@1", "", "7", ".hidden"):
        with pytest.raises(ConfigError, match="a name has letters"):
            shared.publish(name, ROOMS, Selection(), "", {})


def test_what_was_moved_between_splits_is_in_the_manifest(shared: Store) -> None:
    for share in (0.5, 0.8, 0.98):
        splits = Splits(train=share, val=(1 - share) / 2, test=(1 - share) / 2)
        published = shared.publish("moved", ROOMS, Selection(splits=splits), "", {})
        assert list(published.moved) == published.version.manifest["moved"]
    assert published.moved


def test_no_path_of_this_machine_is_in_a_manifest_or_table(shared: Store) -> None:
    version = shared.publish("private", ROOMS, Selection(), "", {}).version
    path = shared.root / f"datasets/private/versions/{version.manifest['version']:06d}.json"
    assert str(shared.root).encode() not in path.read_bytes()
    assert str(shared.root) not in str(version.table().to_pylist())


def test_a_disk_that_fills_up_while_publishing_shows_no_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, write = Store.open(tmp_path), os.write
    fill(store, ROOMS[:2])
    before = files_of(tmp_path)
    for spared in range(3):  # the list of units, the table, then the manifest
        left = [spared]

        def full(descriptor: int, data: memoryview, left: list[int] = left) -> int:
            if left[0] == 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            left[0] -= 1
            return write(descriptor, data)

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(StorageError, match="no space left"):
            store.publish("full", ROOMS[:2], Selection(), "", {})
        monkeypatch.setattr(os, "write", write)
        assert store.datasets() == []
        assert {
            path for path in set(files_of(tmp_path)) - set(before) if not path.startswith(("lists/", "tables/"))
        } == set()
    assert store.publish("full", ROOMS[:2], Selection(), "", {}).created


def test_many_processes_publishing_one_job_make_one_version(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    fill(store, ROOMS[:2])
    code = (
        "import sys; from tests.pipeline.store.make import make_unit\n"
        "from video4spatial.pipeline.store.store import Selection, Store\n"
        "store, wanted = Store.open(sys.argv[1], create=False), int(sys.argv[2])\n"
        "print(store.publish('race', [make_unit(n) for n in range(wanted)], Selection(), '', {}).version.name)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), str(wanted)], stdout=subprocess.PIPE, text=True, env=environment
        )
        for wanted in (2, 1, 2, 1)
    ]
    names = []
    for writer in writers:
        with writer:
            names.append(writer.communicate(timeout=120)[0].strip())
    assert store.versions("race") == [1, 2]
    assert names[0] == names[2] != names[1] == names[3]
    assert all(store.verify(store.version(name)) == [] for name in set(names))
