"""Which colours go together in one house: people furnish with a few, over walls that are mostly pale.

rng ─▶ [Scheme] ─▶ palette.py (cloths, paints), finishes.py (walls), trinkets.py (rugs) ─▶ houses.py
"""

from dataclasses import dataclass

import numpy as np

from video4spatial.sim_scenes.materials import Colour, hsv

SETS: tuple[tuple[str, ...], ...] = (
    ("blue", "white", "grey", "beige", "brown"),
    ("teal", "white", "grey", "beige", "orange"),
    ("green", "beige", "brown", "white", "grey"),
    ("green", "white", "pink", "beige", "grey"),
    ("red", "beige", "brown", "grey", "white"),
    ("red", "white", "blue", "grey", "beige"),
    ("yellow", "grey", "white", "blue", "beige"),
    ("orange", "brown", "beige", "white", "green"),
    ("purple", "grey", "white", "pink", "beige"),
    ("pink", "grey", "white", "beige", "brown"),
    ("brown", "beige", "white", "grey", "teal"),
    ("blue", "yellow", "white", "grey", "brown"),
)
"""Colour names of palette.py: one that leads, what goes with it, neutral ones."""
HUES = {"red": 0.01, "orange": 0.07, "yellow": 0.12, "green": 0.33, "teal": 0.49, "blue": 0.60, "purple": 0.76,
        "pink": 0.95, "brown": 0.07}  # fmt: skip


@dataclass(frozen=True)
class Scheme:
    """The colours of one house."""

    names: tuple[str, ...]
    """Of cloths and paints, the leading one first."""

    def names_of_room(self, rng: np.random.Generator) -> tuple[list[str], list[str]]:
        """Four for cloths and four for paints; the leading colour is always among the cloths."""
        rest = [str(name) for name in rng.permutation(self.names[1:])]
        paints = [str(name) for name in rng.permutation(self.names)]
        return [self.names[0], *rest[:3]], paints[:4]

    def wall_tone(self, rng: np.random.Generator) -> Colour:
        """Half of the rooms nearly white, a third tinted, the others in a muted colour."""
        hue, kind = self._hue(rng), rng.random()
        if kind < 0.5:
            return hsv(rng.uniform(0.06, 0.14), rng.uniform(0.01, 0.07), rng.uniform(0.88, 0.96))
        if kind < 0.82:
            return hsv(hue, rng.uniform(0.05, 0.14), rng.uniform(0.82, 0.93))
        return hsv(hue, rng.uniform(0.18, 0.34), rng.uniform(0.55, 0.8))

    def accent_tone(self, rng: np.random.Generator) -> Colour:
        """Of one strong wall: deep, not bright."""
        return hsv(self._hue(rng), rng.uniform(0.3, 0.5), rng.uniform(0.35, 0.62))

    def rug_hue(self, rng: np.random.Generator) -> float:
        return self._hue(rng) % 1.0

    def _hue(self, rng: np.random.Generator) -> float:
        coloured = [name for name in self.names if name in HUES]
        return HUES[coloured[int(rng.integers(min(2, len(coloured))))]] + rng.uniform(-0.03, 0.03)


def draw_scheme(rng: np.random.Generator) -> Scheme:
    return Scheme(SETS[int(rng.integers(len(SETS)))])
