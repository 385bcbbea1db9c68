"""Unseen, a codec that loses or shifts pixels would cap every result."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from video4spatial.model.autoencoder import PatchPCAAutoencoder, frames_to_unit, unit_to_frames


@pytest.fixture
def frames(room: Callable, turning: Callable) -> torch.Tensor:
    """(16, 3, 32, 32) in [-1, 1]."""
    return frames_to_unit(torch.from_numpy(room(turning(16, 22.5), 0).frames))


def error(codec: PatchPCAAutoencoder, frames: torch.Tensor) -> float:
    return float((codec.decode(codec.encode(frames[None]))[0] - frames).square().mean())


def test_all_components_give_every_pixel_back(frames: torch.Tensor) -> None:
    codec = PatchPCAAutoencoder(patch_px=4, latent_channels=48).fit(frames)
    assert error(codec, frames) < 1e-10


def test_more_components_lose_less(frames: torch.Tensor) -> None:
    errors = [error(PatchPCAAutoencoder(patch_px=8, latent_channels=n).fit(frames), frames) for n in (1, 4, 16)]
    assert errors[0] > errors[1] > errors[2]


def test_an_error_in_latents_is_the_same_error_in_pixels(frames: torch.Tensor) -> None:
    codec = PatchPCAAutoencoder(patch_px=8, latent_channels=16).fit(frames)
    latent = codec.encode(frames[None]) * 0.2
    noise = 0.01 * torch.randn(latent.shape, generator=torch.Generator().manual_seed(0))
    moved = codec.decode(latent + noise) - codec.decode(latent)
    assert moved.square().sum() == pytest.approx(float((noise * codec.scale).square().sum()), rel=1e-3)


def test_latents_have_unit_scale_and_one_cell_a_patch(frames: torch.Tensor) -> None:
    codec = PatchPCAAutoencoder(patch_px=8, latent_channels=16).fit(frames)
    latent = codec.encode(frames[None])
    assert latent.shape == (1, 16, 16, 4, 4)
    assert latent.square().mean() == pytest.approx(1.0, rel=1e-4)


def test_frames_are_encoded_one_by_one(frames: torch.Tensor) -> None:
    codec = PatchPCAAutoencoder(patch_px=8, latent_channels=16).fit(frames)
    assert torch.allclose(codec.encode(frames[None])[:, :, 3:4], codec.encode(frames[None, 3:4]), atol=1e-6)


def test_a_saved_codec_comes_back(frames: torch.Tensor, tmp_path: Path) -> None:
    codec = PatchPCAAutoencoder(patch_px=8, latent_channels=16).fit(frames)
    codec.save_pretrained(tmp_path)
    loaded = PatchPCAAutoencoder.from_pretrained(tmp_path)
    assert torch.equal(loaded.encode(frames[None]), codec.encode(frames[None]))
    assert (loaded.spatial_compression, loaded.temporal_compression) == (8, 1)


def test_bytes_survive_the_way_to_unit_range_and_back() -> None:
    levels = torch.arange(256, dtype=torch.uint8).view(1, 16, 16, 1).expand(1, 16, 16, 3)
    assert torch.equal(unit_to_frames(frames_to_unit(levels)), levels)
