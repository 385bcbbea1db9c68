"""Scenes of millions of triangles, and many scenes one after the other. If this breaks, a run dies for one file, or of
memory after a night."""

import ctypes
import gc
import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.sim_scenes.helpers import cameras_at, placed
from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.core.geometry import upright_pose
from video4spatial.sim_scenes.houses import generate_house
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.rooms import generate_room
from video4spatial.sim_scenes.scene import MAX_TRIANGLES, Body, Lamp, Lighting, Material, Scene, flatten
from video4spatial.sim_scenes.shapes import panel

CELLS = 100
SHEET = panel((-4, -4, 0), (8, 0, 0), (0, 8, 0), Material("sheet"), cells=CELLS)
"""20,000 triangles that face +z."""


def _sheets(count: int) -> Scene:
    """One behind the other, the first at z = -1, 0.1 m apart."""
    bodies = [
        Body(k + 1, f"sheet {k}", "sheet", ("sheet",), (SHEET,), placed(0, 0, -1 - 0.1 * k)) for k in range(count)
    ]
    return Scene("sheets", tuple(bodies))


@pytest.mark.parametrize("lit", [False, True])
def test_a_scene_of_a_million_triangles_is_rendered(lit: bool) -> None:
    lighting = Lighting((0.3, 0.3, 0.3), (Lamp((0.0, 0.0, 1.0), (2.0, 2.0, 2.0)),)) if lit else None
    scene = replace(_sheets(51), lighting=lighting)
    frames = EmbeddedRenderer(scene).render(cameras_at([upright_pose([0, 0, 0.5], 0.0)]))
    assert np.all(frames.object_id == 1)
    np.testing.assert_allclose(frames.depth_m, 1.5, rtol=1e-5)
    assert frames.rgb[0, 24, 32].min() > 200


def test_a_scene_of_too_many_triangles_is_refused_by_name_before_memory_is_taken() -> None:
    scene = _sheets(1 + MAX_TRIANGLES // (2 * CELLS**2))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for attempt in (lambda: EmbeddedRenderer(scene), lambda: flatten(scene.bodies)):
        with pytest.raises(
            SourceError, match=r"has 8,020,000 triangles, at most 8,000,000 .* simplify its meshes"
        ) as error:
            attempt()
        assert error.value.reason == "too_large"
    assert (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024
    )  # KiB; its corners alone take 280 MB


def _resident_mib() -> float:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from /proc (Linux)")
def test_scene_after_scene_takes_no_more_memory() -> None:
    """A scene of these holds 10 to 40 MiB (textures, shadow maps, triangles): one kept in ten would be seen."""
    sizes = []
    for number in range(60):
        scene = generate_house(number).scene if number % 3 == 2 else generate_room(number).scene
        EmbeddedRenderer(scene).render(cameras_at([upright_pose([0, 1.5, 0], 0.3 * k) for k in range(4)], 128, 128))
        sizes.append(_resident_mib())
    assert np.median(sizes[-10:]) - np.median(sizes[20:30]) < 20
