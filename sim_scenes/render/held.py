"""The triangles that a renderer holds, body by body: what an edit of the scene leaves alone is not touched.

Scene.bodies ─▶ [HeldTriangles.show] ─▶ Surfaces, Clusters, Cutouts of the kernels; slots ─▶ shadows.py

The rows always lie as those of a new renderer would: bodies in the order of the scene, without gaps. A body that moved
is written again where it stands; what comes after one that was added or taken away is moved along.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import warp as wp
from numpy.typing import NDArray

from video4spatial.sim_scenes.render.clusters import NEVER, SIDE, boxes_of, planes_of
from video4spatial.sim_scenes.render.columns import Column
from video4spatial.sim_scenes.render.cutout import Cutouts
from video4spatial.sim_scenes.render.facets import Surfaces
from video4spatial.sim_scenes.render.holes import cut_triangles
from video4spatial.sim_scenes.render.raster import Clusters
from video4spatial.sim_scenes.render.records import FACET, TAG, facet_rows
from video4spatial.sim_scenes.render.textures import Atlas
from video4spatial.sim_scenes.scene import (
    Body,
    BodyKey,
    Material,
    TriangleSoup,
    count_triangles,
    flatten,
    key_of,
)

Block = dict[str, NDArray]
"""Rows of every column."""


@dataclass(frozen=True, eq=False)
class Slot:
    """A body and its rows [start, stop)."""

    body: Body
    start: int
    stop: int

    @cached_property
    def key(self) -> BodyKey:
        return key_of(self.body)


def size_of(body: Body) -> int:
    """Its triangles."""
    return sum(len(part.faces) for part in body.parts)


class HeldTriangles:
    """What is shown, on one device."""

    def __init__(self, device: str) -> None:
        self.atlas = Atlas(device)
        self.slots: tuple[Slot, ...] = ()
        self.surfaces, self.clusters, self.cutouts = Surfaces(), Clusters(), Cutouts()
        self.cut_out = 0
        """How many triangles are cut out."""
        f32, i32 = np.float32, np.int32
        self.columns: dict[str, Column] = {
            "corners": Column((3, 3), f32, wp.vec3, device),
            "normals": Column((3, 3), f32, wp.vec3, device),
            "colours": Column((3, 3), f32, wp.vec3, device),
            "facets": Column((int(FACET),), f32, wp.float32, device),
            "tags": Column((int(TAG),), i32, wp.int32, device),
            "single_sided": Column((), np.uint8, wp.uint8, device),
            "planes": Column((4,), f32, wp.vec4, device),
            "cutoff": Column((), f32, wp.float32, device),
            "casts": Column((), np.uint8, wp.uint8, device),
        }
        self._bounds: dict[BodyKey, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
        self._boxes = Column((3,), f32, wp.vec3, device), Column((3,), f32, wp.vec3, device)
        self._device = device

    @property
    def cluster_count(self) -> int:
        """At least 1: a scene without triangles has an empty one."""
        return len(self._boxes[0].rows)

    @property
    def corners_m(self) -> NDArray[np.float32]:
        """(F, 3, 3), not to be written to."""
        return self.columns["corners"].rows

    @property
    def casts(self) -> NDArray[np.bool_]:
        """(F,) which triangles cast a shadow."""
        return self.columns["casts"].rows.view(bool)

    def bounds_m(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest corner (3,) of all triangles."""
        boxes = [self._bounds[slot.key] for slot in self.slots if slot.stop > slot.start]
        if not boxes:
            return np.zeros(3), np.zeros(3)
        return np.min([low for low, _ in boxes], axis=0), np.max([high for _, high in boxes], axis=0)

    def show(self, bodies: tuple[Body, ...]) -> bool:
        """Holds just these bodies; returns whether that changed anything. Raises SourceError for too many triangles."""
        count_triangles(bodies)
        slots = tuple(_slots(bodies))
        changed = list(self._write(slots))
        self.slots = slots
        if not changed:
            return False
        self._bounds = {slot.key: self._bounds.get(slot.key) or self._box(slot) for slot in slots}
        self._refresh(changed)
        return True

    def _write(self, slots: tuple[Slot, ...]) -> Iterator[tuple[int, int]]:
        """Brings the rows up to date; yields the ranges that changed."""
        aligned = 0
        for old, new in zip(self.slots, slots, strict=False):
            if old.stop != new.stop:
                break
            if old.key != new.key:
                self._store(new.start, self._block(new.body))
                yield new.start, new.stop
            aligned += 1
        if aligned == len(slots) == len(self.slots):
            return
        wanted = {slot.key for slot in slots[aligned:]}
        kept = {slot.key: self._copied(slot) for slot in self.slots[aligned:] if slot.key in wanted}
        start, stop = (slots[aligned - 1].stop if aligned else 0), (slots[-1].stop if slots else 0)
        for column in self.columns.values():
            column.resize(stop)
        for slot in slots[aligned:]:  # one after the other: what all take at once would double the peak of memory
            self._store(slot.start, kept.get(slot.key) or self._block(slot.body))
        yield start, stop

    def _copied(self, slot: Slot) -> Block:
        return {name: column.rows[slot.start : slot.stop].copy() for name, column in self.columns.items()}

    def _store(self, start: int, block: Block) -> None:
        for name, column in self.columns.items():
            column.write(start, block[name])

    def _block(self, body: Body) -> Block:
        if not size_of(body):
            return {name: column.rows[:0].copy() for name, column in self.columns.items()}
        soup = flatten((body,))
        numbers = self.atlas.numbers(soup.materials)
        single_sided = _of_triangles(soup, [not material.double_sided for material in soup.materials])
        cut_out = cut_triangles(soup)
        glows = _of_triangles(soup, [material.glow != 0.0 for material in soup.materials])
        cutoff = [0.0 if m.alpha is None else 255.0 * m.alpha_cutoff for m in soup.materials]
        planes = planes_of(soup.corners_m, single_sided)
        planes[cut_out] = NEVER  # another kernel rasterises these
        facets, tags = facet_rows(soup, numbers, self.atlas.side_log2[numbers])
        return {
            "corners": soup.corners_m,
            "normals": soup.normals,
            "colours": soup.colours,
            "facets": facets,
            "tags": tags,
            "single_sided": single_sided,
            "planes": planes,
            "cutoff": np.where(cut_out, np.array(cutoff, dtype=np.float32)[soup.material], np.float32(-1.0)),
            # glowing surfaces are lamp shades: the light inside shines through them
            "casts": ~(glows | cut_out),
        }

    def _box(self, slot: Slot) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        corners = self.corners_m[slot.start : slot.stop].reshape(-1, 3)
        corners = corners if len(corners) else np.zeros((1, 3), dtype=np.float32)
        return corners.min(axis=0).astype(float), corners.max(axis=0).astype(float)

    def _refresh(self, changed: list[tuple[int, int]]) -> None:
        """The kernels' structs, after rows have changed."""
        count = len(self.corners_m)
        centre, half = self._boxes
        clusters = max(1, -(-count // SIDE))
        centre.resize(clusters)
        half.resize(clusters)
        for start, stop in changed:
            first, last = start // SIDE, -(-stop // SIDE)
            middles, halves = boxes_of(self.corners_m[first * SIDE : last * SIDE])
            centre.write(first, middles[: clusters - first])
            half.write(first, halves[: clusters - first])
        for name in ("normals", "colours", "facets", "tags"):
            setattr(self.surfaces, name, self.columns[name].array)
        self.atlas.fill(self.surfaces)
        self.clusters.triangles = count
        self.clusters.centre, self.clusters.half = centre.array, half.array
        for name in ("corners", "single_sided", "planes"):
            setattr(self.clusters, name, self.columns[name].array)
        self._list_cutouts()

    def _list_cutouts(self) -> None:
        cutoff = self.columns["cutoff"].rows
        triangles = np.nonzero(cutoff >= 0.0)[0]
        self.cut_out = len(triangles)
        padded = triangles if self.cut_out else np.zeros(1, dtype=int)
        if not len(cutoff):
            return
        single_sided = self.columns["single_sided"].rows[padded]
        corners = self.corners_m[padded].reshape(-1, 3)
        self.cutouts.corners = wp.array(corners, dtype=wp.vec3, device=self._device)
        self.cutouts.triangle = wp.array(padded.astype(np.int32), dtype=wp.int32, device=self._device)
        self.cutouts.single_sided = wp.array(single_sided, dtype=wp.uint8, device=self._device)
        self.cutouts.cutoff = wp.array(cutoff[padded], dtype=wp.float32, device=self._device)


def shown_materials(bodies: tuple[Body, ...]) -> list[Material]:
    """Those of all parts, each once."""
    return list(dict.fromkeys(part.material for body in bodies for part in body.parts))


def _slots(bodies: tuple[Body, ...]) -> Iterator[Slot]:
    start = 0
    for body in bodies:
        yield Slot(body, start, start + size_of(body))
        start += size_of(body)


def _of_triangles(soup: TriangleSoup, per_material: list[bool]) -> NDArray[np.bool_]:
    return np.array(per_material, dtype=bool)[soup.material]
