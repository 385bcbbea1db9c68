"""Triangles to visibility: which triangle covers which sample, nearest first.

world triangles ─▶ [rasterise] ─▶ uint64 per sample: (1/depth as float bits, triangle + 1) ─▶ shade | shadow maps

One thread per (view, triangle): on the CPU, where Warp launches run serially, this walks a wall-sized triangle as fast
as its pixels; on a GPU it would be the wrong shape. Positive floats order like their bits, so the largest packed value
is the nearest triangle, and equal depths go to the later triangle whatever the order of work.
"""

# Warp compiles this file: its annotations are Warp's, and float(0.0) declares a variable that changes in a loop.
# mypy: ignore-errors
# ruff: noqa: UP018
import warp as wp

NEAR_M = 0.01
"""Nearer things are cut away, as in Habitat."""


@wp.func
def edge(ax: float, ay: float, bx: float, by: float, px: float, py: float):
    """Twice the signed area of (a, b, p)."""
    return (bx - ax) * (py - ay) - (by - ay) * (px - ax)


@wp.func
def fill(
    a: wp.vec3,
    b: wp.vec3,
    c: wp.vec3,
    label: wp.uint64,
    cull: int,
    width: int,
    height: int,
    base: int,
    visible: wp.array(dtype=wp.uint64),
):
    """Covers samples at pixel centres; vertices are (x, y, nearness), nearness affine on the screen."""
    area = edge(a[0], a[1], b[0], b[1], c[0], c[1])
    if wp.abs(area) < 1.0e-9:
        return
    if cull == 1 and area > 0.0:
        return
    w1 = float(width - 1)
    h1 = float(height - 1)
    left = int(wp.clamp(wp.ceil(wp.min(a[0], wp.min(b[0], c[0])) - 0.5), 0.0, w1 + 1.0))
    right = int(wp.clamp(wp.floor(wp.max(a[0], wp.max(b[0], c[0])) - 0.5), -1.0, w1))
    top = int(wp.clamp(wp.ceil(wp.min(a[1], wp.min(b[1], c[1])) - 0.5), 0.0, h1 + 1.0))
    bottom = int(wp.clamp(wp.floor(wp.max(a[1], wp.max(b[1], c[1])) - 0.5), -1.0, h1))
    if left > right or top > bottom:
        return
    inverse = 1.0 / area
    step_a = (b[1] - c[1]) * inverse
    step_b = (c[1] - a[1]) * inverse
    step_c = -step_a - step_b
    row_a = (c[0] - b[0]) * inverse
    row_b = (a[0] - c[0]) * inverse
    x = float(left) + 0.5
    y = float(top) + 0.5
    start_a = edge(b[0], b[1], c[0], c[1], x, y) * inverse
    start_b = edge(c[0], c[1], a[0], a[1], x, y) * inverse
    span = float(right - left)
    for row in range(top, bottom + 1):
        wa = start_a
        wb = start_b
        wc = 1.0 - wa - wb
        low = float(0.0)
        high = span
        if step_a > 0.0:
            low = wp.max(low, -wa / step_a)
        elif step_a < 0.0:
            high = wp.min(high, -wa / step_a)
        elif wa < 0.0:
            high = -1.0
        if step_b > 0.0:
            low = wp.max(low, -wb / step_b)
        elif step_b < 0.0:
            high = wp.min(high, -wb / step_b)
        elif wb < 0.0:
            high = -1.0
        if step_c > 0.0:
            low = wp.max(low, -wc / step_c)
        elif step_c < 0.0:
            high = wp.min(high, -wc / step_c)
        elif wc < 0.0:
            high = -1.0
        first = int(wp.ceil(wp.min(low, span + 1.0) - 1.0e-4))
        last = int(wp.floor(wp.max(high, -1.0) + 1.0e-4))
        for k in range(first, last + 1):
            ka = wa + step_a * float(k)
            kb = wb + step_b * float(k)
            nearness = ka * a[2] + kb * b[2] + (1.0 - ka - kb) * c[2]
            packed = (wp.uint64(wp.cast(nearness, wp.uint32)) << wp.uint64(32)) | label
            j = base + row * width + left + k
            if packed > visible[j]:
                wp.atomic_max(visible, j, packed)
        start_a += row_a
        start_b += row_b


@wp.func
def on_screen(q: wp.vec4):
    """(x, y, 1/depth) of an image point (x depth, y depth, depth, 1)."""
    nearness = 1.0 / q[2]
    return wp.vec3(q[0] * nearness, q[1] * nearness, nearness)


@wp.func
def perspective(
    a: wp.vec4,
    b: wp.vec4,
    c: wp.vec4,
    label: wp.uint64,
    cull: int,
    width: int,
    height: int,
    base: int,
    near: float,
    visible: wp.array(dtype=wp.uint64),
):
    """Rejects what is outside the view, cuts at the near plane, fills one or two triangles."""
    if wp.max(a[2], wp.max(b[2], c[2])) < near:
        return
    w = float(width)
    h = float(height)
    if a[0] < 0.0 and b[0] < 0.0 and c[0] < 0.0:
        return
    if a[1] < 0.0 and b[1] < 0.0 and c[1] < 0.0:
        return
    if a[0] > w * a[2] and b[0] > w * b[2] and c[0] > w * c[2]:
        return
    if a[1] > h * a[2] and b[1] > h * b[2] and c[1] > h * c[2]:
        return
    count = int(a[2] >= near) + int(b[2] >= near) + int(c[2] >= near)
    if count == 3:
        fill(on_screen(a), on_screen(b), on_screen(c), label, cull, width, height, base, visible)
        return
    for _turn in range(2):  # until `a` is the vertex that stands alone on its side
        alone = (count == 1 and a[2] >= near) or (count == 2 and a[2] < near)
        if not alone:
            first = a
            a = b
            b = c
            c = first
    p = a + (b - a) * ((near - a[2]) / (b[2] - a[2]))
    q = a + (c - a) * ((near - a[2]) / (c[2] - a[2]))
    if count == 1:
        fill(on_screen(a), on_screen(p), on_screen(q), label, cull, width, height, base, visible)
    else:
        fill(on_screen(p), on_screen(b), on_screen(c), label, cull, width, height, base, visible)
        fill(on_screen(p), on_screen(c), on_screen(q), label, cull, width, height, base, visible)


@wp.kernel(enable_backward=False)
def rasterise(
    corners: wp.array(dtype=wp.vec3),
    single_sided: wp.array(dtype=wp.uint8),
    image_from_world: wp.array(dtype=wp.mat44),
    width: int,
    height: int,
    near: float,
    visible: wp.array(dtype=wp.uint64),
):
    """(views, triangles) threads. Rows 0..2 of `image_from_world` give (x depth, y depth, depth)."""
    view, t = wp.tid()
    m = image_from_world[view]
    a = m * wp.vec4(corners[3 * t][0], corners[3 * t][1], corners[3 * t][2], 1.0)
    b = m * wp.vec4(corners[3 * t + 1][0], corners[3 * t + 1][1], corners[3 * t + 1][2], 1.0)
    c = m * wp.vec4(corners[3 * t + 2][0], corners[3 * t + 2][1], corners[3 * t + 2][2], 1.0)
    label = wp.uint64(t + 1)
    perspective(a, b, c, label, int(single_sided[t]), width, height, view * width * height, near, visible)


@wp.kernel(enable_backward=False)
def rasterise_parallel(
    corners: wp.array(dtype=wp.vec3),
    image_from_world: wp.mat44,
    size: int,
    visible: wp.array(dtype=wp.uint64),
):
    """Orthographic, both sides: rows of the matrix give (x, y, nearness), nearness above 0."""
    t = wp.tid()
    m = image_from_world
    a = m * wp.vec4(corners[3 * t][0], corners[3 * t][1], corners[3 * t][2], 1.0)
    b = m * wp.vec4(corners[3 * t + 1][0], corners[3 * t + 1][1], corners[3 * t + 1][2], 1.0)
    c = m * wp.vec4(corners[3 * t + 2][0], corners[3 * t + 2][1], corners[3 * t + 2][2], 1.0)
    label = wp.uint64(t + 1)
    fill(
        wp.vec3(a[0], a[1], a[2]),
        wp.vec3(b[0], b[1], b[2]),
        wp.vec3(c[0], c[1], c[2]),
        label,
        0,
        size,
        size,
        0,
        visible,
    )


@wp.kernel(enable_backward=False)
def take_nearness(visible: wp.array(dtype=wp.uint64), nearness: wp.array(dtype=wp.float32)):
    """The float half of a visibility buffer, which is cleared for its next use."""
    i = wp.tid()
    nearness[i] = wp.cast(wp.uint32(visible[i] >> wp.uint64(32)), wp.float32)
    visible[i] = wp.uint64(0)
