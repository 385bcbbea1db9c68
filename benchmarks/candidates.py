"""Who is timed, behind one face: so many views of a scene, one call each, and the cpu and wall time that took.

renderers ─▶ [InProcess | Sidecar | BareHabitat].run(views) ─▶ (cpu_s, wall_s) ─▶ render.py, throughput.py
"""

import importlib.util
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from habitat_bare import MARK
from peers import EmbreeRenderer, TinyRenderer

from video4spatial.pipeline.core.camera import Cameras, to_opengl
from video4spatial.sim_scenes.habitat_dataset import write_dataset
from video4spatial.sim_scenes.render.base import Renderer
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.render.habitat import HabitatRenderer, horizontal_fovs_deg
from video4spatial.sim_scenes.render.habitat_session import child_environment, habitat_from_environment
from video4spatial.sim_scenes.scene import Scene

EMBEDDED = "embedded"
EMBREE, TINY = "embreex + NumPy", "TinyRenderer"
BARE, SIDECAR = "Habitat", "Habitat in our sidecar"
TINY_TRIANGLES = 200_000
"""Larger scenes are not given to TinyRenderer: it took over 100 ms a frame there."""


class Candidate(Protocol):
    """A renderer that holds one scene."""

    def run(self, cameras: Cameras) -> tuple[float, float]:
        """(cpu_s, wall_s) of rgb, depth and ids of these views, one call each."""

    def close(self) -> None:
        """Ends it."""


class InProcess:
    """A renderer of this process."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def run(self, cameras: Cameras) -> tuple[float, float]:
        cpu, wall = time.process_time(), time.perf_counter()
        for index in range(len(cameras)):
            self._renderer.render(cameras[index : index + 1])
        return time.process_time() - cpu, time.perf_counter() - wall

    def close(self) -> None:
        self._renderer.close()


class Sidecar(InProcess):
    """Habitat as the product drives it: the cpu time of both processes, pipes and copies too."""

    def __init__(self, scene: Scene) -> None:
        self._habitat = HabitatRenderer.of_scene(scene)
        super().__init__(self._habitat)

    def run(self, cameras: Cameras) -> tuple[float, float]:
        self._habitat.render(cameras[:1])  # another size may load the scene again
        before = self._child_cpu_s()
        cpu, wall = super().run(cameras)
        return cpu + self._child_cpu_s() - before, wall

    def _child_cpu_s(self) -> float:
        """Nanosecond counters of all its threads."""
        child = self._habitat.session._child
        assert child is not None
        assert child._process is not None
        stats = Path(f"/proc/{child._process.pid}/task").glob("*/schedstat")
        return sum(int(stat.read_text().split()[0]) for stat in stats) / 1e9


class BareHabitat:
    """Habitat by itself in its own process, which says how long it took. One process per size of picture."""

    def __init__(self, scene: Scene) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="v4s-benchmark-")
        self._scene = scene.name
        self._dataset = write_dataset(Path(self._folder.name), scene)
        # without this file Mesa spends 13 cpu-seconds per scene on reflections that nothing here shows
        settings = Path(self._folder.name, "data", "default.pbr_config.json")
        settings.parent.mkdir(exist_ok=True)
        off = {"ibl_blut_filename": "none", "ibl_envmap_filename": "none", "enable_ibl": False}
        settings.write_text(json.dumps(off))
        self._processes: dict[int, subprocess.Popen[str]] = {}

    def run(self, cameras: Cameras) -> tuple[float, float]:
        process = self._processes.get(cameras.width_px) or self._start(cameras)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{len(cameras)}\n")
        process.stdin.flush()
        for line in process.stdout:  # drivers print banners there
            if line.startswith(MARK):
                _, cpu_s, wall_s = line.split()
                return float(cpu_s), float(wall_s)
        raise RuntimeError(f"habitat_bare.py ended with {process.wait()}: {self._said()}")

    def close(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
        self._processes.clear()
        self._folder.cleanup()

    def _start(self, cameras: Cameras) -> subprocess.Popen[str]:
        config = habitat_from_environment()
        assert config is not None
        poses = Path(self._folder.name, f"poses-{cameras.width_px}.npy")
        np.save(poses, to_opengl(cameras.world_from_camera))
        hfov_deg = float(horizontal_fovs_deg(cameras)[0])
        script = Path(__file__).with_name("habitat_bare.py")
        arguments = [self._dataset, self._scene, poses, cameras.width_px, hfov_deg, config.gpu_device_id]
        with open(self._log(), "a") as log:
            process = subprocess.Popen(
                [config.python, str(script), *map(str, arguments)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self._folder.name,
                env=child_environment(os.environ),
            )
        self._processes[cameras.width_px] = process
        return process

    def _log(self) -> Path:
        return Path(self._folder.name, "stderr")

    def _said(self) -> str:
        return self._log().read_text()[-500:]


def candidates(scenes: dict[str, Scene], triangles: int) -> dict[tuple[str, str], Callable[[], Candidate]]:
    """(renderer, light) to how it is made, of those that are installed. `scenes`: by light. Habitat has no shadows and
    is timed unlit only."""
    made: dict[tuple[str, str], Callable[[], Candidate]] = {}
    for light, scene in scenes.items():
        shadows = scene.lighting is not None
        made[EMBEDDED, light] = lambda scene=scene: InProcess(EmbeddedRenderer(scene))  # type: ignore[misc]
        if _installed("embreex"):
            made[EMBREE, light] = lambda s=scene, lit=shadows: InProcess(EmbreeRenderer(s, lit))  # type: ignore[misc]
        if _installed("pybullet") and triangles <= TINY_TRIANGLES:
            made[TINY, light] = lambda s=scene, lit=shadows: InProcess(TinyRenderer(s, lit))  # type: ignore[misc]
        if habitat_from_environment() is not None and not shadows:
            made[BARE, light] = lambda scene=scene: BareHabitat(scene)  # type: ignore[misc]
            made[SIDECAR, light] = lambda scene=scene: Sidecar(scene)  # type: ignore[misc]
    return made


def not_installed() -> list[str]:
    """Which peers are missing here, and why."""
    missing = [f"{name} ({module} is not installed)" for name, module in ((EMBREE, "embreex"), (TINY, "pybullet"))
               if not _installed(module)]  # fmt: skip
    return missing + ([] if habitat_from_environment() else ["Habitat (HABITAT_PYTHON is not set)"])


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
