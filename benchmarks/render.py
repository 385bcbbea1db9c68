"""Times the embedded renderer beside others: rgb, depth and ids of one scene, cpu-ms per frame.

scenes × sizes × lights × (embedded, embree + NumPy, TinyRenderer) ─▶ rounds ─▶ table ─▶ docs/benchmarks/render.md

    V4S_TEST_DATA=... python benchmarks/render.py --rounds 5 --write

The peers are optional (`pip install -r benchmarks/requirements.txt`); one that is not installed is "not run", and so
is a scene whose file is not there. Every round visits all candidates in turn, so a busy machine slows all of them
alike; the median over the rounds is reported.
"""

import argparse
import importlib.util
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from peers import EmbreeRenderer, TinyRenderer

from video4spatial.pipeline.core.camera import Cameras, pinhole
from video4spatial.pipeline.core.geometry import upright_pose
from video4spatial.sim_scenes.clearance import find_free_space
from video4spatial.sim_scenes.glb import load_glb
from video4spatial.sim_scenes.habitat_dataset import read_dataset
from video4spatial.sim_scenes.materials import plain
from video4spatial.sim_scenes.render.base import Renderer
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.rooms import generate_room
from video4spatial.sim_scenes.scene import Body, Lamp, Lighting, Part, Scene, Sun, flatten
from video4spatial.sim_scenes.shapes import box

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks" / "render.md"
BEGIN, END = "<!-- table: benchmarks/render.py -->", "<!-- end of table -->"
SIZES_PX = (256, 512)
FIELD_OF_VIEW_DEG = 79.0
EYE_HEIGHT_M = 1.5
PEERS: dict[str, tuple[str, Callable[[Scene, bool], Renderer]]] = {
    "embreex + NumPy": ("embreex", EmbreeRenderer),
    "TinyRenderer": ("pybullet", TinyRenderer),
}
PEER_TRIANGLES = 200_000
"""Larger scenes are not given to TinyRenderer: it took over 100 ms a frame there."""


@dataclass(frozen=True)
class Case:
    """One line of the table: who renders what, how large and in what light."""

    scene: str
    size_px: int
    light: str
    renderer: str


def scenes() -> Iterator[tuple[str, Scene | str]]:
    """(name, scene), or (name, why it is not run)."""
    data = os.environ.get("V4S_TEST_DATA")
    files = {"golden flat": "habitat_golden/dataset/flat.scene_dataset_config.json"}
    files |= {"aws_small_house": "scenes/aws_small_house.glb"}
    for name, file in files.items():
        path = Path(data or "") / file
        if data is None or not path.is_file():
            yield name, f"V4S_TEST_DATA does not name a folder with {file}"
        elif path.suffix == ".glb":
            yield name, load_glb(path, name)
        else:
            yield name, read_dataset(path, "flat_no_lights")
    yield "generated room", generate_room(2).scene
    yield "generated million", million_triangles()


def million_triangles() -> Scene:
    """A hall with 200 balls of 5,120 triangles, textured as the room's floor."""
    texture = next(
        part.material.texture for part in generate_room(2).scene.bodies[0].parts if part.material.texture is not None
    )
    grey = plain("wall", (0.6, 0.58, 0.55))
    slabs = [box((24, 0.1, 24), (0, -0.1, 0), grey), box((24, 0.1, 24), (0, 4.0, 0), grey)]
    slabs += [box((0.1, 4, 24), (x, 0, 0), grey) for x in (-12, 12)] + [
        box((24, 4, 0.1), (0, 0, z), grey) for z in (-12, 12)
    ]
    bodies = [Body(0, "stage", "stage", ("hall",), tuple(slabs))]
    draw = np.random.default_rng(5)
    painted = [
        replace(grey, name=f"paint {k}", colour=tuple(draw.uniform(0.3, 1, 3)), texture=texture) for k in range(12)
    ]
    for number in range(200):
        pose = np.diag([*([draw.uniform(0.15, 0.5)] * 3), 1.0])
        pose[:3, 3] = draw.uniform(-11, 11), pose[0, 0], draw.uniform(-11, 11)
        bodies.append(Body(number + 1, f"ball-{number}", "ball", ("ball",), (_ball(painted[number % 12]),), pose))
    return Scene("million", tuple(bodies))


def _ball(material: object) -> Part:
    import trimesh

    mesh = trimesh.creation.icosphere(subdivisions=4)
    points = np.asarray(mesh.vertices)
    uv = np.stack([np.arctan2(points[:, 2], points[:, 0]) / np.pi, points[:, 1]], axis=1)
    return Part(
        points.astype(np.float32),
        points.astype(np.float32),
        uv.astype(np.float32),
        mesh.faces.astype(np.int32),
        material,
    )


def views(scene: Scene, size_px: int, count: int) -> Cameras:
    """Poses on the free floor, the same for all candidates."""
    space = find_free_space(flatten(scene.bodies), EYE_HEIGHT_M)
    places = space.places_m(space.walkable(0.25))
    draw = np.random.default_rng(11)
    chosen = places[draw.integers(len(places), size=count)]
    eyes = [(float(x), space.floor_m + EYE_HEIGHT_M, float(z)) for x, z in chosen[:, [0, -1]]]
    poses = [upright_pose(list(eye), draw.uniform(-np.pi, np.pi), draw.uniform(-0.35, 0.1)) for eye in eyes]
    k = pinhole(count, size_px, size_px, FIELD_OF_VIEW_DEG)
    return Cameras(world_from_camera=np.stack(poses), image_from_camera=k, width_px=size_px, height_px=size_px)


def two_lights(scene: Scene, cameras: Cameras) -> Lighting:
    """A sun and a lamp, both with shadows; the lamp hangs where the first camera stands."""
    x, y, z = (float(v) for v in cameras.world_from_camera[0, :3, 3])
    sun = Sun((0.5, -0.7, 0.5099), (2.0, 1.9, 1.7))
    return Lighting((0.25, 0.25, 0.25), (Lamp((x, y + 0.6, z), (3.0, 2.7, 2.2)),), sun)


def rows(rounds: int, frames: int) -> tuple[list[tuple[str, ...]], list[str]]:
    """The table's rows (scene, triangles, renderer, then one cell per light and size) and what was not run."""
    table: list[tuple[str, ...]] = []
    missing = [f"{name} ({module} is not installed)" for name, (module, _) in PEERS.items() if not _installed(module)]
    if not os.environ.get("HABITAT_PYTHON"):
        missing.append("Habitat (HABITAT_PYTHON is not set)")
    for name, scene in scenes():
        if isinstance(scene, str):
            missing.append(f"{name} ({scene})")
            continue
        triangles = len(flatten(scene.bodies).object_id)
        times = measure(scene, triangles, rounds, frames)
        for renderer in dict.fromkeys(key[0] for key in times):
            cells = [_cell(times.get((renderer, light, size))) for light in LIGHTS for size in SIZES_PX]
            table.append((name, f"{triangles:,}", renderer, *cells))
            print(" | ".join(table[-1]), flush=True)
    return table, missing


LIGHTS = ("unlit", "two lights")
Key = tuple[str, str, int]


def measure(scene: Scene, triangles: int, rounds: int, frames: int) -> dict[Key, float]:
    """Median cpu-ms per frame for (renderer, light, size)."""
    cameras = {size: views(scene, size, frames) for size in SIZES_PX}
    lit = replace(scene, lighting=two_lights(scene, cameras[SIZES_PX[0]]))
    plan: dict[tuple[str, str], Renderer] = {}
    for light, shown in zip(LIGHTS, (replace(scene, lighting=None), lit), strict=True):
        plan["embedded", light] = EmbeddedRenderer(shown)
        for name, (module, make) in PEERS.items():
            if _installed(module) and (triangles <= PEER_TRIANGLES or module != "pybullet"):
                plan[name, light] = make(shown, light != LIGHTS[0])
    times: dict[Key, list[float]] = {}
    for _ in range(rounds + 1):  # the first one warms caches and is dropped
        for (name, light), renderer in plan.items():
            for size, views_of_size in cameras.items():
                few = views_of_size if name == "embedded" else views_of_size[: max(2, frames // 4)]
                started = time.process_time()
                for index in range(len(few)):
                    renderer.render(few[index : index + 1])
                spent_ms = (time.process_time() - started) * 1e3 / len(few)
                times.setdefault((name, light, size), []).append(spent_ms)
    for renderer in plan.values():
        renderer.close()
    return {key: statistics.median(values[1:]) for key, values in times.items()}


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _cell(milliseconds: float | None) -> str:
    return "not run" if milliseconds is None else f"{milliseconds:.1f}"


def page_of(table: list[tuple[str, ...]], missing: list[str], command: str) -> str:
    """The measured part of the page, in Markdown."""
    cpu = next((line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")), platform.machine())
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    head = ["scene", "triangles", "renderer", *(f"{light} {size} px" for light in LIGHTS for size in SIZES_PX)]
    lines = [BEGIN, f"`{command}`", ""]
    lines += [
        f"{cpu}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {date.today()}, "
    ]
    lines[-1] += (
        f"on top of {commit.stdout.strip() or 'no commit'}. cpu-ms per frame of rgb + depth + ids, one process."
    )
    lines += ["", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in table]
    lines += ["", "Not run: " + ("; ".join(missing) or "nothing") + ".", END]
    return "\n".join(lines) + "\n"


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.is_file() else []


def main() -> int:
    """Prints the table; --write puts it into docs/benchmarks/render.md between its two marks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each is timed; the median is reported")
    parser.add_argument("--frames", type=int, default=16, help="views per round (peers: a quarter of them)")
    parser.add_argument("--write", action="store_true", help="replace the table in docs/benchmarks/render.md")
    arguments = parser.parse_args()
    table, missing = rows(arguments.rounds, arguments.frames)
    measured = page_of(table, missing, "python benchmarks/render.py " + " ".join(sys.argv[1:]))
    print(measured)
    if arguments.write:
        old = PAGE.read_text()
        start, stop = old.index(BEGIN), old.index(END) + len(END) + 1
        PAGE.write_text(old[:start] + measured + old[stop:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
