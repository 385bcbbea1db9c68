"""What a room asks for: the user's thing in place of a generated one, the user's texture in place of a made one.

Library + seed ─▶ [Stock] ─▶ furnish.py, finishes.py, palette.py

With one file of a kind it is taken six times in ten, with two eight times, with three or more always. The empty stock
draws nothing from the generator, so rooms without assets keep their bytes.
"""

from dataclasses import replace

import numpy as np

from video4spatial.sim_scenes import household
from video4spatial.sim_scenes.assets.catalogue import ObjectFile, TextureFile
from video4spatial.sim_scenes.assets.library import Library, Surface
from video4spatial.sim_scenes.furniture import Piece
from video4spatial.sim_scenes.palette import Dyed, Palette

SHARES = (0.0, 0.6, 0.8, 1.0)
EXTRA_SHARE = 0.45
"""How often a room gets one of the things that no generated piece stands for (a bicycle, a bin)."""
SMALL_EXTRA_SHARE = 0.3


class Stock:
    """The user's files for one kind of room; without a library, nothing."""

    def __init__(self, library: Library | None = None, room: str = "", offered: dict[str, Piece] | None = None) -> None:
        self._library = library
        self._room = room
        self.offered = {} if offered is None else offered
        """Things drawn for the scene, by file, whether they found a place or not."""

    def for_scene(self) -> "Stock":
        """The same stock, of which nothing has been offered yet."""
        return Stock(self._library, self._room)

    def in_room(self, kind: str) -> "Stock":
        """The same stock, as a room of this kind sees it."""
        return Stock(self._library, kind, self.offered)

    def choices(self, rng: np.random.Generator, piece: Piece, stands: str = "floor") -> list[Piece]:
        """What to try in the place of a generated piece, best first; always ends with the generated piece."""
        if piece.category == "television":
            return [*self._television(rng, piece), piece]
        if piece.category == "bed":
            return self._bed(rng, piece)
        return [*self._drawn(rng, self._files(piece.category, stands)), piece]

    def extras(self, rng: np.random.Generator) -> list[Piece]:
        """A thing for the floor that no generated piece stands for, sometimes."""
        return self._extra(rng, "floor", EXTRA_SHARE)

    def hung(self, rng: np.random.Generator, piece: Piece) -> list[Piece]:
        """As `choices`, for what hangs on walls."""
        return [*self._extra(rng, "wall", SMALL_EXTRA_SHARE), *self.choices(rng, piece, "wall")]

    def small(self, rng: np.random.Generator, piece: Piece) -> list[Piece]:
        """As `choices`, for what stands on tables."""
        return [*self._extra(rng, "table", SMALL_EXTRA_SHARE), *self.choices(rng, piece, "table")]

    def surface(self, rng: np.random.Generator, *uses: str) -> Surface | None:
        """One of the textures that may be used so, or None to keep the made one."""
        files = [] if self._library is None else self._library.catalogue.textures
        fitting = [entry for entry in files if set(uses) & set(entry.uses)]
        if not fitting or rng.random() >= _share(len(fitting)):
            return None
        assert self._library is not None
        return self._library.surface(fitting[int(rng.integers(len(fitting)))])

    def dyed(self, rng: np.random.Generator, palette: Palette) -> Palette:
        """The palette with some of its fabrics and woods from the user's textures."""
        fabrics = tuple(self._dye(rng, dyed, "fabric") for dyed in palette.fabrics)
        woods = tuple(self._dye(rng, dyed, "wood") for dyed in palette.woods)
        return (
            palette
            if (fabrics, woods) == (palette.fabrics, palette.woods)
            else replace(palette, fabrics=fabrics, woods=woods)
        )

    def _dye(self, rng: np.random.Generator, dyed: Dyed, use: str) -> Dyed:
        files = [] if self._library is None else [e for e in self._library.catalogue.textures if use in e.uses]
        # one texture of many colours would make every room alike: at most half of the cloths are the user's
        if not files or rng.random() >= 0.5 * _share(len(files)):
            return dyed
        assert self._library is not None
        entry = files[int(rng.integers(len(files)))]
        surface = self._library.surface(entry)
        return dyed if surface is None else Dyed(_word(entry, surface, use), surface.material)

    def _files(self, slot: str, stands: str) -> list[ObjectFile]:
        files = () if self._library is None else self._library.catalogue.objects
        return [
            entry
            for entry in files
            if slot in entry.kind.slots and entry.kind.stands == stands and self._belongs(entry)
        ]

    def _belongs(self, entry: ObjectFile) -> bool:
        return not entry.kind.rooms or not self._room or self._room in entry.kind.rooms

    def _drawn(self, rng: np.random.Generator, files: list[ObjectFile], share: float | None = None) -> list[Piece]:
        """One of the files, as often as its kind is taken; none when it cannot be used."""
        if not files or rng.random() >= (_share(len(files)) if share is None else share):
            return []
        assert self._library is not None
        piece = self._library.piece(files[int(rng.integers(len(files)))])
        if piece is None:
            return []
        self.offered[piece.file] = piece
        return [piece]

    def _extra(self, rng: np.random.Generator, stands: str, share: float) -> list[Piece]:
        files = () if self._library is None else self._library.catalogue.objects
        extras = [e for e in files if not e.kind.slots and e.kind.stands == stands and self._belongs(e)]
        return self._drawn(rng, extras, share)

    def _television(self, rng: np.random.Generator, piece: Piece) -> list[Piece]:
        """A set on a low cupboard, one of them or both the user's."""
        screens = self._drawn(rng, self._files("television", "table"))
        stands = self._drawn(rng, self._files("tv stand", "floor"))
        if not screens and not stands:
            return []
        wide = screens[0].size_m()[0] if screens else 0.9
        stand = stands[0] if stands and stands[0].tops else household.tv_bench(piece, wide + 0.2)
        room = stand.tops[0]
        screen = screens[0] if screens else household.flat_tv(min(room[1] - 0.05, 1.1))
        if screen.size_m()[0] > room[1] or screen.size_m()[2] > room[2]:
            stand = household.tv_bench(piece, screen.size_m()[0] + 0.2)
        return [replace(stand, carries=((screen, 0.0, 0.0),))]

    def _bed(self, rng: np.random.Generator, piece: Piece) -> list[Piece]:
        """A bed of the user's has its own pillows; on a generated one the user's may lie."""
        own = self._drawn(rng, self._files("bed", "floor"))
        files = [] if self._library is None else [e for e in self._library.catalogue.objects if e.kind.stands == "bed"]
        pillows = self._drawn(rng, files)
        return [*own, *(household.bed_with(piece, pillow) for pillow in pillows), piece]


def _share(count: int) -> float:
    return SHARES[min(count, len(SHARES) - 1)]


def _word(entry: TextureFile, surface: Surface, use: str) -> str:
    return entry.note.word or (surface.wood_word if use == "wood" else surface.colour_word)
