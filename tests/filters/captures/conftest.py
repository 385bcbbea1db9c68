"""A capture that several files of tests read."""

from pathlib import Path

import pytest

from tests.filters.captures import imitate


@pytest.fixture(scope="module")
def arkit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture with depth and annotated boxes."""
    folder = tmp_path_factory.mktemp("scans") / "40000001"
    folder.mkdir()
    return imitate.write_arkit(folder)
