"""A stand-in for habitat_sim that knows the names, defaults and habits written down from a real build, and no others.

Its world is a floor at y = 0 whose half with x > 0 has semantic id 70000 (or FAKE_HABITAT_ID); with FAKE_HABITAT_GOLDEN
it replays what the real one rendered. FAKE_HABITAT makes it misbehave. Written by another formula than ours: z-depth
along OpenGL's -z. Runs under Python 3.9 too.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

__version__ = "0.3.3"
_MODE, _, _ARGUMENT = os.environ.get("FAKE_HABITAT", "").partition(":")
if _MODE == "absent":
    raise ModuleNotFoundError("No module named 'habitat_sim'")
if _MODE == "slow_start":
    time.sleep(60)
print("banner of a GL driver on stdout")
_OPEN = []


def _log(text):
    if "FAKE_HABITAT_LOG" in os.environ:
        with open(os.environ["FAKE_HABITAT_LOG"], "a") as log:
            log.write(f"{os.getpid()} {text}\n")


def _once():
    """True the first time in all processes that share the file named by the mode."""
    if not Path(_ARGUMENT).exists():
        Path(_ARGUMENT).touch()
        return True
    return False


class _Strict:
    """Refuses attributes that the real class does not have."""

    def __setattr__(self, name, value):
        if not hasattr(type(self), name):
            raise AttributeError(f"{type(self).__name__} has no {name}")
        object.__setattr__(self, name, value)


class SensorType:
    COLOR, DEPTH, SEMANTIC = "color", "depth", "semantic"


class SensorSubType:
    PINHOLE = "pinhole"


class SimulatorConfiguration(_Strict):
    scene_dataset_config_file = "default"
    scene_id = ""
    gpu_device_id = 0
    enable_physics = False
    scene_light_setup = "no_lights"
    override_scene_light_defaults = False


class AgentConfiguration(_Strict):
    sensor_specifications = ()


class CameraSensorSpec(_Strict):
    uuid = "rgba_camera"
    sensor_type = SensorType.COLOR
    sensor_subtype = SensorSubType.PINHOLE
    resolution = (128, 128)
    hfov = 90.0
    near, far = 0.01, 1000.0
    position = (0.0, 1.5, 0.0)
    orientation = (0.0, 0.0, 0.0)
    clear_color = None

    def same(self, other):  # as the real one: size and field of view do not count
        return (self.uuid, self.sensor_type, self.position) == (other.uuid, other.sensor_type, other.position)


class NavMeshSettings(_Strict):
    cell_size, cell_height = 0.05, 0.2
    agent_height, agent_radius, agent_max_climb, agent_max_slope = 1.5, 0.1, 0.2, 45.0
    include_static_objects = False


class ShortestPath(_Strict):
    requested_start = requested_end = None
    geodesic_distance = float("nan")
    points = ()


class Configuration:
    def __init__(self, sim_cfg, agents):
        self.sim_cfg, self.agents = sim_cfg, agents


class _Node:
    transformation = None

    def __init__(self, specs):
        self.subtree_sensors = {spec.uuid: spec for spec in specs}


class _Agent:
    def __init__(self, config):
        self.scene_node = _Node(config.sensor_specifications)


class SensorFactory:
    @staticmethod
    def delete_subtree_sensor(node, uuid):
        del node.subtree_sensors[uuid]


class physics:  # noqa: N801
    class MotionType:
        STATIC, KINEMATIC, DYNAMIC = "static", "kinematic", "dynamic"


class gfx:  # noqa: N801
    class LightPositionModel:
        Global = "global"

    class LightInfo:
        def __init__(self, vector, color, model):
            assert model == gfx.LightPositionModel.Global
            self.vector, self.color = vector.values, color.values


class _Object:
    """A post of 1 x 2 x 1 m where its pose puts it; deaf to its pose while it is static."""

    def __init__(self, number, config):
        assert config["COM"] == [0, 0, 0]
        self.object_id, self.semantic_id, self.is_alive = number, config["semantic_id"], True
        self.motion_type, self._place = physics.MotionType.STATIC, np.zeros(3)
        self.was_drawn, self.is_lost = False, False

    @property
    def transformation(self):
        raise AttributeError("not asked for")

    @transformation.setter
    def transformation(self, pose):
        if self.motion_type == physics.MotionType.KINEMATIC:
            self._place = pose.rows[:3, 3].astype(float)


class _Templates:
    def __init__(self):
        self.configs = []

    def load_configs(self, path):
        self.configs.append(json.loads(Path(path).read_text()))
        assert Path(path).with_name(self.configs[-1]["render_asset"]).exists()
        return [len(self.configs) - 1]


class _Objects:
    """Without physics nothing can be looked up, as in the real one."""

    def __init__(self, simulator):
        self._simulator, self._made = simulator, 0

    def add_object_by_template_id(self, template, light_setup_key=""):
        assert light_setup_key in self._simulator.lights
        made = _Object(self._made, self._simulator.templates.configs[template])
        self._made += 1
        self._simulator.objects[made.object_id] = made
        _log(f"add {made.semantic_id}")
        return made

    def remove_object_by_id(self, object_id):
        gone = self._simulator.objects.pop(object_id)
        gone.is_alive = False
        _log(f"remove {gone.semantic_id}")

    def get_object_by_id(self, object_id):
        return None


class _PathFinder:
    """Walks straight on the floor; nothing walks higher than 10 m up."""

    is_loaded = False
    navigable_area = float("nan")

    def __init__(self, golden):
        self._golden = golden

    def find_path(self, path):
        start, end = (np.array(p.values) for p in (path.requested_start, path.requested_end))
        if self._golden is not None:
            for query in self._golden["queries"]:
                if np.allclose(start, query["start"], atol=1e-5) and np.allclose(end, query["end"], atol=1e-5):
                    path.geodesic_distance = query["geodesic_distance"]
                    return query["found"]
            raise ValueError("not among the recorded queries")
        path.geodesic_distance = float(np.linalg.norm(end - start))
        return bool(max(start[1], end[1]) < 10)


class Simulator:
    def __init__(self, config):
        world = config.sim_cfg
        if _OPEN:
            print("GL::Context::current(): no current context", file=sys.stderr)
            os.abort()
        if world.gpu_device_id >= 0 or _MODE == "egl":
            print("Platform::WindowlessEglApplication::tryCreateContext(): unable to find CUDA device 0 among 1 EGL "
                  "devices in total", file=sys.stderr)  # fmt: skip
            print("WindowlessContext: Unable to create windowless context", file=sys.stderr)
            sys.stderr.flush()
            os._exit(1)
        _log(f"load {world.scene_id} {os.path.exists('data/default.pbr_config.json')}")
        if world.scene_id == "nowhere":
            raise AssertionError("ESP_CHECK failed: No Stage Attributes exists for requested scene 'nowhere'")
        self._world, self._scene_id = world, world.scene_id
        self._agents(config)
        self.objects, self.templates, self._manager = {}, _Templates(), _Objects(self)
        lighting = Path(world.scene_dataset_config_file).parent.glob("lighting/*.json")
        self.lights = {"": [], "no_lights": [], **{str(path): [] for path in lighting}}
        golden = os.environ.get("FAKE_HABITAT_GOLDEN")
        self._golden = Path(golden) if golden and world.scene_id != "NONE" else None
        queries = json.loads((self._golden / "navmesh.json").read_text()) if self._golden else None
        self.pathfinder = _PathFinder(queries)
        _OPEN.append(self)

    def _agents(self, config):
        self._specs = config.agents[0].sensor_specifications
        self._agent = _Agent(config.agents[0])

    def reconfigure(self, config):
        assert config.sim_cfg is self._world
        assert self._specs  # without a renderer there are no textures to look at
        specs = config.agents[0].sensor_specifications
        if len(specs) == len(self._specs) and all(a.same(b) for a, b in zip(specs, self._specs)):  # noqa: B905
            return
        _log("look")
        self._agents(config)

    def get_rigid_object_manager(self):
        return self._manager

    def get_object_template_manager(self):
        return self.templates

    def get_light_setup(self, key):
        return self.lights[key]

    def set_light_setup(self, lights, key):
        _log(f"lights {len(lights)}")
        self.lights[key] = lights
        for thing in self.objects.values():  # what was drawn in other light is drawn no more, as in the real one
            thing.is_lost = thing.is_lost or thing.was_drawn

    def get_agent(self, number):
        assert number == 0
        return self._agent

    def close(self):
        _OPEN.remove(self)

    def recompute_navmesh(self, pathfinder, settings):
        _log(f"navmesh {settings.agent_radius}")
        pathfinder.is_loaded = settings.agent_radius < 5
        pathfinder.navigable_area = 26.936 if settings.include_static_objects else 38.57
        return pathfinder.is_loaded

    def get_sensor_observations(self):
        if self._scene_id != "NONE":
            if _MODE == "hang" or (_MODE == "hang_once" and _once()):
                time.sleep(60)
            if _MODE == "abort" or (_MODE == "abort_once" and _once()):
                print("corrupted double-linked list", flush=True)  # drivers speak on stdout too
                os.abort()
        look = self._replay if self._golden else self._floor
        assert set(self._agent.scene_node.subtree_sensors) == {spec.uuid for spec in self._specs}
        return {spec.uuid: look(spec, self._agent.scene_node.transformation.rows.astype(float)) for spec in self._specs}

    def _floor(self, spec, pose):
        assert spec.position == [0.0, 0.0, 0.0]
        height, width = spec.resolution
        half = np.tan(np.radians(spec.hfov) / 2)
        x = (np.arange(width) + 0.5) / width * 2 - 1
        y = 1 - (np.arange(height) + 0.5) / height * 2
        rays = np.stack(np.broadcast_arrays(x[None] * half, y[:, None] * half * height / width, -1.0), axis=-1)
        rays = rays @ pose[:3, :3].T
        with np.errstate(divide="ignore", invalid="ignore"):
            z = -pose[1, 3] / rays[..., 1]
        hit = (z > spec.near) & (z < spec.far)
        ids = np.zeros((height, width), np.uint32)
        for post in self.objects.values():  # where a ray meets the plane of a post that stands across it
            post.was_drawn = True
            if post.is_lost:
                continue
            with np.errstate(divide="ignore", invalid="ignore"):
                far = (post._place[2] - pose[2, 3]) / rays[..., 2]
            x, y = (pose[k, 3] + far * rays[..., k] - post._place[k] for k in (0, 1))
            seen = (far > spec.near) & (np.abs(x) < 0.5) & (y > 0) & (y < 2) & (~hit | (far < z))
            z, hit, ids = np.where(seen, far, z), hit | seen, np.where(seen, post.semantic_id, ids)
        east = hit & (ids == 0) & (pose[0, 3] + z * rays[..., 0] > 0)
        if spec.sensor_type == SensorType.DEPTH:
            return np.where(hit, z, 0).astype(np.float32)
        if spec.sensor_type == SensorType.SEMANTIC:
            return np.where(east, int(os.environ.get("FAKE_HABITAT_ID", "70000")), ids).astype(np.uint32)
        rgba = np.zeros((height, width, 4), np.uint8)
        rgba[...] = np.round(np.array(spec.clear_color.values) * 255)
        rgba[hit] = (30, 60, 90, 255)
        rgba[east] = (200, 60, 90, 255)
        rgba[ids > 0] = (0, 0, 200, 255)
        lamps = sum(light.color[0] for lights in self.lights.values() for light in lights)
        rgba[hit, 1] += np.uint8(10 * lamps)
        return rgba

    def _replay(self, spec, pose):
        for frame in json.loads((self._golden / "meta.json").read_text())["frames"]:
            if [frame["height"], frame["width"]] == list(spec.resolution) and np.allclose(
                frame["camera_to_world"], pose, atol=1e-6
            ):
                assert abs(frame["hfov_deg"] - spec.hfov) < 1e-5
                stem = self._golden / "frames" / frame["name"]
                if spec.sensor_type == SensorType.DEPTH:
                    return np.load(f"{stem}_depth.npy")
                if spec.sensor_type == SensorType.SEMANTIC:
                    return np.load(f"{stem}_semantic.npy").astype(np.uint32)
                from PIL import Image

                return np.asarray(Image.open(f"{stem}_rgb.png").convert("RGBA"))
        raise RuntimeError("not among the recorded views")
