"""Cut-out triangles to visibility: leaves and lace, whose texture says where they are.

cut-out triangles ─▶ [rasterise_cutouts] ─▶ the same uint64 per sample as raster.rasterise

Few triangles are cut out, so this walks the whole box of each with homogeneous edge functions (Olano and Greer 1997),
which need no clipping, and reads one texel per sample that would be the nearest.
"""

# Warp compiles this file: its annotations are Warp's, and float(0.0) declares a variable that changes in a loop.
# mypy: ignore-errors
# ruff: noqa: UP018, RUF046, SIM102
import warp as wp

from video4spatial.sim_scenes.render.facets import Surfaces, blend
from video4spatial.sim_scenes.render.lanes import float_at, int_at
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


@wp.kernel(enable_backward=False)
def rasterise_cutouts(
    s: Surfaces,
    cut: Cutouts,
    image_from_world: wp.array(dtype=wp.mat44),
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
    p = cut.corners[3 * i]
    q = cut.corners[3 * i + 1]
    r = cut.corners[3 * i + 2]
    a4 = m * wp.vec4(p[0], p[1], p[2], 1.0)
    b4 = m * wp.vec4(q[0], q[1], q[2], 1.0)
    c4 = m * wp.vec4(r[0], r[1], r[2], 1.0)
    a = wp.vec3(a4[0], a4[1], a4[2])
    b = wp.vec3(b4[0], b4[1], b4[2])
    c = wp.vec3(c4[0], c4[1], c4[2])
    if wp.max(a[2], wp.max(b[2], c[2])) < near:
        return
    area = wp.dot(a, wp.cross(b, c))
    if wp.abs(area) < 1.0e-12 or (area > 0.0 and cut.single_sided[i] == wp.uint8(1)):
        return
    left = int(0)
    right = width - 1
    top = int(0)
    bottom = height - 1
    if wp.min(a[2], wp.min(b[2], c[2])) >= near:
        xa = a[0] / a[2]
        xb = b[0] / b[2]
        xc = c[0] / c[2]
        ya = a[1] / a[2]
        yb = b[1] / b[2]
        yc = c[1] / c[2]
        left = int(wp.clamp(wp.floor(wp.min(xa, wp.min(xb, xc))), 0.0, float(width)))
        right = int(wp.clamp(wp.ceil(wp.max(xa, wp.max(xb, xc))), -1.0, float(width - 1)))
        top = int(wp.clamp(wp.floor(wp.min(ya, wp.min(yb, yc))), 0.0, float(height)))
        bottom = int(wp.clamp(wp.ceil(wp.max(ya, wp.max(yb, yc))), -1.0, float(height - 1)))
    of_a = wp.cross(b, c) / area
    of_b = wp.cross(c, a) / area
    of_c = wp.cross(a, b) / area
    density = float_at(s.facets, t * FACET + DENSITY) / pixels_per_rad[view]
    for y in range(top, bottom + 1):
        for x in range(left, right + 1):
            at = wp.vec3(float(x) + 0.5, float(y) + 0.5, 1.0)
            wa = wp.dot(of_a, at)
            wb = wp.dot(of_b, at)
            wc = wp.dot(of_c, at)
            nearness = wa + wb + wc
            if wa >= 0.0 and wb >= 0.0 and wc >= 0.0 and nearness > 0.0 and nearness * near <= 1.0:
                packed = (wp.uint64(wp.cast(nearness, wp.uint32)) << wp.uint64(32)) | wp.uint64(t + 1)
                j = (view * height + y) * width + x
                if packed > visible[j]:
                    if alpha_at(s, t, wb / nearness, wc / nearness, density / nearness) >= cut.cutoff[i]:
                        wp.atomic_max(visible, j, packed)
