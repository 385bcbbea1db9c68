"""Numbers on a device that can be changed in part and can grow.

numpy rows ─▶ [Column] ─▶ arrays of the kernels' structs

On the CPU the device's array is the host's memory itself, so writing rows is all there is to do.
"""

from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

GROWTH = 1.5
"""A column that is full is made this much larger than asked for, so that many small additions copy little."""


class Column:
    """Rows of numbers. `array` is what kernels read: it may be longer than the rows there are."""

    def __init__(self, row: tuple[int, ...], dtype: Any, kind: Any, device: str) -> None:
        """`row`: shape of one row, `kind`: the Warp type of its elements (a row (3, 3) of float32 is three vec3)."""
        self._row, self._kind, self._device = row, kind, device
        self._host: NDArray = np.zeros((0, *row), dtype=dtype)
        self._count = 0
        self.resize(0)

    @property
    def rows(self) -> NDArray:
        """(n, *row), not to be written to."""
        return self._host[: self._count]

    def resize(self, count: int) -> None:
        """Room for `count` rows; those there are stay, new ones hold anything."""
        if count > len(self._host) or not len(self._host):
            larger = np.zeros((max(1, count if not self._count else int(GROWTH * count)), *self._row), self._host.dtype)
            larger[: self._count] = self._host[: self._count]
            self._host = larger
            self.array: Any = wp.array(self._flat(larger), dtype=self._kind, device=self._device, copy=False)
        self._count = count

    def write(self, start: int, rows: NDArray) -> None:
        """Rows from `start` on."""
        self._host[start : start + len(rows)] = rows
        if self._device == "cpu" or not len(rows):
            return
        changed: Any = wp.array(self._flat(self._host[start : start + len(rows)]), dtype=self._kind, device="cpu")
        each = len(changed) // len(rows)
        wp.copy(self.array, changed, dest_offset=start * each, count=len(changed))

    def _flat(self, rows: NDArray) -> NDArray:
        """As Warp wants it: one axis, before that of a vector's components."""
        components = getattr(self._kind, "_length_", 1)
        return rows.reshape(-1) if components == 1 else rows.reshape(-1, components)
