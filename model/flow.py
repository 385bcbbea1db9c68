"""Flow matching with prediction of the clean latents: the formulas, as plain functions.

x_sigma = (1 - sigma) x0 + sigma noise, velocity v = noise - x0 = (x_sigma - x0) / sigma (Lipman et al., arXiv
2210.02747; as in diffusers' FlowMatchEulerDiscreteScheduler). Predicting x0 and weighting its error by 1 / sigma^2
is the velocity's error; it learned where predicting v did not (docs/experiments.md).
B batch, C channels, T frames, H W latent rows and columns.
"""

import torch

SIGMA_FLOOR = 0.05
"""Below it the weight 1 / sigma^2 would let nearly clean samples decide."""


def draw_sigma(mean: float, generator: torch.Generator) -> torch.Tensor:
    """(1,) noise level sigmoid(N(mean, 1)), in (0, 1)."""
    return torch.sigmoid(torch.randn(1, generator=generator) + mean)


def add_noise(clean_BCTHW: torch.Tensor, noise_BCTHW: torch.Tensor, sigma_B: torch.Tensor) -> torch.Tensor:
    """The noised latents at level sigma."""
    sigma = sigma_B.view(-1, 1, 1, 1, 1)
    return (1.0 - sigma) * clean_BCTHW + sigma * noise_BCTHW


def velocity(noised_BCTHW: torch.Tensor, predicted_BCTHW: torch.Tensor, sigma_B: torch.Tensor) -> torch.Tensor:
    """noise - x0 that follows from a prediction of x0."""
    return (noised_BCTHW - predicted_BCTHW) / sigma_B.view(-1, 1, 1, 1, 1).clamp(min=SIGMA_FLOOR)


def weighted_error(predicted_BCTHW: torch.Tensor, clean_BCTHW: torch.Tensor, sigma_B: torch.Tensor) -> torch.Tensor:
    """(B,) mean squared error of x0 over sigma^2: the squared error of the velocity."""
    error = (predicted_BCTHW - clean_BCTHW).square().mean(dim=(1, 2, 3, 4))
    return error / sigma_B.clamp(min=SIGMA_FLOOR).square()


def guided(unconditional: torch.Tensor, conditional: torch.Tensor, scale: float) -> torch.Tensor:
    """Joint classifier-free guidance u + w (c - u): one scale for context, cameras and instruction together."""
    return unconditional + scale * (conditional - unconditional)
