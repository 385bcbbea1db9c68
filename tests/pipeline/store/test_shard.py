"""Shards. Unseen: a tar that others cannot read, bytes that change with the clock, an offset off by a header."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.store.make import make_products, make_sequence, make_unit
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.store.sample import encode_sample
from video4spatial.pipeline.store.shard import hash_sample, pack
from video4spatial.pipeline.store.store import Store

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = {
    "b-0001": {"rgb.mp4": b"film" * 300, "json": b"{}", "times.npy": b""},
    "b-0000": {"json": b'{"a":1}', "rgb.mp4": bytes(512)},
}


def test_places_point_at_the_bytes_of_each_member() -> None:
    data, places = pack(SAMPLES)
    for key, members in SAMPLES.items():
        assert [member.ext for member in places[key].members] == sorted(members)
        for member in places[key].members:
            assert data[member.offset : member.offset + member.nbytes] == members[member.ext]
        assert places[key].sample_sha256 == hash_sample(members)
    assert places["b-0000"].offset == 0
    assert places["b-0001"].offset == places["b-0000"].nbytes


def test_the_order_in_which_samples_come_does_not_matter() -> None:
    assert pack(SAMPLES) == pack(dict(reversed(SAMPLES.items())))


def test_a_sample_hash_does_not_depend_on_where_it_lies() -> None:
    alone = pack({"b-0001": SAMPLES["b-0001"]})[1]["b-0001"]
    beside = pack(SAMPLES)[1]["b-0001"]
    assert alone.offset != beside.offset
    assert alone.sample_sha256 == beside.sample_sha256
    assert hash_sample({"a": b"1", "b": b"2"}) != hash_sample({"a": b"2", "b": b"1"})


def test_any_tar_reader_sees_sorted_members_without_clock_or_owner() -> None:
    with tarfile.open(fileobj=io.BytesIO(pack(SAMPLES)[0])) as tar:
        infos = tar.getmembers()
    assert [info.name for info in infos] == [
        "b-0000.json",
        "b-0000.rgb.mp4",
        "b-0001.json",
        "b-0001.rgb.mp4",
        "b-0001.times.npy",
    ]
    assert {(info.mtime, info.uid, info.gid, info.mode, info.isfile()) for info in infos} == {(0, 0, 0, 0o444, True)}


def test_a_key_with_a_dot_is_refused() -> None:
    with pytest.raises(ConfigError, match="a key has no dot"):
        pack({"a.b": {"json": b""}})


def test_bytes_equal_those_of_the_webdataset_writer() -> None:
    webdataset = pytest.importorskip("webdataset")
    buffer = io.BytesIO()
    with webdataset.TarWriter(buffer, encoder=False, mtime=0) as writer:
        for key in sorted(SAMPLES):
            writer.write({"__key__": key, **SAMPLES[key]})
    assert buffer.getvalue() == pack(SAMPLES)[0]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library leaves its file open
def test_the_webdataset_library_alone_reads_a_shard(tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    unit = make_unit(1)
    receipt = Store.open(tmp_path).write_unit(unit, make_products(unit), {})
    dataset = webdataset.WebDataset(str(tmp_path / str(receipt.shard)), shardshuffle=False).decode()
    samples = {sample["__key__"]: sample for sample in dataset}
    assert sorted(samples) == [f"{unit.unit_id[:12]}-{name}" for name in ("0000", "0000-v1", "0001", "0002")]
    expected = make_sequence(unit, 1)
    read = samples[f"{unit.unit_id[:12]}-0001"]
    assert np.array_equal(read["world_from_camera.npy"], expected.cameras.world_from_camera)
    assert np.array_equal(read["times.npy"], expected.times)
    assert read["json"]["format"] == 1
    assert read["json"]["provenance"]["unit_id"] == unit.unit_id
    assert read["rgb.mp4"] == encode_sample(expected)["rgb.mp4"]


def test_two_processes_write_the_same_shard(tmp_path: Path) -> None:
    """Another process, another hash seed, more threads allowed: the same name, which is the hash of the bytes."""
    code = (
        "import sys; from tests.pipeline.store.make import make_products, make_unit\n"
        "from video4spatial.pipeline.store.store import Store\n"
        "unit = make_unit(4)\n"
        "receipt = Store.open(sys.argv[1]).write_unit(unit, make_products(unit, 2), {'seconds': 1})\n"
        "print(receipt.shard, receipt.index)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "77", "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a")], capture_output=True, text=True, env=environment, check=True
    )
    unit = make_unit(4)
    receipt = Store.open(tmp_path / "b").write_unit(unit, make_products(unit, 2), {"seconds": 2})
    assert done.stdout.split() == [receipt.shard, receipt.index]
