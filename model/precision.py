"""Which number format the network computes in. Weights, optimizer and loss stay in float32."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

import torch

Precision = Literal["bf16", "fp32"]


def resolve_precision(asked: Literal["auto", "bf16", "fp32"], device: torch.device) -> Precision:
    """`auto` becomes bf16 where the hardware multiplies bfloat16 (CUDA, AVX512-BF16, AMX), fp32 elsewhere.

    Read from the processor's flags, not timed: the same machine must answer the same every time.
    """
    if asked != "auto":
        return asked
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    processor = Path("/proc/cpuinfo")
    flags = processor.read_text() if processor.exists() else ""
    return "bf16" if "avx512_bf16" in flags or "amx_bf16" in flags else "fp32"


def computing(precision: Precision, device: torch.device) -> AbstractContextManager[None]:
    """The autocast context of `precision`."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")
