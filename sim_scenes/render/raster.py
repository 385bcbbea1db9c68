"""Triangles to visibility: which triangle covers which sample, nearest first.

world triangles ─▶ [rasterise] ─▶ uint64 per sample: (1/depth as float bits, triangle + 1) ─▶ shade | shadow maps

One thread per (view, cluster of triangles): on the CPU, where Warp launches run serially, this walks a wall-sized
triangle as fast as its pixels; on a GPU it would be the wrong shape. Clusters out of view and triangles that clearly
turn their back are passed over before they are transformed. Positive floats order like their bits, so the largest
packed value is the nearest triangle, and equal depths go to the later triangle whatever the order of work.
"""

# Warp compiles this file: its annotations are Warp's, and float(0.0) declares a variable that changes in a loop.
# mypy: ignore-errors
# ruff: noqa: UP018
import warp as wp

NEAR_M = 0.01
"""Nearer things are cut away, as in Habitat."""

CLUSTER = wp.constant(32)
"""Triangles per cluster: 16 and 64 were no faster."""


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


@wp.struct
class Clusters:
    """Triangles in groups of CLUSTER neighbours, each with its box, so that what is out of view is passed over."""

    corners: wp.array(dtype=wp.vec3)
    """Three per triangle."""
    single_sided: wp.array(dtype=wp.uint8)
    planes: wp.array(dtype=wp.vec4)
    """Unit normal and its distance from the origin; zero for what shows both sides."""
    centre: wp.array(dtype=wp.vec3)
    half: wp.array(dtype=wp.vec3)
    """Of each cluster's box."""
    triangles: int


@wp.func
def beyond(row: wp.vec4, centre: wp.vec3, half: wp.vec3):
    """Whether `row` is below 0 in the whole box, by more than rounding."""
    middle = row[0] * centre[0] + row[1] * centre[1] + row[2] * centre[2] + row[3]
    reach = wp.abs(row[0]) * half[0] + wp.abs(row[1]) * half[1] + wp.abs(row[2]) * half[2]
    size = wp.abs(row[0] * centre[0]) + wp.abs(row[1] * centre[1]) + wp.abs(row[2] * centre[2]) + wp.abs(row[3])
    return middle + reach < -1.0e-4 * (size + reach)


@wp.func
def out_of_view(m: wp.mat44, centre: wp.vec3, half: wp.vec3, width: int, height: int, near: float):
    """Whether none of a box can be seen. Rows 0..2 of `m` give (x depth, y depth, depth)."""
    x = wp.vec4(m[0, 0], m[0, 1], m[0, 2], m[0, 3])
    y = wp.vec4(m[1, 0], m[1, 1], m[1, 2], m[1, 3])
    depth = wp.vec4(m[2, 0], m[2, 1], m[2, 2], m[2, 3])
    if beyond(depth - wp.vec4(0.0, 0.0, 0.0, near), centre, half):
        return True
    if beyond(x, centre, half) or beyond(y, centre, half):
        return True
    return beyond(depth * float(width) - x, centre, half) or beyond(depth * float(height) - y, centre, half)


@wp.kernel(enable_backward=False)
def rasterise(
    mesh: Clusters,
    image_from_world: wp.array(dtype=wp.mat44),
    eyes: wp.array(dtype=wp.vec3),
    width: int,
    height: int,
    near: float,
    visible: wp.array(dtype=wp.uint64),
):
    """(views, clusters) threads. Rows 0..2 of `image_from_world` give (x depth, y depth, depth)."""
    view, cluster = wp.tid()
    m = image_from_world[view]
    centre = mesh.centre[cluster]
    half = mesh.half[cluster]
    if out_of_view(m, centre, half, width, height, near):
        return
    eye = eyes[view]
    behind = -0.02 * (wp.length(centre - eye) + wp.length(half))  # clearly turned away, wherever in the box
    base = view * width * height
    for t in range(cluster * CLUSTER, wp.min((cluster + 1) * CLUSTER, mesh.triangles)):
        plane = mesh.planes[t]
        if plane[0] * eye[0] + plane[1] * eye[1] + plane[2] * eye[2] - plane[3] >= behind:
            p = mesh.corners[3 * t]
            q = mesh.corners[3 * t + 1]
            r = mesh.corners[3 * t + 2]
            a = m * wp.vec4(p[0], p[1], p[2], 1.0)
            b = m * wp.vec4(q[0], q[1], q[2], 1.0)
            c = m * wp.vec4(r[0], r[1], r[2], 1.0)
            label = wp.uint64(t + 1)
            perspective(a, b, c, label, int(mesh.single_sided[t]), width, height, base, near, visible)


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
def take_nearer(
    visible: wp.array(dtype=wp.uint64),
    places: wp.array(dtype=wp.int32),
    side: int,
    nearness: wp.array(dtype=wp.float32),
):
    """(rows,) threads of `side` texels: the float half of a visibility buffer raises a map, whose row starts at
    `places`; the buffer is cleared for its next use."""
    row = wp.tid()
    to = places[row]
    for x in range(side):
        packed = visible[row * side + x]
        if packed > wp.uint64(0):
            near = wp.cast(wp.uint32(packed >> wp.uint64(32)), wp.float32)
            nearness[to + x] = wp.max(nearness[to + x], near)
            visible[row * side + x] = wp.uint64(0)
