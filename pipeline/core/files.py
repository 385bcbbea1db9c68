"""Files: hashed, written whole or not at all."""

import contextlib
import errno
import hashlib
import os
from pathlib import Path

from video4spatial.pipeline.core.errors import StorageError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR}


def sha256_file(path: Path) -> str:
    """sha256 (64 hex digits) of a file's bytes, read once in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomic(path: Path, data: bytes) -> None:
    """Writes beside `path` under a temporary name, syncs, then renames: readers see the old file or the new one.

    Raises StorageError with what to do where the disk is full, refuses or fails.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        with contextlib.suppress(OSError):  # what matters has been told: written, or why not
            temporary.unlink(missing_ok=True)


def write_error(path: Path, error: OSError) -> StorageError:
    """What a failure to write `path` is to the user: one line with what to do."""
    why = error.strerror or str(error)
    if error.errno in _FULL:
        remedy = "free some space and run the same command again; what was finished is kept"
    elif error.errno in _REFUSED:
        remedy = "choose a folder that you may write to"
    else:
        remedy = "when the disk is well again, run the same command"
    return StorageError(f"cannot write {path} ({why}); {remedy}")
