"""Unseen, a machine would train in another number format than it did yesterday."""

import torch

from video4spatial.model.precision import computing, resolve_precision

CPU = torch.device("cpu")


def test_what_was_asked_for_is_what_is_used_and_auto_never_changes_its_mind() -> None:
    assert resolve_precision("fp32", CPU) == "fp32"
    assert resolve_precision("bf16", CPU) == "bf16"
    assert len({resolve_precision("auto", CPU) for _ in range(3)}) == 1


def test_bf16_computes_in_bf16_and_fp32_does_not() -> None:
    for precision, dtype in (("bf16", torch.bfloat16), ("fp32", torch.float32)):
        with computing(precision, CPU):  # type: ignore[arg-type]
            assert (torch.ones(4, 4) @ torch.ones(4, 4)).dtype == dtype
