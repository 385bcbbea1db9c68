"""Shadow maps that outlive an edit: what stands still is drawn once, what moves is drawn over it.

HeldTriangles + Lighting ─▶ [ShadowMaps.show] ─▶ sun_map, lamp_map of incoming.Lights

A sun gets one orthographic map around the scene, each lamp six square faces. A texel holds the nearest caster, so the
map of all casters is the larger of two maps in each texel, bit for bit: that of the settled ones, which is kept per
sun and per lamp position, and that of the others, drawn anew at every edit into the few faces that see them.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from video4spatial.sim_scenes.render.clusters import build_clusters
from video4spatial.sim_scenes.render.held import HeldTriangles, Slot
from video4spatial.sim_scenes.render.raster import rasterise, rasterise_parallel, take_nearer
from video4spatial.sim_scenes.scene import BodyKey, Lighting, Sun

SUN_MAP_SIDE = 1024
LAMP_MAP_SIDE = 256
LAMP_NEAR_M = 0.02
MOVING_SHARE = 0.8
"""When more of the triangles than this is unsettled, all of them settle."""
LAMPS_KEPT = 64
"""Maps of lamp positions that are kept (1.5 MiB each), also of lamps that are off just now."""

FACE = LAMP_MAP_SIDE**2
Position = tuple[float, float, float]


@dataclass(eq=False)
class _Shown:
    """A map as it is shown, and where it is not as the settled casters left it."""

    map: Any
    key: tuple[Any, ...]
    """What it was made for."""
    raised: set[int] = field(default_factory=set)
    """Faces (of lamps) or rows (of the sun, without gaps)."""


class ShadowMaps:
    """The shadow maps of one renderer, on the CPU."""

    def __init__(self) -> None:
        self._settled: frozenset[BodyKey] = frozenset()
        self._lamps: dict[Position, Any] = {}
        """The settled casters' maps."""
        self._sun: Any = None
        self._lamps_shown: _Shown | None = None
        self._sun_shown: _Shown | None = None

    def show(self, lights: Any, lighting: Lighting | None, held: HeldTriangles) -> None:
        """Puts the maps of a lighting into a `Lights` struct that has its lamps and sun already."""
        casting = {slot.key: slot for slot in held.slots}
        moving = self._settle(casting)
        lights.lamp_side = LAMP_MAP_SIDE
        if lighting is None:
            lights.sun_side = 0
            lights.lamp_map = lights.sun_map = wp.zeros(1, dtype=wp.float32, device="cpu")
            return
        boxes = _Moving(held, moving)
        reach = lights.lamp_reach.numpy()
        self._show_lamps(lights, [_single(lamp.position_m) for lamp in lighting.lamps], held, boxes, reach)
        self._show_sun(lights, lighting.sun, held, boxes)

    def _settle(self, now: dict[BodyKey, Slot]) -> list[Slot]:
        """The slots that are drawn anew at every edit; forgets the maps where a settled body is gone."""
        if not self._settled <= now.keys():
            self._forget(self._settled & now.keys())
        moving = [slot for key, slot in now.items() if key not in self._settled]
        size = sum(slot.stop - slot.start for slot in now.values())
        if sum(slot.stop - slot.start for slot in moving) > MOVING_SHARE * size:
            self._forget(frozenset(now))
            return []
        return moving

    def _forget(self, settled: frozenset[BodyKey]) -> None:
        self._settled, self._lamps, self._lamps_shown, self._sun_shown = settled, {}, None, None

    def _settled_corners(self, held: HeldTriangles) -> NDArray[np.float32]:
        casts = held.casts.copy()
        for slot in held.slots:
            if slot.key not in self._settled:
                casts[slot.start : slot.stop] = False
        return held.corners_m[casts]

    def _show_lamps(
        self, lights: Any, positions: list[Position], held: HeldTriangles, moving: "_Moving", reach: NDArray
    ) -> None:
        missing = [position for position in dict.fromkeys(positions) if position not in self._lamps]
        if missing:
            idle = [position for position in self._lamps if position not in positions]
            for position in idle[: max(0, len(self._lamps) + len(missing) - LAMPS_KEPT)]:
                del self._lamps[position]
            maps = draw_lamp_maps(missing, _both_sided(self._settled_corners(held)))
            self._lamps |= dict(zip(missing, maps, strict=True))
        shown = self._lamps_shown
        if shown is None or shown.key != tuple(positions):
            made = wp.empty(max(1, len(positions) * 6 * FACE), dtype=wp.float32, device="cpu")
            shown = self._lamps_shown = _Shown(made, tuple(positions), set(range(6 * len(positions))))
        for face in sorted(shown.raised):
            settled, at = self._lamps[positions[face // 6]], face % 6 * FACE
            wp.copy(shown.map, settled, dest_offset=face * FACE, src_offset=at, count=FACE)
        faces = moving.faces(np.array(positions, dtype=np.float32).reshape(-1, 3), reach)
        shown.raised = set(faces)
        if faces:
            visible = _lamp_visibility(moving.clusters, [(positions[face // 6], face % 6) for face in faces])
            rows = np.array(faces)[:, None] * FACE + np.arange(LAMP_MAP_SIDE) * LAMP_MAP_SIDE
            _raise(visible, rows.ravel(), LAMP_MAP_SIDE, shown.map)
        lights.lamp_map = shown.map

    def _show_sun(self, lights: Any, sun: Sun | None, held: HeldTriangles, moving: "_Moving") -> None:
        if sun is None:
            lights.sun_side = 0
            lights.sun_map = wp.zeros(1, dtype=wp.float32, device="cpu")
            return
        matrix, radius_m = sun_matrix(sun, held.bounds_m())
        lights.sun_side = SUN_MAP_SIDE
        lights.sun_bias = 0.004 + 0.6 * radius_m * 2.0 / SUN_MAP_SIDE  # about one texel's slope
        lights.sun_from_world = wp.mat44(*matrix.ravel().tolist())
        key, shown = (matrix.tobytes(),), self._sun_shown
        if shown is None or shown.key != key:
            self._sun = wp.zeros(SUN_MAP_SIDE**2, dtype=wp.float32, device="cpu")
            _draw_sun(matrix, self._settled_corners(held), range(SUN_MAP_SIDE), self._sun)
            shown = self._sun_shown = _Shown(wp.clone(self._sun), key)
        if shown.raised:
            at = min(shown.raised) * SUN_MAP_SIDE
            wp.copy(shown.map, self._sun, dest_offset=at, src_offset=at, count=len(shown.raised) * SUN_MAP_SIDE)
        rows = moving.sun_rows(matrix)
        shown.raised = set(rows)
        if len(rows):
            _draw_sun(matrix, moving.corners_m, rows, shown.map)
        lights.sun_map = shown.map


class _Moving:
    """The casters that are not settled."""

    def __init__(self, held: HeldTriangles, slots: list[Slot]) -> None:
        casts = held.casts if slots else np.zeros(0, dtype=bool)
        parts = [held.corners_m[slot.start : slot.stop][casts[slot.start : slot.stop]] for slot in slots]
        self.corners_m = np.concatenate(parts) if parts else held.corners_m[:0]
        self.clusters = _both_sided(self.corners_m)

    def faces(self, lamps_m: NDArray[np.float32], reach_m2: NDArray[np.float32]) -> list[int]:
        """Numbers (lamp * 6 + face) of the maps that may show one of them, where the lamp can be seen by."""
        found = []
        points = self.corners_m.reshape(-1, 3)
        if not len(points):
            return []
        low, high = points.min(axis=0) - 1e-3, points.max(axis=0) + 1e-3
        box = np.array([[(low, high)[k >> axis & 1][axis] for axis in range(3)] for k in range(8)])
        for number, lamp in enumerate(lamps_m):
            outside = np.maximum(np.maximum(low - lamp, lamp - high), 0.0)
            if outside @ outside > reach_m2[number]:
                continue
            x = box - lamp
            for face in range(6):
                forward, sign = face // 2, (1.0, -1.0)[face % 2]
                s, t, depth = x[:, (forward + 1) % 3], x[:, (forward + 2) % 3], sign * x[:, forward]
                if (depth >= 0).any() and all((depth >= each).any() for each in (s, -s, t, -t)):
                    found.append(number * 6 + face)
        return found

    def sun_rows(self, matrix: NDArray[np.float64]) -> range:
        """Rows of the sun's map that may show one of them."""
        points = self.corners_m.reshape(-1, 3)
        if not len(points):
            return range(0)
        y = points @ matrix[1, :3] + matrix[1, 3]
        return range(max(0, int(y.min()) - 2), min(SUN_MAP_SIDE, int(y.max()) + 3))


def draw_lamp_maps(positions: list[Position], casters: Any) -> list[Any]:
    """One array of six faces for each lamp."""
    visible = _lamp_visibility(casters, [(position, face) for position in positions for face in range(6)])
    maps = []
    for number in range(len(positions)):
        made = wp.zeros(6 * FACE, dtype=wp.float32, device="cpu")
        part = visible[number * 6 * FACE : (number + 1) * 6 * FACE]
        _raise(part, np.arange(6 * LAMP_MAP_SIDE) * LAMP_MAP_SIDE, LAMP_MAP_SIDE, made)
        maps.append(made)
    return maps


def sun_matrix(
    sun: Sun, bounds_m: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> tuple[NDArray[np.float64], float]:
    """World to (x, y, nearness) of the sun's map around a scene's box, and the radius of the scene."""
    low, high = bounds_m
    direction = np.asarray(sun.direction)
    centre, radius_m = (low + high) / 2, float(np.linalg.norm(high - low)) / 2 + 0.1
    toward_sun = -direction / np.linalg.norm(direction)
    across = np.cross([0.0, 1.0, 0.0] if abs(toward_sun[1]) < 0.99 else [1.0, 0.0, 0.0], toward_sun)
    across /= np.linalg.norm(across)
    scale = SUN_MAP_SIDE / (2.0 * radius_m)
    matrix = np.eye(4)
    matrix[0, :3], matrix[1, :3], matrix[2, :3] = across * scale, np.cross(toward_sun, across) * scale, toward_sun
    matrix[:3, 3] = -matrix[:3, :3] @ centre
    matrix[:2, 3] += SUN_MAP_SIDE / 2
    matrix[2, 3] += 2.0 * radius_m  # nearness stays above 0, so that its bits keep their order
    return matrix, radius_m


def _draw_sun(sun_from_world: NDArray[np.float64], corners_m: NDArray[np.float32], rows: range, into: Any) -> None:
    """Raises the rows of the sun's map by casters that reach no other row."""
    corners: Any = wp.array(corners_m.reshape(-1, 3), dtype=wp.vec3, device="cpu")
    visible = wp.zeros(SUN_MAP_SIDE**2, dtype=wp.uint64, device="cpu")
    inputs = [corners, wp.mat44d(*sun_from_world.ravel().tolist()), SUN_MAP_SIDE]
    wp.launch(rasterise_parallel, dim=len(corners_m), inputs=inputs, outputs=[visible], device="cpu")
    part = visible[rows.start * SUN_MAP_SIDE : rows.stop * SUN_MAP_SIDE]
    _raise(part, np.arange(rows.start, rows.stop) * SUN_MAP_SIDE, SUN_MAP_SIDE, into)


def _lamp_visibility(casters: Any, faces: list[tuple[Position, int]]) -> Any:
    """The packed buffer of square faces of lamps, one after the other."""
    half = LAMP_MAP_SIDE / 2
    matrices = []
    for position, face in faces:
        s, t, depth = _face_axes(face)
        matrix = np.eye(4)
        matrix[0, :3], matrix[1, :3], matrix[2, :3] = half * (s + depth), half * (t + depth), depth
        matrix[:3, 3] = -matrix[:3, :3] @ np.asarray(position, dtype=np.float32)
        matrices.append(matrix)
    maps: Any = wp.array(np.array(matrices), dtype=wp.mat44d, device="cpu")
    eyes: Any = wp.array(np.array([position for position, _ in faces], dtype=np.float32), dtype=wp.vec3, device="cpu")
    visible = wp.zeros(len(faces) * FACE, dtype=wp.uint64, device="cpu")
    inputs = [casters, maps, eyes, LAMP_MAP_SIDE, LAMP_MAP_SIDE, LAMP_NEAR_M]
    dim = (len(faces), len(casters.centre))
    wp.launch(rasterise, dim=dim, inputs=inputs, outputs=[visible], device="cpu")
    return visible


def _face_axes(face: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Across, down and depth of a face, in the order +x -x +y -y +z -z, axes cyclic."""
    axes, forward = np.eye(3), face // 2
    return axes[(forward + 1) % 3], axes[(forward + 2) % 3], axes[forward] * (1.0, -1.0)[face % 2]


def _raise(visible: Any, places: NDArray[np.int64], side: int, into: Any) -> None:
    starts: Any = wp.array(places.astype(np.int32), dtype=wp.int32, device="cpu")
    wp.launch(take_nearer, dim=len(places), inputs=[visible, starts, side], outputs=[into], device="cpu")


def _both_sided(corners_m: NDArray[np.float32]) -> Any:
    return build_clusters(corners_m, np.zeros(len(corners_m), dtype=bool), "cpu")


def _single(position_m: Position) -> Position:
    x, y, z = (float(np.float32(value)) for value in position_m)
    return x, y, z
