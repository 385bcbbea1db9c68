"""Files written whole or not at all. Unseen: a full disk as a traceback, half a file, a leftover beside it."""

import errno
import os
from pathlib import Path

import pytest

from video4spatial.pipeline.core.errors import StorageError
from video4spatial.pipeline.core.files import write_atomic


def test_folders_are_made_and_the_file_replaced(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a" / "b.json", b"1")
    write_atomic(tmp_path / "a" / "b.json", b"2")
    assert (tmp_path / "a" / "b.json").read_bytes() == b"2"
    assert os.listdir(tmp_path / "a") == ["b.json"]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free some space and run the same command again"),
        (errno.EROFS, "choose a folder that you may write to"),
        (errno.EIO, "when the disk is well again"),
    ],
)
def test_a_disk_that_refuses_is_one_line_with_what_to_do(
    tmp_path: Path, number: int, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.json").write_bytes(b"old")

    def refused(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refused)
    with pytest.raises(StorageError, match=remedy) as caught:
        write_atomic(tmp_path / "a.json", b"new")
    assert str(tmp_path / "a.json") in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)
    assert os.listdir(tmp_path) == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == b"old"


def test_a_file_in_the_way_of_the_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match=r"cannot write .*b\.json .*choose a folder"):
        write_atomic(tmp_path / "file" / "b.json", b"")
