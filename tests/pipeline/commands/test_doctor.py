"""`v4s doctor`: if it lies, people search a broken machine for a broken program."""

import errno
import json
import os
from pathlib import Path

import pytest

from video4spatial.pipeline.commands import doctor
from video4spatial.pipeline.commands.doctor import Finding, line_of, store, tried
from video4spatial.pipeline.commands.main import main


@pytest.fixture(autouse=True)
def no_habitat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HABITAT_PYTHON", raising=False)


def test_this_machine_is_fit_and_habitat_is_told_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--json", "--store", str(tmp_path)]) == 0
    report = json.loads(capsys.readouterr().out)
    found = {finding["name"]: finding for finding in report["findings"]}
    assert report["works"]
    assert {"python", "embedded", "video", "torch", "cuda", "decord", "sql", "habitat", "store"} == set(found)
    assert all(found[name]["works"] for name in ("python", "embedded", "video", "torch", "store"))
    assert "cpu" in found["embedded"]["said"]
    assert not found["habitat"]["works"]
    assert "HABITAT_PYTHON is not set" in found["habitat"]["said"]


def test_something_needed_that_does_not_work_is_exit_1_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("video", "torch", "cuda", "decord", "sql", "habitat"):
        monkeypatch.setattr(doctor, name, lambda name=name: Finding(name, True, "fine"))
    monkeypatch.setattr(doctor, "embedded", lambda: Finding("embedded", False, "no warp", "install it"))
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["BAD", "embedded", "no", "warp;", "install", "it"]
    assert lines[-1] == "needed and not working: embedded"
    monkeypatch.setattr(doctor, "embedded", lambda: Finding("embedded", False, "no", needed=False))
    assert main(["doctor"]) == 0


@pytest.mark.parametrize(
    ("code", "works", "said"),
    [
        ("print('banner'); print('version 7')", True, "version 7"),
        ("import no_such_library", False, "ModuleNotFoundError: No module named 'no_such_library'"),
        ("import os; os.abort()", False, "its process was killed by signal 6"),
        ("raise SystemExit(3)", False, "left with status 3 and said nothing"),
    ],
)
def test_a_library_that_crashes_is_a_line_and_not_the_end(code: str, works: bool, said: str) -> None:
    assert tried("it", code, "mend it") == Finding("it", works, said, "mend it")


def test_a_library_that_hangs_is_a_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "TRY_TIMEOUT_S", 0.3)
    assert tried("it", "import time; time.sleep(60)", "").said == "did not answer within 0.3 s"


def test_a_broken_habitat_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho 'unable to find CUDA device 0 among 1 EGL devices in total' >&2\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setenv("HABITAT_PYTHON", str(script))
    line = line_of(doctor.habitat())
    assert line.startswith("no   habitat    Habitat does not work here: EGL does not show the GPU.")
    assert line.endswith("scenes are rendered by embedded instead")
    monkeypatch.setenv("HABITAT_GPU", "all")
    assert "HABITAT_GPU must be -1" in doctor.habitat().said


def test_a_store_folder_is_tried_without_leaving_anything(tmp_path: Path) -> None:
    assert store(tmp_path).works
    later = store(tmp_path / "not" / "yet")
    assert (later.works, f"where {tmp_path}/not/yet would be made" in later.said) == (True, True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_hard_links_cannot_hold_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(first: Path, second: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    finding = store(tmp_path)
    assert (finding.works, finding.needed) == (False, True)
    assert "Operation not permitted; a store needs a local disk" in line_of(finding)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_locks_can_hold_a_store_and_it_is_said_what_will_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: object, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(doctor.fcntl, "flock", refuse)
    finding = doctor.store(tmp_path)
    assert finding.works
    assert "no locks (No locks available): `v4s datasets gc` and `rm` will refuse there" in finding.said
