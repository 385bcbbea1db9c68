"""A room whose pictures are computed, not stored: six patterned walls, seen by any camera inside, with exact depth."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from video4spatial.model.config import ContextConfig, EvaluateConfig, ModelConfig, TrainConfig
from video4spatial.model.launch import LocalLaunch
from video4spatial.model.source import ArraySource, Clip
from video4spatial.model.trainer import TrainResult, train
from video4spatial.pipeline.core.camera import pinhole
from video4spatial.pipeline.core.geometry import upright_pose

SIZE_PX = 32
HALF_M = np.array([2.0, 1.3, 2.5])

# torch warns once when tensorboard's protobuf classes load; nothing of it is ours
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:google.protobuf")


def look_around(count: int, turn_deg: float, start_deg: float = 0.0) -> np.ndarray:
    """(count, 4, 4) cameras that turn left and drift."""
    return np.stack(
        [
            upright_pose([0.3 * np.sin(0.2 * i), 0.1, 0.3 * np.cos(0.2 * i)], np.radians(start_deg + turn_deg * i))
            for i in range(count)
        ]
    )


def film(poses: np.ndarray, seed: int, size_px: int = SIZE_PX) -> Clip:
    """What the cameras see of room `seed`, with z-depth."""
    random = np.random.default_rng(seed)
    walls = random.uniform(30, 225, (6, 4, 4, 3))
    intrinsics = pinhole(len(poses), size_px, size_px, 75.0)
    u, v = np.meshgrid(np.arange(size_px) + 0.5, np.arange(size_px) + 0.5)
    rays = np.stack([u, v, np.ones_like(u)], -1) @ np.linalg.inv(intrinsics[0]).T
    frames, depths = [], []
    for pose in poses:
        directions = rays @ pose[:3, :3].T
        safe = np.where(np.abs(directions) < 1e-9, 1e-9, directions)
        reach = (np.where(safe > 0, HALF_M, -HALF_M) - pose[:3, 3]) / safe
        axis = reach.argmin(-1)
        depth = np.take_along_axis(reach, axis[..., None], -1)[..., 0]
        place = np.clip((pose[:3, 3] + depth[..., None] * directions + HALF_M) / (2 * HALF_M), 0, 0.999)
        wall = 2 * axis + (np.take_along_axis(safe, axis[..., None], -1)[..., 0] > 0)
        first = np.where(axis == 0, place[..., 1], place[..., 0])
        second = np.where(axis == 2, place[..., 1], place[..., 2])
        frames.append(walls[wall, (4 * first).astype(int), (4 * second).astype(int)])
        depths.append(depth)
    return Clip(
        frames=np.stack(frames).astype(np.uint8),
        world_from_camera=poses,
        image_from_camera=intrinsics,
        times=np.arange(len(poses)),
        depth_m=np.stack(depths).astype(np.float32),
    )


@pytest.fixture(scope="session")
def room() -> Callable[..., Clip]:
    """film(poses, seed)."""
    return film


@pytest.fixture(scope="session")
def turning() -> Callable[..., np.ndarray]:
    """look_around(count, turn_deg, start_deg)."""
    return look_around


@pytest.fixture(scope="session")
def sources() -> dict[str, ArraySource]:
    """Two rooms for training, other paths in them held out, a third room for validation."""

    def paths(rooms: range, starts: tuple[float, ...]) -> ArraySource:
        return ArraySource(
            tuple(
                (f"room{seed}-{start:.0f}", f"room-{seed}", film(look_around(12, 15.0, start), seed))
                for seed in rooms
                for start in starts
            )
        )

    return {
        "train": paths(range(2), (0.0, 120.0, 240.0)),
        "held_out": paths(range(2), (60.0,)),
        "val": paths(range(2, 3), (0.0, 90.0)),
    }


@pytest.fixture(scope="session")
def model_config() -> ModelConfig:
    """40 thousand parameters, 4 tokens a frame."""
    return ModelConfig(
        size_px=SIZE_PX, latent_channels=8, layers=2, heads=2, head_dim=12, text_dim=16, instruction_bytes=24
    )


@pytest.fixture(scope="session")
def train_config() -> TrainConfig:
    return TrainConfig(
        steps=6,
        batch_size=4,
        context=ContextConfig(context_frames=3, target_frames=2),
        warmup_steps=2,
        validate_every=3,
        validate_samples=1,
        save_every=2,
        log_every=1,
        threads=1,
        precision="fp32",
        seed=5,
    )


@pytest.fixture(scope="session")
def evaluate_config() -> EvaluateConfig:
    return EvaluateConfig(clips_per_set=2, sample_steps=2, bootstrap=50, strips_per_set=1, threads=1)


@pytest.fixture(scope="session")
def finished(
    tmp_path_factory: pytest.TempPathFactory,
    model_config: ModelConfig,
    train_config: TrainConfig,
    sources: dict[str, ArraySource],
) -> TrainResult:
    """A run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return train(model_config, train_config, sources, folder, LocalLaunch(), {"content": "a"})


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Sums must not depend on the machine's cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return tmp_path / "run"
