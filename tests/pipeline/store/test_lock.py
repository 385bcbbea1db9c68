"""Locks between who commits and who deletes. Unseen: gc where nothing keeps it from a running publish."""

import errno
import fcntl
import logging
import threading
from pathlib import Path

import pytest

from video4spatial.pipeline.core.errors import StorageError
from video4spatial.pipeline.store.lock import exclusive, shared


def test_many_commit_at_once(tmp_path: Path) -> None:
    with shared(tmp_path), shared(tmp_path):
        assert (tmp_path / "locks" / "commit").exists()


def test_one_who_deletes_waits_for_those_who_commit_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    entered = threading.Event()

    def delete() -> None:
        with exclusive(tmp_path):
            entered.set()

    with caplog.at_level(logging.WARNING), shared(tmp_path):
        deleting = threading.Thread(target=delete)
        deleting.start()
        assert not entered.wait(0.3)
    deleting.join(30)
    assert entered.is_set()
    assert "waiting for others who are just committing" in caplog.text


def test_without_locks_work_goes_on_and_nothing_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with shared(tmp_path):
        pass
    with (
        pytest.raises(StorageError, match=r"its file system has no locks\): nothing can be removed safely"),
        exclusive(tmp_path),
    ):
        pytest.fail("it must not get in")


def test_a_store_that_is_gone_is_an_error_and_does_not_come_back(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot lock"), shared(tmp_path / "gone"):
        pytest.fail("it must not get in")
    assert not (tmp_path / "gone").exists()


def test_an_error_inside_is_passed_on_as_it_is(tmp_path: Path) -> None:
    for lock in (shared, exclusive):
        with pytest.raises(FileNotFoundError), lock(tmp_path):
            (tmp_path / "nothing").read_bytes()
    with exclusive(tmp_path):
        pass
