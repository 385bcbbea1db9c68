"""The user's files as pieces and surfaces, decoded when they are needed and kept within bounds.

SourceFolders ─▶ [open_library] ─▶ Library.piece, Library.surface ─▶ stock.py

One library a process serves all of its rooms and houses: a file is decoded once, and what was made of it is shared, so
that the renderer can use its textures again. A file whose bytes are not those that were planned costs the unit.
"""

import contextlib
import hashlib
import logging
import os
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import SourceError
from video4spatial.sim_scenes.assets.catalogue import Catalogue, ObjectFile, TextureFile, survey
from video4spatial.sim_scenes.assets.colours import colour_word, wood_word
from video4spatial.sim_scenes.assets.pictures import read_picture
from video4spatial.sim_scenes.assets.prepare import prepare_object
from video4spatial.sim_scenes.furniture import Piece
from video4spatial.sim_scenes.scene import Material

logger = logging.getLogger(__name__)

MOST_BYTES = 384 * 1024**2
"""Of decoded pieces and textures that are kept; those not used for longest go first."""
TEXTURE_PX = 512
"""Longer side of a floor or wall texture: 4 mm a texel on 2 m."""


@dataclass(frozen=True)
class SourceFolders:
    """Where the user's files are on this machine."""

    objects: tuple[str, ...] = ()
    textures: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.objects or self.textures)


@dataclass(frozen=True, eq=False)
class Surface:
    """A texture ready to cover something."""

    material: Material
    tile_m: tuple[float, float]
    """Of one repeat, along u and v."""

    @cached_property
    def colour_word(self) -> str:
        """As cloth or paint. Looked up once: it sorts every pixel, and each room asks for a dozen."""
        texture = self.material.texture
        return "" if texture is None else colour_word(texture.reshape(-1, 3) / 255.0)

    @cached_property
    def wood_word(self) -> str:
        """As wood."""
        return "" if self.material.texture is None else wood_word(self.material.texture)


class Library:
    """Decodes the files of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.unusable: dict[str, str] = {}
        """Files that decoding showed to be of no use, and why."""
        self._kept: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._bytes = 0

    def piece(self, entry: ObjectFile) -> Piece | None:
        """The piece in a file; None, said once in the log, when it cannot be used."""
        return self._take(entry, lambda data: prepare_object(entry.name, data, entry.kind, entry.kinds, entry.note))

    def surface(self, entry: TextureFile) -> Surface | None:
        """The surface of a file; None, said once in the log, when it cannot be used."""

        def make(data: bytes) -> Surface:
            pixels = square_enough(read_picture(entry.name, data, TEXTURE_PX))
            width, height = entry.size_px
            repeats = _repeats(width, height)
            tile_m = (entry.metres * repeats[0], entry.metres * height / width * repeats[1])
            return Surface(Material(entry.name, texture=pixels), tile_m)

        return self._take(entry, make)

    def _take(self, entry: ObjectFile | TextureFile, make: Any) -> Any:
        if entry.name in self._kept:
            self._kept.move_to_end(entry.name)
            return self._kept[entry.name][0]
        if entry.name in self.unusable:
            return None
        data = _unchanged_bytes(entry)
        try:
            made = make(data)
        except SourceError as error:
            self.unusable[entry.name] = str(error).removeprefix(f"{entry.name} ")
            logger.warning("left out: %s", error)
            return None
        self._keep(entry.name, made)
        return made

    def _keep(self, name: str, made: Any) -> None:
        size = _size_of(made)
        self._kept[name] = (made, size)
        self._bytes += size
        while self._bytes > MOST_BYTES and len(self._kept) > 1:
            _, (_, freed) = self._kept.popitem(last=False)
            self._bytes -= freed


def open_library(folders: SourceFolders) -> Library:
    """The library of some folders as they are now; the same one again while nothing in them changes."""
    return _library(folders, _signature(folders))


def square_enough(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A long texture repeated across its shorter side: the renderer makes textures square, and would blur it."""
    repeats = _repeats(pixels.shape[1], pixels.shape[0])
    return np.tile(pixels, (repeats[1], repeats[0], 1)) if repeats != (1, 1) else pixels


def _repeats(width: int, height: int) -> tuple[int, int]:
    """How often a texture is repeated along u and v to become nearly square; at most eight times."""
    return (min(8, max(1, round(height / width))), min(8, max(1, round(width / height))))


@lru_cache(maxsize=4)
def _library(folders: SourceFolders, signature: tuple[Any, ...]) -> Library:
    return Library(survey(folders.objects, folders.textures))


def _signature(folders: SourceFolders) -> tuple[Any, ...]:
    """Name, size and time of change of every file: cheap, and another one whenever a file is replaced."""
    found = []
    for folder in (*folders.objects, *folders.textures):
        for place, _, files in os.walk(folder):
            for name in files:
                with contextlib.suppress(OSError):  # a link to nowhere
                    status = os.stat(Path(place) / name)
                    found.append((place, name, status.st_size, status.st_mtime_ns))
    return tuple(sorted(found))


def _unchanged_bytes(entry: ObjectFile | TextureFile) -> bytes:
    try:
        data = Path(entry.path).read_bytes()
    except OSError as error:
        raise SourceError(
            f"{entry.name} is gone since the run was planned ({error.strerror})", reason="changed"
        ) from None
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise SourceError(f"{entry.name} has changed since the run was planned; start the run again", reason="changed")
    return data


def _size_of(made: Piece | Surface) -> int:
    if isinstance(made, Surface):
        return 0 if made.material.texture is None else made.material.texture.nbytes
    total = 0
    for part in made.parts:
        total += part.vertices_m.nbytes + part.normals.nbytes + part.uv.nbytes + part.faces.nbytes
        for material in (part.material, part.material.emission):
            if material is not None and material.texture is not None:
                total += material.texture.nbytes
    return total
