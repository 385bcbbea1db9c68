"""Guards the shape of the code itself: file length, docstrings, packaging, cluster file, dependencies.

Unseen, an unlisted folder would be missing from the wheel, and a second OpenCV would break a headless machine.
"""

import importlib.metadata
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("pipeline", "sim_scenes", "filters", "model")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_fits_in_a_head_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 400, "split it: one file, one job"
    assert text.lstrip().startswith('"""'), "the first line says what the module is for"


def test_every_folder_of_code_is_in_the_wheel() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    folders = {path.parent.relative_to(ROOT) for path in SOURCES}
    assert {"video4spatial." + ".".join(folder.parts) for folder in folders} | {"video4spatial"} == listed


def test_every_folder_of_code_is_a_package() -> None:
    assert [path for path in {path.parent for path in SOURCES} if not (path / "__init__.py").exists()] == []


def test_torch_stays_pinned_and_nothing_pulls_a_second_opencv_or_torchvision() -> None:
    installed = {distribution.metadata["Name"].lower() for distribution in importlib.metadata.distributions()}
    assert "torch==2.13.0" in (ROOT / "constraints.txt").read_text().splitlines()
    assert not installed & {"opencv-python", "torchvision", "scenedetect"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_ray_accepts_the_cluster_file() -> None:
    from ray.autoscaler._private.util import prepare_config, validate_config

    config = prepare_config(yaml.safe_load((ROOT / "ray_cluster.yaml").read_text()))
    validate_config(config)
    assert config["max_workers"] == len(config["provider"]["worker_ips"])
    assert "--dashboard-host=127.0.0.1" in " ".join(config["head_start_ray_commands"])


def test_every_mounted_path_of_the_cluster_file_exists() -> None:
    mounts = yaml.safe_load((ROOT / "ray_cluster.yaml").read_text())["file_mounts"].values()
    assert [path for path in mounts if not (ROOT / path).exists()] == []
