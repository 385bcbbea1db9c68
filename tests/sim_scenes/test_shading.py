"""Shading in blocks. If a block differs from its single pixels, seams run through walls where runs of pixels end."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import warp as wp

from tests.sim_scenes.helpers import cameras_at
from video4spatial.pipeline.core.geometry import look_at
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.render.lanes import exp_of
from video4spatial.sim_scenes.render.shading import shade_smooth
from video4spatial.sim_scenes.render.start import start_warp
from video4spatial.sim_scenes.render.texels import log2_of
from video4spatial.sim_scenes.rooms import GeneratedRoom


@wp.kernel
def _log2_kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)) -> None:  # type: ignore[valid-type]
    i = wp.tid()
    y[i] = log2_of(x[i])


@wp.kernel
def _exp_kernel(x: wp.array(dtype=float), y: wp.array(dtype=float)) -> None:  # type: ignore[valid-type]
    i = wp.tid()
    y[i] = exp_of(x[i])


def _array(values: np.ndarray, dtype: Any) -> Any:
    return wp.array(values, dtype=dtype, device="cpu")


def _computed(kernel: Any, x: np.ndarray) -> np.ndarray:
    start_warp()
    y = wp.zeros(len(x), dtype=float, device="cpu")
    wp.launch(kernel, len(x), inputs=[_array(x, float)], outputs=[y], device="cpu")
    return np.asarray(y.numpy())


def test_the_logarithm_is_exact_for_powers_of_two_and_close_between_them() -> None:
    draw = np.random.default_rng(0)
    x = np.concatenate([[1.0, 2.0, 1024.0], np.exp2(draw.uniform(0, 12, 200_000))]).astype(np.float32)
    y = _computed(_log2_kernel, x)
    assert y[:3].tolist() == [0.0, 1.0, 10.0]
    np.testing.assert_allclose(y, np.log2(x.astype(float)), rtol=1e-7, atol=4e-7)


def test_the_exponential_is_exact_at_zero_and_close_below() -> None:
    x = np.concatenate([[0.0], np.linspace(-90.0, 0.0, 200_001)]).astype(np.float32)
    y = _computed(_exp_kernel, x)
    assert y[0] == 1.0
    np.testing.assert_allclose(y, np.exp(x.astype(float)), atol=3e-7)
    assert np.all(np.diff(y[1:]) >= -1e-7)


@pytest.mark.parametrize("lit", [True, False])
def test_a_block_of_pixels_has_the_bits_of_its_pixels_alone(room: GeneratedRoom, lit: bool) -> None:
    scene = room.scene if lit else replace(room.scene, lighting=None)
    cameras = cameras_at(
        [look_at([0.5, 1.5, 0.5], [-1.0, 0.8, -1.0]), look_at([-0.6, 1.2, 0.3], [1.0, 1.0, 1.2])], 96, 64
    )
    renderer = EmbeddedRenderer(scene)
    frames = renderer.render(cameras)
    pixels = len(cameras) * cameras.width_px * cameras.height_px
    rgb, depth_m, object_id = (
        wp.zeros(size, dtype=kind, device="cpu")
        for size, kind in ((3 * pixels, wp.uint8), (pixels, wp.float32), (pixels, wp.int32))
    )
    k = cameras.image_from_camera
    lenses = np.stack([k[:, 0, 0], k[:, 1, 1], k[:, 0, 2], k[:, 1, 2]], axis=1).astype(np.float32)
    poses = _array(cameras.world_from_camera.astype(np.float32), wp.mat44)
    seen = renderer._visibility(cameras, 1)
    inputs = [
        renderer._held.surfaces,
        renderer._lights,
        poses,
        _array(lenses, wp.vec4),
        96,
        64,
        1,
        wp.clone(seen),
        seen,
    ]
    wp.launch(shade_smooth, (len(cameras), 64), inputs=inputs, outputs=[rgb, depth_m, object_id], device="cpu")
    np.testing.assert_array_equal(frames.rgb.ravel(), rgb.numpy())
    np.testing.assert_array_equal(frames.depth_m.ravel(), depth_m.numpy())
    np.testing.assert_array_equal(frames.object_id.ravel(), object_id.numpy())
