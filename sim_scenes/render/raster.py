"""Triangles to visibility: which triangle covers which sample, nearest first.

world triangles ─▶ [rasterise] ─▶ uint64 per sample: (1/depth as float bits, triangle + 1) ─▶ shade | shadow maps

One thread per (view, cluster of triangles): on the CPU, where Warp launches run serially, this walks a wall-sized
triangle as fast as its pixels; on a GPU it would be the wrong shape. Clusters out of view and triangles that clearly
turn their back are passed over before they are transformed. Positive floats order like their bits, so the largest
packed value is the nearest triangle, and equal depths go to the later triangle whatever the order of work.

Corners on the screen, edges and nearness are in double precision: a floor cut at the near plane has corners a million
pixels away, where single precision misses its edges by a tenth of a pixel and its depth by centimetres.
"""

# Warp compiles this file: its annotations are Warp's, and Real(0.0) declares a variable that changes in a loop.
# mypy: ignore-errors
import warp as wp

Real = wp.float64

NEAR_M = 0.01
"""Nearer things are cut away, as in Habitat."""

CLUSTER = wp.constant(32)
"""Triangles per cluster: 16 and 64 were no faster."""


@wp.func
def edge(ax: Real, ay: Real, bx: Real, by: Real, px: Real, py: Real):
    """Twice the signed area of (a, b, p)."""
    return (bx - ax) * (py - ay) - (by - ay) * (px - ax)


@wp.func
def narrowed(low: Real, high: Real, weight: Real, step: Real, per_step: Real):
    """The part of a row's steps [low, high] where `weight`, which grows by `step` = 1 / `per_step`, is not below 0."""
    none = Real(0.0)
    if step > none:
        low = wp.max(low, -weight * per_step)
    elif step < none:
        high = wp.min(high, -weight * per_step)
    elif weight < none:
        high = Real(-1.0)
    return low, high


@wp.func
def fill(
    a: wp.vec3d,
    b: wp.vec3d,
    c: wp.vec3d,
    label: wp.uint64,
    cull: int,
    width: int,
    height: int,
    base: int,
    visible: wp.array(dtype=wp.uint64),
):
    """Covers samples at pixel centres; vertices are (x, y, nearness), nearness affine on the screen."""
    half = Real(0.5)
    none = Real(0.0)
    one = Real(1.0)
    area = edge(a[0], a[1], b[0], b[1], c[0], c[1])
    if wp.abs(area) < Real(1.0e-9):
        return
    if cull == 1 and area > none:
        return
    w = Real(width)
    h = Real(height)
    left = int(wp.clamp(wp.ceil(wp.min(a[0], wp.min(b[0], c[0])) - half), none, w))
    right = int(wp.clamp(wp.floor(wp.max(a[0], wp.max(b[0], c[0])) - half), -one, w - one))
    top = int(wp.clamp(wp.ceil(wp.min(a[1], wp.min(b[1], c[1])) - half), none, h))
    bottom = int(wp.clamp(wp.floor(wp.max(a[1], wp.max(b[1], c[1])) - half), -one, h - one))
    if left > right or top > bottom:
        return
    inverse = one / area
    step_a = (b[1] - c[1]) * inverse
    step_b = (c[1] - a[1]) * inverse
    step_c = -step_a - step_b
    per_a = one / step_a
    per_b = one / step_b
    per_c = one / step_c
    row_a = (c[0] - b[0]) * inverse
    row_b = (a[0] - c[0]) * inverse
    of_a = a[2] - c[2]
    of_b = b[2] - c[2]
    step = step_a * of_a + step_b * of_b
    farthest = wp.min(a[2], wp.min(b[2], c[2]))  # no sample of a sliver lies beyond its corners
    nearest = wp.max(a[2], wp.max(b[2], c[2]))
    x = Real(left) + half
    y = Real(top) + half
    start_a = edge(b[0], b[1], c[0], c[1], x, y) * inverse
    start_b = edge(c[0], c[1], a[0], a[1], x, y) * inverse
    span = Real(right - left)
    slack = Real(1.0e-4)
    for row in range(top, bottom + 1):
        low, high = narrowed(none, span, start_a, step_a, per_a)
        low, high = narrowed(low, high, start_b, step_b, per_b)
        low, high = narrowed(low, high, one - start_a - start_b, step_c, per_c)
        first = int(wp.ceil(wp.min(low, span + one) - slack))
        last = int(wp.floor(wp.max(high, -one) + slack))
        nearness = c[2] + start_a * of_a + start_b * of_b
        for k in range(first, last + 1):
            here = float(wp.clamp(nearness + step * Real(k), farthest, nearest))
            packed = (wp.uint64(wp.cast(here, wp.uint32)) << wp.uint64(32)) | label
            j = base + row * width + left + k
            if packed > visible[j]:
                wp.atomic_max(visible, j, packed)
        start_a += row_a
        start_b += row_b


@wp.func
def on_screen(q: wp.vec4d):
    """(x, y, 1/depth) of an image point (x depth, y depth, depth, 1)."""
    nearness = Real(1.0) / q[2]
    return wp.vec3d(q[0] * nearness, q[1] * nearness, nearness)


@wp.func
def perspective(
    a: wp.vec4d,
    b: wp.vec4d,
    c: wp.vec4d,
    label: wp.uint64,
    cull: int,
    width: int,
    height: int,
    base: int,
    near: Real,
    visible: wp.array(dtype=wp.uint64),
):
    """Rejects what is outside the view, cuts at the near plane, fills one or two triangles."""
    if wp.max(a[2], wp.max(b[2], c[2])) < near:
        return
    w = Real(width)
    h = Real(height)
    none = Real(0.0)
    if a[0] < none and b[0] < none and c[0] < none:
        return
    if a[1] < none and b[1] < none and c[1] < none:
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


@wp.func
def image_of(m: wp.mat44d, p: wp.vec3):
    """A corner as (x depth, y depth, depth, 1)."""
    return m * wp.vec4d(Real(p[0]), Real(p[1]), Real(p[2]), Real(1.0))


@wp.kernel(enable_backward=False)
def rasterise(
    mesh: Clusters,
    image_from_world: wp.array(dtype=wp.mat44d),
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
    if out_of_view(wp.mat44(m), centre, half, width, height, near):
        return
    eye = eyes[view]
    behind = -0.02 * (wp.length(centre - eye) + wp.length(half))  # clearly turned away, wherever in the box
    base = view * width * height
    for t in range(cluster * CLUSTER, wp.min((cluster + 1) * CLUSTER, mesh.triangles)):
        plane = mesh.planes[t]
        if plane[0] * eye[0] + plane[1] * eye[1] + plane[2] * eye[2] - plane[3] >= behind:
            a = image_of(m, mesh.corners[3 * t])
            b = image_of(m, mesh.corners[3 * t + 1])
            c = image_of(m, mesh.corners[3 * t + 2])
            label = wp.uint64(t + 1)
            perspective(a, b, c, label, int(mesh.single_sided[t]), width, height, base, Real(near), visible)


@wp.kernel(enable_backward=False)
def rasterise_parallel(
    corners: wp.array(dtype=wp.vec3),
    image_from_world: wp.mat44d,
    size: int,
    visible: wp.array(dtype=wp.uint64),
):
    """Orthographic, both sides: rows of the matrix give (x, y, nearness), nearness above 0."""
    t = wp.tid()
    a = image_of(image_from_world, corners[3 * t])
    b = image_of(image_from_world, corners[3 * t + 1])
    c = image_of(image_from_world, corners[3 * t + 2])
    fill(
        wp.vec3d(a[0], a[1], a[2]),
        wp.vec3d(b[0], b[1], b[2]),
        wp.vec3d(c[0], c[1], c[2]),
        wp.uint64(t + 1),
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
