"""The killable child: if it fails, one broken film takes the whole run with it."""

import sys
from pathlib import Path

import numpy as np
import pytest

from video4spatial.pipeline.core.child import Child
from video4spatial.pipeline.core.errors import SourceError, WorkerLost

WORKER = """
import os, sys, time
import numpy as np
from video4spatial.pipeline.core.child import serve

def handle(header, arrays):
    op = header["op"]
    if op == "echo":
        return {"ok": True}, arrays
    if op == "hang":
        time.sleep(60)
    if op == "crash":
        os.abort()
    if op == "leave":
        print("no licence for this codec", file=sys.stderr)
        sys.exit(7)
    if op == "eat":
        return {"ok": True, "bytes": len(bytearray(8 * 2**30))}, {}
    return {"ok": True, "pid": os.getpid()}, {}

serve(handle)
"""


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Child:
    (tmp_path / "naughty_worker.py").write_text(WORKER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    made = Child("naughty_worker", memory_gib=4.0, python=sys.executable)
    yield made  # type: ignore[misc]
    made.close()


def test_arrays_of_any_shape_come_back_as_they_went(child: Child) -> None:
    arrays = {
        "frames": np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)[:, ::2],
        "times": np.array([], dtype=np.int64),
        "scalar": np.array(2.5),
    }
    header, back = child.ask({"op": "echo"}, timeout_s=20.0, arrays=arrays)
    assert header == {"ok": True}
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
        assert back[name].dtype == array.dtype


def test_a_hanging_child_is_killed_and_the_next_question_gets_a_fresh_one(child: Child) -> None:
    before = child.ask({"op": "who"}, timeout_s=20.0)[0]["pid"]
    with pytest.raises(WorkerLost, match=r"did not answer 'hang' within 0\.5 s") as caught:
        child.ask({"op": "hang"}, timeout_s=0.5)
    assert caught.value.reason == "timed_out"
    assert child.ask({"op": "who"}, timeout_s=20.0)[0]["pid"] != before


def test_a_crash_names_the_signal(child: Child) -> None:
    with pytest.raises(WorkerLost, match="signal 6") as caught:
        child.ask({"op": "crash"}, timeout_s=20.0)
    assert caught.value.reason == "crashed"


def test_a_child_that_leaves_is_quoted(child: Child) -> None:
    with pytest.raises(WorkerLost, match=r"exit status 7.*no licence for this codec"):
        child.ask({"op": "leave"}, timeout_s=20.0)


def test_a_child_cannot_eat_more_memory_than_it_was_given(child: Child) -> None:
    with pytest.raises(WorkerLost) as caught:
        child.ask({"op": "eat"}, timeout_s=20.0)
    assert caught.value.reason == "out_of_memory"


def test_closing_twice_and_before_any_question_is_safe(child: Child) -> None:
    child.close()
    child.close()


def test_the_reason_of_a_source_error_survives_pickling() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(WorkerLost("film.mp4 hung", reason="timed_out")))
    assert isinstance(error, SourceError)
    assert (str(error), error.reason) == ("film.mp4 hung", "timed_out")
