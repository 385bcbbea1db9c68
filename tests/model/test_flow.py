"""Unseen, a wrong sign or weight would train, sample and look almost right."""

import pytest
import torch

from video4spatial.model.flow import add_noise, draw_sigma, guided, velocity, weighted_error


@pytest.fixture
def latents() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """clean, noise, sigma."""
    random = torch.Generator().manual_seed(0)
    shape = (3, 2, 2, 4, 4)
    return torch.randn(shape, generator=random), torch.randn(shape, generator=random), torch.tensor([0.2, 0.6, 1.0])


def test_a_perfect_prediction_flows_from_clean_to_noise(
    latents: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
) -> None:
    clean, noise, sigma = latents
    assert torch.allclose(velocity(add_noise(clean, noise, sigma), clean, sigma), noise - clean, atol=1e-5)
    assert torch.equal(weighted_error(clean, clean, sigma), torch.zeros(3))


def test_the_weighted_error_of_x_is_the_error_of_the_velocity(
    latents: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
) -> None:
    clean, noise, sigma = latents
    guess = clean + 0.1 * noise.flip(0)
    flow = velocity(add_noise(clean, noise, sigma), guess, sigma)
    assert torch.allclose(
        weighted_error(guess, clean, sigma), (flow - (noise - clean)).square().mean(dim=(1, 2, 3, 4)), rtol=1e-4
    )


def test_no_noise_is_the_clean_clip_and_full_noise_is_noise(
    latents: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
) -> None:
    clean, noise, _ = latents
    assert torch.equal(add_noise(clean, noise, torch.zeros(3)), clean)
    assert torch.equal(add_noise(clean, noise, torch.ones(3)), noise)


def test_a_higher_mean_trains_on_heavier_noise() -> None:
    def mean(level: float) -> float:
        random = torch.Generator().manual_seed(0)
        return float(torch.cat([draw_sigma(level, random) for _ in range(500)]).mean())

    assert 0.45 < mean(0.0) < 0.55 < mean(1.0) < mean(2.0) < 1.0


def test_guidance_of_one_is_the_conditional_and_more_goes_beyond_it() -> None:
    nothing, told = torch.zeros(2), torch.ones(2)
    assert torch.equal(guided(nothing, told, 1.0), told)
    assert torch.equal(guided(nothing, told, 2.5), 2.5 * told)
