"""Muon with matrices of one shape stacked: a few large products instead of hundreds of small ones.

Momentum, then orthogonalisation by five Newton-Schulz steps, then a step of unit scale (Keller Jordan,
https://kellerjordan.github.io/posts/muon/). torch.optim.Muon does it matrix by matrix; on a CPU the stacked form
takes a fraction of that time for small networks (docs/experiments.md).
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch

_A, _B, _C = 3.4445, -4.7750, 2.0315
"""Coefficients of the quintic step, from the post above."""


class BatchedMuon(torch.optim.Optimizer):
    """For 2-D weights only. No weight decay. State: one momentum buffer a parameter."""

    def __init__(self, params: Iterable[torch.Tensor], lr: float, momentum: float, newton_steps: int = 5) -> None:
        super().__init__(list(params), {"lr": lr, "momentum": momentum, "newton_steps": newton_steps})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update. A closure is not supported: gradients must be there."""
        assert closure is None
        for group in self.param_groups:
            by_shape: dict[tuple[int, ...], list[torch.Tensor]] = {}
            for parameter in group["params"]:
                if parameter.grad is not None:
                    by_shape.setdefault(tuple(parameter.shape), []).append(parameter)
            for shape, parameters in by_shape.items():
                self._step_shape(parameters, shape, group)

    def _step_shape(self, parameters: list[torch.Tensor], shape: tuple[int, ...], group: dict[str, Any]) -> None:
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        buffers = [
            self.state[parameter].setdefault("momentum_buffer", torch.zeros_like(parameter)) for parameter in parameters
        ]
        torch._foreach_lerp_(buffers, gradients, 1.0 - group["momentum"])
        nesterov = torch._foreach_lerp(gradients, buffers, group["momentum"])
        updates = orthogonalise(torch.stack(nesterov), group["newton_steps"])
        # wide updates get the scale of square ones
        scale = max(1.0, shape[0] / shape[1]) ** 0.5
        torch._foreach_add_(parameters, list(updates.unbind(0)), alpha=-group["lr"] * scale)


def orthogonalise(matrices_NRC: torch.Tensor, newton_steps: int) -> torch.Tensor:
    """(N, R, C) float32 matrices with singular values driven to about 1 (0.7 to 1.2), in bfloat16 inside."""
    work = matrices_NRC.bfloat16()
    tall = work.shape[1] > work.shape[2]
    if tall:
        work = work.mT
    work = work / work.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(newton_steps):
        gram = work @ work.mT
        work = torch.baddbmm(work, torch.baddbmm(gram, gram, gram, beta=_B, alpha=_C), work, beta=_A)
    return (work.mT if tall else work).to(matrices_NRC.dtype)
