"""Which furniture belongs in which kind of room.

kind ─▶ [Programme] ─▶ furnish.py
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from video4spatial.sim_scenes import furniture, household, trinkets
from video4spatial.sim_scenes.furniture import Piece
from video4spatial.sim_scenes.palette import Palette

Make = Callable[[np.random.Generator, Palette], Piece]

SMALL: tuple[Make, ...] = (
    trinkets.vase, trinkets.bowl, trinkets.table_lamp, trinkets.book_stack,
    trinkets.box_crate, trinkets.globe, trinkets.small_plant,
)  # fmt: skip
KITCHENWARE: tuple[Make, ...] = (
    household.bottle, household.pot, household.bottle, trinkets.bowl, trinkets.vase, trinkets.small_plant,
)  # fmt: skip
TOILETRIES: tuple[Make, ...] = (household.bottle, household.bottle, trinkets.small_plant, trinkets.box_crate)


@dataclass(frozen=True, kw_only=True)
class Programme:
    """What is tried in a room; what finds no place is left out."""

    first: tuple[Make, ...]
    """Against walls, in this order, before the others."""
    others: tuple[Make, ...]
    """Against walls, in any order."""
    wanted: tuple[int, int] = (7, 10)
    """[start, stop) of how many pieces are tried against walls."""
    table_from_m2: float = np.inf
    """Rooms of this size or more get a table with chairs in the middle."""
    small: tuple[Make, ...] = SMALL
    """Stands on tables and cupboards."""
    pictures: tuple[int, int] = (2, 5)
    """[start, stop) of how many pictures and clocks are tried on the walls."""
    clocks: int = 1
    """At most so many of them are clocks."""
    faces_sofa: tuple[str, ...] = ()
    """Categories that stand opposite the sofa if they can."""
    needed: tuple[tuple[str, ...], ...] = ()
    """Without one category of each the room would not be what it is called."""

    def lacks(self, categories: set[str]) -> int:
        """How many of `needed` have no piece."""
        return sum(categories.isdisjoint(wanted) for wanted in self.needed)


ROOMS: dict[str, Programme] = {
    "living": Programme(
        first=(furniture.sofa, furniture.tv_stand),
        others=(
            furniture.bookshelf, furniture.sideboard, furniture.armchair,
            furniture.floor_lamp, furniture.plant, furniture.dresser, furniture.bean_bag,
        ),
        clocks=4,
    ),
    "bedroom": Programme(
        first=(furniture.bed, furniture.wardrobe),
        others=(
            furniture.dresser, furniture.desk, furniture.armchair,
            furniture.plant, furniture.floor_lamp, furniture.bench, furniture.stool,
        ),
        clocks=4,
    ),
    "study": Programme(
        first=(furniture.desk, furniture.bookshelf),
        others=(
            furniture.bookshelf, furniture.armchair, furniture.sideboard,
            furniture.floor_lamp, furniture.plant, furniture.ottoman, furniture.sofa,
        ),
        clocks=4,
    ),
    "dining": Programme(
        first=(furniture.kitchen_counter, furniture.fridge),
        others=(
            furniture.sideboard, furniture.bench, furniture.plant,
            furniture.floor_lamp, furniture.stool, furniture.armchair,
        ),
        table_from_m2=0.0,
        clocks=4,
    ),
}  # fmt: skip
"""Rooms that stand alone; their order and contents are part of what a room's seed means."""

HOUSE_ROOMS: dict[str, Programme] = {
    "living": Programme(
        first=ROOMS["living"].first,
        others=ROOMS["living"].others,
        faces_sofa=("television",),
        needed=(("sofa",), ("television",)),
    ),
    "bedroom": Programme(
        first=ROOMS["bedroom"].first, others=ROOMS["bedroom"].others, wanted=(4, 8), needed=(("bed",),)
    ),
    "study": Programme(first=ROOMS["study"].first, others=ROOMS["study"].others, wanted=(4, 8), needed=(("desk",),)),
    "dining": Programme(
        first=(furniture.sideboard,),
        others=(furniture.bench, furniture.plant, furniture.floor_lamp, furniture.dresser, furniture.armchair),
        wanted=(2, 5),
        table_from_m2=0.0,
        needed=(("dining table",), ("chair",)),
    ),
    "kitchen": Programme(
        first=(household.kitchen_unit, household.cooker, furniture.fridge),
        others=(household.washing_machine, furniture.stool, furniture.plant, furniture.sideboard, furniture.bench),
        wanted=(4, 7),
        table_from_m2=11.0,
        small=KITCHENWARE,
        pictures=(0, 3),
        needed=(("kitchen unit",), ("cooker",),),
    ),
    "bathroom": Programme(
        first=(household.bath, household.washbasin, household.toilet),
        others=(household.towel_shelf, household.washing_machine, furniture.plant),
        wanted=(4, 7),
        small=TOILETRIES,
        pictures=(0, 2),
        needed=(("washbasin",), ("toilet",), ("bathtub", "shower")),
    ),
    "corridor": Programme(
        first=(),
        others=(household.coat_stand, household.shoe_rack, household.console_table, furniture.plant),
        wanted=(1, 4),
        pictures=(2, 6),
    ),
}  # fmt: skip
"""Rooms that are part of a house."""
