"""Blocks of pixels that are worked on in step, and how numbers get into them.

records.py, textures.py ─▶ [float_at, corner_at, texel_at] ─▶ facets.py, blocks.py

The plain `while` loops over a block have a fixed length, no branch around a load and only single numbers in them, so
LLVM turns them into vector instructions. It does not for `for` loops, for loops in which a vec3 is loaded or returned
(the calling convention packs those in pairs), nor for Warp's own array access in places; hence the loads below.
"""

# Warp compiles this file: its annotations are Warp's.
# mypy: ignore-errors
import warp as wp

LANES = wp.constant(16)
"""Pixels of one block: a vector of AVX-512; two of AVX2."""
Lane = wp.types.vector(16, float)
Whole = wp.types.vector(16, wp.int32)
Texel = wp.uint32
"""Red, green, blue and a cut-out's alpha, red lowest: four bytes read at once."""


@wp.func_native("return numbers.data[i];")
def float_at(numbers: wp.array(dtype=float), i: int) -> float:
    """Unchecked."""


@wp.func_native("return numbers.data[i];")
def int_at(numbers: wp.array(dtype=wp.int32), i: int) -> int:
    """Unchecked."""


@wp.func_native("return texels.data[i];")
def texel_at(texels: wp.array(dtype=Texel), i: int) -> Texel:
    """Unchecked."""


@wp.func_native("return reinterpret_cast<const float*>(vectors.data)[i];")
def corner_at(vectors: wp.array(dtype=wp.vec3), i: int) -> float:
    """Component i of an array of vec3, counted through."""


@wp.func_native("return starts.data[row * starts.shape[1] + column];")
def start_at(starts: wp.array2d(dtype=wp.int32), row: int, column: int) -> int:
    """Unchecked; rows without gaps."""


@wp.func
def exp_of(x: float):
    """exp(x) for x <= 0, to 3e-7 where that is above 0.1: without a call, and so the same wherever it is computed."""
    octaves = wp.max(x, -80.0) * 1.4426950408889634
    whole = wp.floor(octaves + 0.5)
    r = (octaves - whole) * 0.6931471805599453
    rest = 1.0 + r * (1.0 + r * (0.5 + r * (0.16666667 + r * (0.041666668 + r * (0.008333334 + r * 0.0013888889)))))
    return rest * wp.cast(wp.uint32((int(whole) + 127) << 23), float)
