"""The disk primitive. Unseen: half a file under its final name, two winners of one name, a full disk as a riddle."""

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from video4spatial.pipeline.core.errors import StorageError
from video4spatial.pipeline.store.blobs import Blobs


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    store = Blobs(tmp_path / "store")
    store.prepare()
    return store


def leftovers(blobs: Blobs) -> list[str]:
    return os.listdir(blobs.root / "tmp")


def test_a_file_is_created_once_and_never_changed(blobs: Blobs) -> None:
    assert blobs.create("a/b/c.json", b"first")
    assert not blobs.create("a/b/c.json", b"second")
    assert blobs.read("a/b/c.json") == b"first"
    assert leftovers(blobs) == []


def test_content_is_its_own_name(blobs: Blobs) -> None:
    path = blobs.put("shards", b"bytes", "tar")
    assert path == blobs.put("shards", b"bytes", "tar")
    assert path.startswith("shards/27/277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9")
    assert blobs.size(path) == 5


def test_a_damaged_blob_heals_when_its_bytes_come_again(blobs: Blobs) -> None:
    path = blobs.put("shards", b"bytes", "tar")
    place = blobs.root / path
    place.unlink()
    place.write_bytes(b"bYtes")
    assert blobs.put("shards", b"bytes", "tar") == path
    assert blobs.read(path) == b"bytes"


def test_of_many_processes_exactly_one_creates_a_name(blobs: Blobs) -> None:
    code = (
        "import sys; from pathlib import Path; from video4spatial.pipeline.store.blobs import Blobs\n"
        "blobs = Blobs(Path(sys.argv[1]))\n"
        "print(sum(blobs.create(f'race/{n}', sys.argv[2].encode()) for n in range(200)))"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(blobs.root), str(n)], stdout=subprocess.PIPE)
        for n in range(4)
    ]
    won = []
    for writer in writers:
        with writer:
            won.append(int(writer.communicate(timeout=60)[0]))
    assert sum(won) == 200
    assert len(blobs.names("race")) == 200
    assert leftovers(blobs) == []


def test_a_full_disk_is_one_line_and_leaves_nothing(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: memoryview) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageError, match=r"no space left to write to .*free some and run the same command again"):
        blobs.create("a/b", b"data")
    monkeypatch.undo()
    assert blobs.find("a/b") is None
    assert leftovers(blobs) == []


def test_a_disk_that_fails_to_sync_is_not_trusted(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(StorageError, match="Input/output error"):
        blobs.create("b", b"data")
    monkeypatch.undo()
    assert blobs.find("b") is None
    assert leftovers(blobs) == []


def test_a_write_that_the_system_cuts_short_is_not_taken_for_whole(blobs: Blobs) -> None:
    """A real limit of the system, in a process of its own: the file may not grow beyond 4 kB."""
    code = (
        "import sys; from pathlib import Path\n"
        "from video4spatial.pipeline.core.errors import StorageError\n"
        "from video4spatial.pipeline.store.blobs import Blobs\n"
        "try: Blobs(Path(sys.argv[1])).create('big', bytes(100_000))\n"
        "except StorageError as error: print(error)"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        [sys.executable, "-c", code, str(blobs.root)],
        capture_output=True,
        text=True,
        preexec_fn=limit,
        timeout=60,
        check=True,
    )
    assert "no space left" in done.stdout
    assert blobs.find("big") is None
    assert leftovers(blobs) == []


def test_a_file_system_without_hard_links_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(source: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    with pytest.raises(StorageError, match=r"without hard links .* use a local disk"):
        Blobs(tmp_path / "store").prepare()


def test_a_file_system_that_lets_a_name_be_created_twice_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", lambda source, target: target.write_bytes(source.read_bytes()))
    with pytest.raises(StorageError, match="created twice"):
        Blobs(tmp_path / "store").prepare()


def test_a_folder_that_cannot_be_written_is_one_line_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"cannot write to .*choose a folder that you may write to"):
        Blobs(tmp_path / "file" / "store").prepare()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_without_permission_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="Permission denied"):
        Blobs(tmp_path / "store").prepare()


@pytest.mark.parametrize("path", ["../out", "/etc/passwd", "a/../../b", "a//b", "", ".hidden", "a/\n"])
def test_paths_that_lead_out_are_refused(blobs: Blobs, path: str) -> None:
    for use in (blobs.read, blobs.size, blobs.remove, lambda name: blobs.create(name, b"")):
        with pytest.raises(StorageError, match="not a path of a store"):
            use(path)


def test_a_range_beyond_the_end_is_an_error_not_less_data(blobs: Blobs) -> None:
    blobs.create("ten", b"0123456789")
    assert blobs.read_range("ten", 3, 4) == b"3456"
    with pytest.raises(StorageError, match="ends at byte 10, expected 12"):
        blobs.read_range("ten", 8, 4)
    with pytest.raises(StorageError, match="cannot read"):
        blobs.read_range("eleven", 0, 1)


def test_leftovers_of_killed_writers_go_after_a_day(blobs: Blobs) -> None:
    old, young = blobs.root / "tmp" / "old", blobs.root / "tmp" / "young"
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (1, 1))
    blobs.prepare()
    assert leftovers(blobs) == ["young"]


def test_a_store_whose_disk_is_gone_does_not_come_back_empty(blobs: Blobs) -> None:
    (blobs.root / "tmp").rmdir()
    blobs.root.rmdir()
    with pytest.raises(StorageError, match="cannot write to"):
        blobs.create("a", b"")
    assert not blobs.root.exists()


def test_a_read_only_store_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unseen, removing a probe that could not be written would raise again, outside every explanation."""
    Blobs(tmp_path / "store").prepare()

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", "somewhere")

    monkeypatch.setattr(os, "open", refused)
    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(StorageError, match=r"cannot write to .*Read-only file system.*choose a folder") as caught:
        Blobs(tmp_path / "store").prepare()
    assert "\n" not in str(caught.value)
