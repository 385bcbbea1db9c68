"""The types of magnum that the worker uses, for the habitat_sim beside it."""

import numpy as np


class Matrix4:
    """A float32 (4, 4) array, as magnum takes one."""

    def __init__(self, rows):
        assert isinstance(rows, np.ndarray)
        assert rows.dtype == np.float32
        assert rows.shape == (4, 4)
        self.rows = rows.copy()


class Vector3:
    """Three floats; an int is refused, as magnum does."""

    def __init__(self, x, y, z):
        assert all(type(value) is float for value in (x, y, z))
        self.values = (x, y, z)


class Color4:
    """Four floats, 0 to 1."""

    def __init__(self, r, g, b, a):
        assert all(type(value) is float for value in (r, g, b, a))
        self.values = (r, g, b, a)


class Color3:
    """Three floats, linear."""

    def __init__(self, r, g, b):
        assert all(type(value) is float for value in (r, g, b))
        self.values = (r, g, b)


class Vector4:
    """Four floats."""

    def __init__(self, x, y, z, w):
        assert all(type(value) is float for value in (x, y, z, w))
        self.values = (x, y, z, w)
