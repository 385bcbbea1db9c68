"""Cut-out triangles to visibility: leaves and lace, whose texture says where they are.

cut-out triangles ─▶ [rasterise_cutouts] ─▶ the same uint64 per sample as raster.rasterise

Few triangles are cut out, so this walks the whole box of each with homogeneous edge functions (Olano and Greer 1997),
which need no clipping, and reads one texel per sample that would be the nearest.
"""

# Warp compiles this file: its annotations are Warp's, and float(0.0) declares a variable that changes in a loop.
# mypy: ignore-errors
# ruff: noqa: UP018, RUF046
import warp as wp

from video4spatial.sim_scenes.render.facets import Surfaces, blend
from video4spatial.sim_scenes.render.lanes import float_at, int_at
from video4spatial.sim_scenes.render.raster import Real, image_of
from video4spatial.sim_scenes.render.records import DENSITY, FACET, TAG, UV
from video4spatial.sim_scenes.render.texels import channel


@wp.struct
class Cutouts:
    """Which triangles are cut out, and how."""

    triangle: wp.array(dtype=wp.int32)
    corners: wp.array(dtype=wp.vec3)
    """Three per cut-out triangle."""
    single_sided: wp.array(dtype=wp.uint8)
    cutoff: wp.array(dtype=wp.float32)
    """0 to 255, per cut-out triangle."""


@wp.func
def alpha_at(s: Surfaces, t: int, b1: float, b2: float, texels_per_pixel: float):
    """The nearest texel's alpha, 0 to 255, from the level with about one texel per pixel."""
    k = t * FACET + UV
    u = blend(float_at(s.facets, k), float_at(s.facets, k + 2), float_at(s.facets, k + 4), b1, b2)
    v = blend(float_at(s.facets, k + 1), float_at(s.facets, k + 3), float_at(s.facets, k + 5), b1, b2)
    material = int_at(s.tags, t * TAG + 1)
    levels = s.side_log2[material]
    level = wp.min(int(wp.log2(wp.max(texels_per_pixel, 1.0))), levels)
    side = 1 << (levels - level)
    x = int(wp.floor(u * float(side))) & (side - 1)
    y = int(wp.floor(v * float(side))) & (side - 1)
    return channel(s.texels[s.level_start[material, level] + y * side + x], 24)


@wp.func
def corner_of(m: wp.mat44d, p: wp.vec3):
    """(x depth, y depth, depth)."""
    q = image_of(m, p)
    return wp.vec3d(q[0], q[1], q[2])


@wp.kernel(enable_backward=False)
def rasterise_cutouts(
    s: Surfaces,
    cut: Cutouts,
    image_from_world: wp.array(dtype=wp.mat44d),
    pixels_per_rad: wp.array(dtype=wp.float32),
    width: int,
    height: int,
    near: float,
    visible: wp.array(dtype=wp.uint64),
):
    """(views, cut-out triangles) threads. Rows 0..2 of `image_from_world` give (x depth, y depth, depth)."""
    view, i = wp.tid()
    t = cut.triangle[i]
    m = image_from_world[view]
    a = corner_of(m, cut.corners[3 * i])
    b = corner_of(m, cut.corners[3 * i + 1])
    c = corner_of(m, cut.corners[3 * i + 2])
    nearest = Real(near)
    none = Real(0.0)
    if wp.max(a[2], wp.max(b[2], c[2])) < nearest:
        return
    area = wp.dot(a, wp.cross(b, c))
    if wp.abs(area) < Real(1.0e-12) or (area > none and cut.single_sided[i] == wp.uint8(1)):
        return
    left = int(0)
    right = width - 1
    top = int(0)
    bottom = height - 1
    if wp.min(a[2], wp.min(b[2], c[2])) >= nearest:
        xa = a[0] / a[2]
        xb = b[0] / b[2]
        xc = c[0] / c[2]
        ya = a[1] / a[2]
        yb = b[1] / b[2]
        yc = c[1] / c[2]
        left = int(wp.clamp(wp.floor(wp.min(xa, wp.min(xb, xc))), none, Real(width)))
        right = int(wp.clamp(wp.ceil(wp.max(xa, wp.max(xb, xc))), Real(-1.0), Real(width - 1)))
        top = int(wp.clamp(wp.floor(wp.min(ya, wp.min(yb, yc))), none, Real(height)))
        bottom = int(wp.clamp(wp.ceil(wp.max(ya, wp.max(yb, yc))), Real(-1.0), Real(height - 1)))
    of_a = wp.cross(b, c) / area
    of_b = wp.cross(c, a) / area
    of_c = wp.cross(a, b) / area
    density = float_at(s.facets, t * FACET + DENSITY) / pixels_per_rad[view]
    for y in range(top, bottom + 1):
        for x in range(left, right + 1):
            at = wp.vec3d(Real(x) + Real(0.5), Real(y) + Real(0.5), Real(1.0))
            wa = wp.dot(of_a, at)
            wb = wp.dot(of_b, at)
            wc = wp.dot(of_c, at)
            inverse = wa + wb + wc
            if wa >= none and wb >= none and wc >= none and inverse > none and inverse * nearest <= Real(1.0):
                nearness = float(inverse)
                packed = (wp.uint64(wp.cast(nearness, wp.uint32)) << wp.uint64(32)) | wp.uint64(t + 1)
                j = (view * height + y) * width + x
                if packed > visible[j]:
                    b1 = float(wb / inverse)
                    b2 = float(wc / inverse)
                    if alpha_at(s, t, b1, b2, density / nearness) >= cut.cutoff[i]:
                        wp.atomic_max(visible, j, packed)
