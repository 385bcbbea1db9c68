"""The border to Habitat's process: if it breaks, no old Python can start the worker, or answers are read askew."""

import ast
import importlib.util
import socket
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from video4spatial.pipeline.core import child
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.sim_scenes.render.habitat_session import (
    PROTOCOL,
    WORKER,
    child_environment,
    explain,
    habitat_from_environment,
)


def worker_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("habitat_worker_by_path", WORKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_worker_is_python_3_9_and_needs_nothing_but_numpy_and_habitat() -> None:
    tree = ast.parse(WORKER.read_text(), feature_version=(3, 9))
    imported = {alias.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    imported |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= sys.stdlib_module_names | {"numpy", "habitat_sim", "magnum"}


def test_both_ends_know_the_same_protocol_number() -> None:
    assert worker_module().PROTOCOL == PROTOCOL


def test_both_ends_of_the_socket_write_and_read_the_same_bytes() -> None:
    worker = worker_module()
    header = {"op": "render", "scène": "flat ü", "nested": {"lens": [1, 2.5, None]}}
    arrays = {
        "poses": np.arange(32, dtype=np.float64).reshape(2, 4, 4)[:, ::2],
        "ids": np.array([[70000]], dtype=np.int32),
        "none": np.zeros((0, 3)),
        "scalar": np.array(2.5, dtype=np.float32),
    }
    raw = []
    for write, read in ((child.send, worker.receive), (worker.send, child.receive)):
        for taps in (True, False):
            ours, theirs = socket.socketpair()
            with theirs, ours:
                write(ours, header, arrays)
                ours.shutdown(socket.SHUT_WR)
                if taps:
                    raw.append(theirs.makefile("rb").read())
                    continue
                got_header, got = read(theirs)
                assert got_header == header
                for name, array in arrays.items():
                    np.testing.assert_array_equal(got[name], array)
                    assert got[name].dtype == array.dtype
                assert read(theirs) is None
    assert raw[0] == raw[1]
    for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"V4S1\xff\xff\xff\xff"):
        ours, theirs = socket.socketpair()
        with theirs, ours:
            ours.sendall(garbage)
            with pytest.raises(ValueError, match="not a message"):
                worker.receive(theirs)


def test_the_worker_does_not_inherit_our_python(monkeypatch: pytest.MonkeyPatch) -> None:
    given = child_environment({"PYTHONPATH": "/ours", "PYTHONHOME": "/ours", "PATH": "/bin", "LP_NUM_THREADS": "4"})
    assert given == {"PATH": "/bin", "LP_NUM_THREADS": "4", "MAGNUM_LOG": "quiet", "HABITAT_SIM_LOG": "quiet"}
    monkeypatch.setenv("HABITAT_PYTHON", "relative/python")
    monkeypatch.setenv("HABITAT_GPU", "two")
    with pytest.raises(ConfigError, match="HABITAT_GPU must be -1"):
        habitat_from_environment()
    monkeypatch.setenv("HABITAT_GPU", "1")
    config = habitat_from_environment()
    assert config is not None
    assert (Path(config.python).is_absolute(), config.gpu_device_id) == (True, 1)


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("cannot retrieve OpenGL version", "shadow"),
        ("ImportError: libEGL.so.1: cannot open shared object file", "libegl1"),
        ("version `GLIBCXX_3.4.30' not found", "do not fit together"),
        ("Segmentation fault", ""),
    ],
)
def test_known_last_words_have_a_remedy_and_unknown_ones_none(said: str, hint: str) -> None:
    assert (hint in explain(said)) if hint else explain(said) == ""
