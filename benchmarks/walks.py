"""Measures camera walks in generated houses: where they come, what they see, what drawing them costs.

houses ─▶ draw_walks ─▶ rooms entered, seconds at rest, median depth and things of each frame ─▶ table

    python benchmarks/walks.py --houses 50

Frames are rendered at 64 x 64 px without light: depth and object ids are all that is looked at. Times are those of this
process's CPU. A walk of 8 s is one of 48 frames at 6 fps.
"""

import argparse
import time
from dataclasses import replace

import numpy as np

from video4spatial.pipeline.core.camera import Cameras, pinhole
from video4spatial.pipeline.core.seeds import rng
from video4spatial.sim_scenes.config import WalkConfig
from video4spatial.sim_scenes.houses import GeneratedHouse, generate_house
from video4spatial.sim_scenes.paths import Walk, draw_walks
from video4spatial.sim_scenes.place import Place, interests_m, load_place
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.sources import house_source

RATE_FPS, SIZE_PX = 6, 64
WALK = WalkConfig()
STANDING_MPS = 0.1
NEAR_M = 0.6
FIRST_SEED = 5000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--houses", type=int, default=50)
    parser.add_argument("--walks", type=int, default=6, help="in each house")
    options = parser.parse_args()
    rows = [measure(FIRST_SEED + k, options.walks) for k in range(options.houses)]
    for name in rows[0]:
        values = np.concatenate([np.atleast_1d(row[name]) for row in rows])
        spread = ", ".join(f"{value:.3f}" for value in np.percentile(values, (0, 10, 50, 90, 100)))
        print(f"{name:38s} mean {values.mean():.3f}   (0, 10, 50, 90, 100 %: {spread})")


def measure(seed: int, count: int) -> dict[str, np.ndarray]:
    """Every figure of one house."""
    house, place = generate_house(seed), load_place(house_source(seed), WALK.radius_m, WALK.eye_height_m[1])
    interests = interests_m(place, WALK.radius_m)
    many = [rng(1, "benchmark", place.scene.name, k) for k in range(24)]
    began = time.process_time()
    draw_walks(place.space, WALK, interests, 96, RATE_FPS, many)
    drawing_s = time.process_time() - began
    walks = draw_walks(
        place.space, WALK, interests, 48, RATE_FPS, [rng(0, "benchmark", place.scene.name, k) for k in range(count)]
    )
    began = time.process_time()
    long = draw_walks(place.space, WALK, interests, 600, RATE_FPS, [rng(2, "benchmark", place.scene.name)])[0]
    long_s = time.process_time() - began
    unlit = replace(place.scene, lighting=None)
    renderer = EmbeddedRenderer(unlit)
    seen = [renderer.render(_cameras(walk)) for walk in walks]
    depth_m = np.concatenate([frames.depth_m for frames in seen])
    ids = np.concatenate([frames.object_id for frames in seen])
    middle_m = np.median(np.where(depth_m > 0, depth_m, np.inf).reshape(len(depth_m), -1), axis=1)
    things = np.array([(np.bincount(picture.ravel())[1:] >= 8).sum() for picture in ids])
    rooms = np.array([len(rooms_entered(house, walk)) for walk in walks])
    speeds = np.concatenate([_speeds_mps(walk) for walk in walks])
    return {
        "walks of 8 s that enter >= 2 rooms": (rooms >= 2).astype(float),
        "seconds at rest, share": (speeds < STANDING_MPS).astype(float),
        "length of a walk of 8 s, m": np.array([walk.length_m for walk in walks]),
        f"frames of median depth < {NEAR_M} m": (middle_m < NEAR_M).astype(float),
        "frames of median depth < 1 m": (middle_m < 1.0).astype(float),
        "frames that show < 2 things": (things < 2).astype(float),
        "frames that show < 1 thing": (things < 1).astype(float),
        "least clearance, m": np.array([walk.min_clearance_m for walk in walks]),
        "100 s: floor within 1 m of the path": np.array([floor_walked(place, long)]),
        "100 s: share of rooms entered": np.array([len(rooms_entered(house, long)) / len(house.rooms)]),
        "100 s: length, m": np.array([long.length_m]),
        "cpu-s for 24 walks of 96 frames": np.array([drawing_s]),
        "cpu-s for a walk of 600 frames": np.array([long_s]),
    }


def rooms_entered(house: GeneratedHouse, walk: Walk) -> set[str]:
    """Names of the rooms that the camera is in at some time."""
    where = walk.world_from_camera[:, [0, 2], 3]
    return {
        room.name
        for room in house.rooms
        if np.all(np.abs(where - room.middle_m) < np.array([room.shell.width_m, room.shell.depth_m]) / 2, axis=1).any()
    }


def floor_walked(place: Place, walk: Walk) -> float:
    """Which part of the walkable floor the path passes within a metre."""
    floor = place.space.places_m(place.space.walkable(WALK.radius_m))[::7]
    where = walk.world_from_camera[:, [0, 2], 3]
    return float((np.linalg.norm(floor[:, None] - where[None], axis=2).min(axis=1) < 1.0).mean())


def _speeds_mps(walk: Walk) -> np.ndarray:
    return np.linalg.norm(np.diff(walk.world_from_camera[:, :3, 3], axis=0), axis=1) * RATE_FPS


def _cameras(walk: Walk) -> Cameras:
    count = len(walk.world_from_camera)
    lens = pinhole(count, SIZE_PX, SIZE_PX, walk.horizontal_fov_deg)
    return Cameras(
        world_from_camera=walk.world_from_camera, image_from_camera=lens, width_px=SIZE_PX, height_px=SIZE_PX
    )


if __name__ == "__main__":
    main()
