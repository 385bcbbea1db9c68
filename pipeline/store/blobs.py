"""Files that are created once, whole, and never changed: the only primitive the store needs of a disk.

store, receipt, publish ─▶ [blobs] ─▶ temporary file ─▶ fsync ─▶ link(2) under its name ─▶ fsync of the folder

`link` fails where the name exists, so that of many writers exactly one creates it, and a reader sees all of a file or
none. Paths are relative to the store's folder, with forward slashes. Object stores come later; nothing here knows what
a shard is.
"""

import contextlib
import errno
import hashlib
import itertools
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from video4spatial.pipeline.core.errors import StorageError
from video4spatial.pipeline.store.lock import exclusive, shared

_COUNTER = itertools.count()
_STALE_S = 24 * 3600
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENOENT}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of the store, as listed."""

    path: str
    nbytes: int
    modified_s: float
    """Of its last change, in seconds of the file system's clock."""


class Blobs:
    """Create-only files below one folder. Holds nothing open; travels by pickle."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self) -> None:
        """Makes the folder and proves that it can do what the store needs, else StorageError; sweeps old leftovers."""
        with self._explained("write to"):
            (self.root / "tmp").mkdir(parents=True, exist_ok=True)
        probe = f"tmp/probe-{_unique()}"
        try:
            if not self.create(probe, b"first") or self.create(probe, b"second"):
                raise StorageError(
                    f"{self.root} let one file be created twice: its file system cannot hold a store; use a local disk"
                )
        finally:
            # a failure to write has been told by then; that the probe could not be removed either adds nothing
            with contextlib.suppress(OSError):
                (self.root / probe).unlink(missing_ok=True)
        with self._explained("write to"):
            self._sweep()

    def create(self, path: str, data: bytes) -> bool:
        """Creates `path` with all of `data`, durably; False when it exists already (it is left as it is)."""
        target = self._at(path)
        with self._explained("write to"), self._temporary(data) as temporary:
            self._make_folder(target.parent)
            try:
                os.link(temporary, target)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                raise StorageError(
                    f"{self.root} is on a file system without hard links ({error.strerror}), which a store needs to "
                    "commit; use a local disk"
                ) from error
            _sync_folder(target.parent)
        return True

    def replace(self, path: str, data: bytes) -> None:
        """Puts `data` at `path` whether it exists or not; readers see the old bytes or the new ones."""
        target = self._at(path)
        with self._explained("write to"), self._temporary(data) as temporary:
            self._make_folder(target.parent)
            os.replace(temporary, target)
            _sync_folder(target.parent)

    def put(self, kind: str, data: bytes, suffix: str) -> str:
        """Stores `data` under the sha256 of its bytes and returns the path `kind/ab/<sha256>.suffix`.

        A file of that name whose bytes differ was damaged, and is healed.
        """
        path = self.named(kind, data, suffix)
        if not self.create(path, data) and self.read(path) != data:
            self.replace(path, data)
        return path

    @staticmethod
    def named(kind: str, data: bytes, suffix: str) -> str:
        """Where `put` would store `data`."""
        digest = hashlib.sha256(data).hexdigest()
        return f"{kind}/{digest[:2]}/{digest}.{suffix}"

    def read(self, path: str) -> bytes:
        """All bytes of `path`. Raises StorageError where it is missing."""
        with self._explained("read"):
            return self._at(path).read_bytes()

    def read_named(self, path: str) -> bytes:
        """All bytes of a file that `put` made. Raises StorageError where they no longer give its name."""
        data = self.read(path)
        if hashlib.sha256(data).hexdigest() not in path:
            raise StorageError(
                f"{self.root / path} is damaged: its bytes do not give its name; see `v4s datasets verify`"
            )
        return data

    def find(self, path: str) -> bytes | None:
        """All bytes of `path`, or None where there is no such file."""
        try:
            return self._at(path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(_explain(self.root, "read", error)) from error

    def read_range(self, path: str, offset: int, nbytes: int) -> bytes:
        """Bytes [offset, offset + nbytes) of `path`. Raises StorageError where it is missing or shorter."""
        with self._explained("read"):
            descriptor = os.open(self._at(path), os.O_RDONLY | os.O_CLOEXEC)
            try:
                data = os.pread(descriptor, nbytes, offset)
                while len(data) < nbytes and (more := os.pread(descriptor, nbytes - len(data), offset + len(data))):
                    data += more
            finally:
                os.close(descriptor)
        if len(data) < nbytes:
            raise StorageError(
                f"{self.root / path} ends at byte {offset + len(data)}, expected {offset + nbytes}: it was cut off; "
                "run `v4s datasets verify`"
            )
        return data

    def size(self, path: str) -> int | None:
        """Bytes of `path`, or None where there is no such file."""
        try:
            return self._at(path).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StorageError(_explain(self.root, "read", error)) from error

    def names(self, folder: str) -> list[str]:
        """Names directly below `folder`, sorted; empty where there is no such folder."""
        try:
            return sorted(os.listdir(self._at(folder)))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StorageError(_explain(self.root, "list", error)) from error

    def committing(self) -> contextlib.AbstractContextManager[None]:
        """Held from the first look at what others made until the commit that names it: nothing is deleted meanwhile."""
        return shared(self.root)

    def deleting(self) -> contextlib.AbstractContextManager[None]:
        """Held while deleting: nobody commits meanwhile."""
        return exclusive(self.root)

    def files(self, kind: str) -> list[File]:
        """The files `kind/ab/<name>`, sorted by path, with sizes and times."""
        found = []
        for folder in self.names(kind):
            with self._explained("list"), os.scandir(self._at(f"{kind}/{folder}")) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):  # removed since it was listed
                        facts = entry.stat(follow_symlinks=False)
                        path = f"{kind}/{folder}/{entry.name}"
                        found.append(File(path=path, nbytes=facts.st_size, modified_s=facts.st_mtime))
        return sorted(found, key=lambda file: file.path)

    def now_s(self) -> float:
        """The time as the store's file system tells it, in seconds: what the ages of its files are counted from."""
        with self._explained("write to"), self._temporary(b"") as temporary:
            return temporary.stat().st_mtime

    def remove(self, path: str) -> None:
        """Removes `path` if it exists."""
        with self._explained("write to"):
            self._at(path).unlink(missing_ok=True)

    def _at(self, path: str) -> Path:
        """The absolute place of a relative path; refuses anything that could lead out of the store."""
        if not _PATH.fullmatch(path):
            raise StorageError(f"{path!r} is not a path of a store; the file that names it is not ours or was altered")
        return self.root / path

    @contextlib.contextmanager
    def _temporary(self, data: bytes) -> Iterator[Path]:
        """A synced file under tmp/ holding `data`, gone afterwards."""
        path = self.root / "tmp" / _unique()
        path.parent.mkdir(exist_ok=True)  # a store that was copied may lack it; a store that is gone must not come back
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o444)
        try:
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(descriptor, view) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            self._make_folder(folder.parent)
            folder.mkdir(exist_ok=True)
            _sync_folder(folder.parent)

    def _sweep(self) -> None:
        """Removes what killed writers left in tmp/ more than a day ago; nothing ever reads it."""
        limit = time.time() - _STALE_S
        for entry in os.scandir(self.root / "tmp"):
            with contextlib.suppress(FileNotFoundError, PermissionError):
                if entry.stat(follow_symlinks=False).st_mtime < limit:
                    os.unlink(entry.path)

    @contextlib.contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError(_explain(self.root, doing, error)) from error


def _unique() -> str:
    return f"{os.getpid()}-{time.time_ns()}-{next(_COUNTER)}"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _explain(root: Path, doing: str, error: OSError) -> str:
    """One line: what failed, why, and what to do."""
    where = error.filename if error.filename is not None else root
    if error.errno in _FULL:
        return (
            f"no space left to {doing} {root} ({error.strerror}): free some and run the same command again; what was "
            "finished is kept"
        )
    if doing != "write to":
        return f"cannot {doing} {where} ({error.strerror}); run `v4s datasets verify` on the version that needs it"
    if error.errno in _REFUSED:
        return f"cannot write to {where} ({error.strerror}); choose a folder that you may write to"
    return f"cannot write to {where} ({error.strerror}); when the disk is well again, run the same command"
