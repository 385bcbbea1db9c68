"""Times edits of a scene against a new renderer of it: what a variant or a moving thing costs before its first pixel.

scenes × edits ─▶ EmbeddedRenderer.show | EmbeddedRenderer(...) ─▶ median cpu-ms ─▶ docs/renderer.md

    V4S_TEST_DATA=... python benchmarks/edits.py --rounds 7
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from video4spatial.sim_scenes import furniture
from video4spatial.sim_scenes.figures import bodies_at, draw_person
from video4spatial.sim_scenes.glb import load_glb
from video4spatial.sim_scenes.habitat_dataset import read_dataset
from video4spatial.sim_scenes.houses import generate_house
from video4spatial.sim_scenes.lights import Fixtures, draw_lighting
from video4spatial.sim_scenes.palette import draw_palette
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.scene import Body, Lamp, Scene, flatten


def scenes() -> Iterator[Scene]:
    """A generated house in its own light, and the scenes of the test data under two lamps and no sun."""
    yield generate_house(3).scene
    data = Path(os.environ["V4S_TEST_DATA"])
    flat = read_dataset(data / "habitat_golden" / "dataset" / "flat.scene_dataset_config.json", "flat_no_lights")
    for scene in (flat, load_glb(data / "scenes" / "aws_small_house.glb", "aws_small_house")):
        low, high = scene.bounds_m()
        lamps = tuple(Lamp((float(x), 2.2, 0.0), (2.0, 1.9, 1.8)) for x in np.linspace(low[0], high[0], 4)[1:3])
        lighting = draw_lighting(np.random.default_rng(0), Fixtures((), lamps), "evening")
        yield replace(scene, lighting=lighting)


def thing(scene: Scene) -> Body:
    """A bean bag that is not in the scene yet."""
    draw = np.random.default_rng(0)
    piece = furniture.bean_bag(draw, draw_palette(draw))
    return Body(1 + max(body.object_id for body in scene.bodies), "bag", "bag", ("bag",), piece.parts, np.eye(4))


def at(body: Body, k: int) -> Body:
    pose = np.eye(4)
    pose[:3, 3] = 0.3 * np.sin(k), 0.0, 0.1 * k
    return replace(body, world_from_body=pose)


def edits(scene: Scene) -> dict[str, Callable[[int], Scene]]:
    """What is shown in round k of each edit; what stands before it does not count."""
    body = thing(scene)
    lighting = scene.lighting
    assert lighting is not None
    dimmed = tuple(replace(lamp, colour=(1.0, 0.9, 0.8)) for lamp in lighting.lamps)
    shifted = tuple(
        replace(lamp, position_m=(lamp.position_m[0] + 0.01, *lamp.position_m[1:])) for lamp in lighting.lamps
    )
    person = draw_person(np.random.default_rng(1))
    return {
        "one object moved": lambda k: replace(scene, bodies=(*scene.bodies, at(body, k))),
        "one object added": lambda k: replace(scene, bodies=(*scene.bodies, body) if k % 2 else scene.bodies),
        "one step of a person": lambda k: replace(
            scene,
            bodies=(*scene.bodies, *bodies_at(person, body.object_id, 0.0, (0.1 * k, 0.0), 0.0, 0.3 * k, 1.0)),
        ),
        "lamps dimmed": lambda k: replace(scene, lighting=replace(lighting, lamps=dimmed) if k % 2 else lighting),
        "lamps moved": lambda k: replace(
            scene,
            lighting=replace(lighting, lamps=tuple(replace(s, position_m=_off(s.position_m, k)) for s in shifted)),
        ),
    }


def _off(position_m: tuple[float, float, float], k: int) -> tuple[float, float, float]:
    return position_m[0], position_m[1], position_m[2] + 0.01 * k


def median_ms(work: Callable[[int], object], rounds: int) -> float:
    took = []
    for k in range(2 * rounds + 2):
        start = time.process_time()
        work(k)
        took.append(time.process_time() - start)
    # the first two prepare; of the others every second one is the edit, the one between may undo it
    return 1e3 * statistics.median(took[3::2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print("| scene | triangles | lamps | new renderer | moved | added | person's step | lamps dimmed | lamps moved |")
    print("|---|---|---|---|---|---|---|---|---|")
    for scene in scenes():
        assert scene.lighting is not None
        triangles = len(flatten(scene.bodies).corners_m)
        anew = median_ms(lambda _, shown=scene: EmbeddedRenderer(shown), max(2, rounds // 2))
        cells = [anew]
        for show in edits(scene).values():
            renderer = EmbeddedRenderer(scene)
            cells.append(median_ms(lambda k, r=renderer, s=show: r.show(s(k)), rounds))
        row = " | ".join(f"{value:.1f}" for value in cells)
        print(f"| {scene.name} | {triangles:,} | {len(scene.lighting.lamps)} | {row} |", flush=True)


if __name__ == "__main__":
    main()
