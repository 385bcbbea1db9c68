"""Files: hashed, written whole or not at all."""

import hashlib
import os
from pathlib import Path


def sha256_file(path: Path) -> str:
    """sha256 (64 hex digits) of a file's bytes, read once in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomic(path: Path, data: bytes) -> None:
    """Writes beside `path` under a temporary name, syncs, then renames: readers see the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
