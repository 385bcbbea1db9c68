"""A supervised child process: untrusted or native code runs there, and only there can it crash, hang or eat memory.

parent: Child(...).ask(header, arrays, timeout_s) ─▶ child: serve(handler) ─▶ answers, in order

Both sides speak length-framed messages over a socketpair: a JSON header and raw little-endian arrays. No pickle, no
port, no file; when the parent goes, the child reads end-of-file and leaves. Imports the standard library and NumPy
only, so that a child with an older Python can run this file too.
"""

import json
import os
import resource
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from video4spatial.pipeline.core.errors import WorkerLost

_PREFIX = struct.Struct("<4sI")
_MAGIC = b"V4S1"
_MAX_HEADER_BYTES = 16 * 2**20

Message = tuple[dict[str, Any], dict[str, np.ndarray]]
Handler = Callable[[dict[str, Any], dict[str, np.ndarray]], Message]


class Child:
    """One process running `python -m module`, or `python module` when that is the path of a file (`.py`).

    `memory_gib` limits its address space growth (RLIMIT_AS); `timeout_s` of each `ask` limits its time. After any
    failure the process is dead and the next `ask` starts a fresh one. `environment` (default: ours) and `folder`
    (default: ours) are what it starts with.
    """

    last_words = ""
    """The end of what the last process that was lost had written to stderr; at most 2000 bytes."""

    def __init__(
        self,
        module: str,
        *,
        memory_gib: float,
        python: str = sys.executable,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self._module, self._memory_gib, self._python = module, memory_gib, python
        self._environment, self._folder = environment, folder
        self._name = Path(module).name
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._stderr: IO[bytes] | None = None

    def ask(
        self, header: Mapping[str, Any], timeout_s: float, arrays: Mapping[str, np.ndarray] | None = None
    ) -> Message:
        """Sends one request and returns the answer. Raises WorkerLost when the child dies, hangs or breaks protocol."""
        if self._process is None:
            self._start()
        assert self._socket is not None
        self._socket.settimeout(timeout_s)
        try:
            send(self._socket, header, arrays or {})
            answer = receive(self._socket)
        except TimeoutError:
            self.last_words = self._said()
            self.close()
            raise WorkerLost(
                f"{self._name} did not answer {header.get('op')!r} within {timeout_s:g} s and was killed",
                reason="timed_out",
            ) from None
        except (OSError, ValueError, MemoryError) as error:
            raise self._lost(str(error)) from None
        if answer is None:
            raise self._lost("it closed the connection")
        return answer

    def close(self) -> None:
        """Kills the child. Safe to call twice and after a failed start."""
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._stderr is not None:
            self._stderr.close()
        self._socket = self._process = self._stderr = None

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        inherited = os.environ if self._environment is None else self._environment
        program = [self._module] if self._module.endswith(".py") else ["-m", self._module]
        with theirs:
            self._process = subprocess.Popen(
                [self._python, *program, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                env={**inherited, "V4S_CHILD_MEMORY_GIB": str(self._memory_gib)},
                cwd=self._folder,
            )

    def _lost(self, why: str) -> WorkerLost:
        """The error of a dead child, with how it ended and the last thing it wrote."""
        assert self._process is not None
        try:
            status = self._process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            status = 0
        self.last_words = self._said()
        lines = self.last_words.splitlines()
        self.close()
        ending = f"signal {-status}" if status < 0 else f"exit status {status}"
        said = f"; last words: {lines[-1][:200]}" if lines else ""
        out_of_memory = "MemoryError" in said or "alloc" in said
        return WorkerLost(
            f"{self._name} was lost ({ending}: {why}){said}", reason="out_of_memory" if out_of_memory else "crashed"
        )

    def _said(self) -> str:
        assert self._stderr is not None
        self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, self._stderr.tell() - 2000))
        return self._stderr.read().decode(errors="replace").strip()


def serve(handler: Handler) -> None:
    """The child's main: answers requests on the descriptor given as first argument until the parent goes."""
    memory_gib = float(os.environ.get("V4S_CHILD_MEMORY_GIB", "0"))
    if memory_gib > 0:
        limit = int(memory_gib * 2**30)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    connection = socket.socket(fileno=int(sys.argv[1]))
    while (request := receive(connection)) is not None:
        header, arrays = handler(*request)
        send(connection, header, arrays)


def send(connection: socket.socket, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Writes one message: magic, header length, JSON header naming dtype and shape of each array, raw arrays."""
    packed = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    described = {name: [array.dtype.str, list(array.shape)] for name, array in packed.items()}
    text = json.dumps({"header": dict(header), "arrays": described}).encode()
    connection.sendall(_PREFIX.pack(_MAGIC, len(text)) + text)
    for array in packed.values():
        connection.sendall(array.data.cast("B") if array.size else b"")


def receive(connection: socket.socket) -> Message | None:
    """Reads one message; None at end-of-file. Raises ValueError when the bytes are not a message."""
    prefix = _read(connection, _PREFIX.size)
    if prefix is None:
        return None
    magic, length = _PREFIX.unpack(prefix)
    if magic != _MAGIC or length > _MAX_HEADER_BYTES:
        raise ValueError("not a message of this protocol")
    text = _read(connection, length)
    if text is None:
        raise ValueError("the message ends inside its header")
    message = json.loads(bytes(text))
    arrays = {}
    for name, (dtype, shape) in message["arrays"].items():
        kind = np.dtype(dtype)
        if kind.hasobject:
            raise ValueError(f"array {name} has dtype {dtype}, which is not plain data")
        count = int(np.prod(shape, dtype=np.int64))
        data = _read(connection, count * kind.itemsize)
        if data is None:
            raise ValueError(f"the message ends before array {name}")
        arrays[name] = np.frombuffer(data, dtype=kind).reshape(shape)
    return message["header"], arrays


def _read(connection: socket.socket, length: int) -> bytearray | None:
    """Exactly `length` bytes, or None when the other side is gone before them."""
    data = bytearray(length)
    view, got = memoryview(data), 0
    while got < length:
        count = connection.recv_into(view[got:])
        if count == 0:
            return None
        got += count
    return data
