"""What all tests share: where real data may be, and how a test without it is skipped."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real videos, scenes and captures; tests that need it skip where it is absent."""
    folder = os.environ.get("V4S_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("V4S_TEST_DATA does not name a folder of real sample data")
    return Path(folder)
