"""What all tests share: where real data and a real Habitat may be, and how a test without them is skipped."""

import os
from pathlib import Path

import pytest

_HABITAT = {name: os.environ.pop(name) for name in ("HABITAT_PYTHON", "HABITAT_GPU") if name in os.environ}
"""Taken out of the environment: a test that asks for no Habitat has none, on every machine."""


@pytest.fixture(scope="session")
def habitat_environment() -> dict[str, str]:
    """HABITAT_PYTHON and what belongs to it; tests that need the real one skip where it is not set."""
    if not _HABITAT.get("HABITAT_PYTHON"):
        pytest.skip("HABITAT_PYTHON does not name a Python with habitat_sim")
    return _HABITAT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real videos, scenes and captures; tests that need it skip where it is absent."""
    folder = os.environ.get("V4S_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("V4S_TEST_DATA does not name a folder of real sample data")
    return Path(folder)
