"""The process that holds habitat-sim: one simulator, asked over a socketpair.

habitat_session.HabitatSession ──socketpair──▶ [habitat_worker] ─▶ habitat_sim

Run as `HABITAT_PYTHON habitat_worker.py FD`, by path. It has to start under Python 3.9 with NumPy 1.26, habitat-sim's
stable conda builds, so it imports nothing of this package: `send` and `receive` are those of `pipeline/core/child.py`
once more, and a test holds the two to the same bytes. Cameras arrive in OpenGL axes, which are Habitat's.
"""

from __future__ import annotations

import json
import os
import platform
import socket
import struct
import sys
from typing import Any

import numpy as np

PROTOCOL = 2
NEAR_M, FAR_M = 0.01, 1000.0
_PREFIX = struct.Struct("<4sI")
_MAGIC = b"V4S1"
_MAX_HEADER_BYTES = 16 * 2**20


class Simulator:
    """At most one open simulator: two in one process end it, and it may be used by this thread only."""

    def __init__(self) -> None:
        self._sim: Any = None
        self._world: Any = None
        self._looks = 0
        self._navmesh: dict[str, float] | None = None
        self._added: dict[str, Any] = {}
        self._templates: dict[str, int] = {}
        self._lights: Any = None
        self._shown_lights: Any = None

    def handle(self, header: dict, arrays: dict) -> tuple[dict, dict]:
        """Answers `hello`, `load`, `look`, `edit`, `render` and `geodesic`. What habitat-sim says about a scene it
        refuses is an answer; any other failure ends the process, with its traceback on stderr."""
        op = header["op"]
        if op == "hello":
            return hello(), {}
        if op == "load":
            try:
                self._load(header)
            except (AssertionError, RuntimeError, ValueError) as error:
                return {"error": str(error) or type(error).__name__}, {}
            return {"held_gib": held_gib()}, {}
        if op == "look":
            self._look(header["lens"])
            return {}, {}
        if op == "edit":
            self._edit(header)
            return {}, {}
        if op == "render":
            return {}, self._render(arrays["world_from_gl_camera"])
        if op == "geodesic":
            return self._geodesic(header["navmesh"], arrays["starts_m"], arrays["ends_m"])
        raise ValueError(f"unknown request {op!r}")

    def _load(self, header: dict) -> None:
        import habitat_sim

        if self._sim is not None:
            # close() and a new one: reconfigure() never frees the old scene
            self._sim.close()
            self._sim = None
        self._navmesh, self._lights, self._shown_lights = None, None, None
        self._added, self._templates = {}, {}
        self._world = world = habitat_sim.SimulatorConfiguration()
        world.scene_dataset_config_file = header["dataset"]
        world.scene_id = header["scene_id"]
        world.gpu_device_id = header["gpu_device_id"]
        world.enable_physics = False
        self._looks = 0
        self._sim = habitat_sim.Simulator(configuration(world, header["lens"], self._looks))

    def _look(self, lens: dict) -> None:
        """Other sensors in the scene that is open; opening it again would take as long as many frames."""
        import habitat_sim

        before = self._sim.get_agent(0).scene_node
        self._looks += 1
        self._sim.reconfigure(configuration(self._world, lens, self._looks))
        for name in list(before.subtree_sensors):
            habitat_sim.SensorFactory.delete_subtree_sensor(before, name)  # they hold pictures of their size

    def _edit(self, header: dict) -> None:
        """The loaded scene with just these further objects, and these lights, or its own.

        Objects are kept as they were returned when they were added: without physics they cannot be looked up.
        """
        import habitat_sim
        import magnum

        manager, wanted = self._sim.get_rigid_object_manager(), {each["key"]: each for each in header["objects"]}
        # an object that was drawn before the lights changed is drawn no more (habitat-sim 0.3.4): it is made again
        stale = self._light(header["lights"], header["light_key"])
        for key in [key for key in self._added if stale or key not in wanted]:
            manager.remove_object_by_id(self._added.pop(key).object_id)
        for key, each in wanted.items():
            if key not in self._added:
                if key not in self._templates:
                    (self._templates[key],) = self._sim.get_object_template_manager().load_configs(each["template"])
                made = manager.add_object_by_template_id(self._templates[key], light_setup_key=header["light_key"])
                made.motion_type = habitat_sim.physics.MotionType.KINEMATIC  # others stay where they are
                made.semantic_id = each["id"]
                self._added[key] = made
            pose = np.array(each["matrix"], dtype=np.float32).reshape(4, 4)
            self._added[key].transformation = magnum.Matrix4(pose)

    def _light(self, lights: list | None, key: str) -> bool:
        """Puts these lights on, or the scene's own again. Were they others before?"""
        import habitat_sim
        import magnum

        if lights == self._shown_lights:
            return False
        self._shown_lights = lights
        if lights is None:
            self._sim.set_light_setup(self._lights[0], self._lights[1])
            return True
        self._lights = self._lights or (self._sim.get_light_setup(key), key)
        made = [
            habitat_sim.gfx.LightInfo(
                vector=magnum.Vector4(*light[:4]),
                color=magnum.Color3(*light[4:]),
                model=habitat_sim.gfx.LightPositionModel.Global,
            )
            for light in lights
        ]
        self._sim.set_light_setup(made, key)
        return True

    def _render(self, world_from_gl_camera: np.ndarray) -> dict:
        import magnum

        node = self._sim.get_agent(0).scene_node
        seen = []
        for pose in world_from_gl_camera:
            # the node's matrix is exact; AgentState goes through a quaternion and rounds
            node.transformation = magnum.Matrix4(np.asarray(pose, dtype=np.float32))
            seen.append(self._sim.get_sensor_observations())
        rgb, depth, semantic = (f"{kind}-{self._looks}" for kind in ("rgb", "depth", "semantic"))
        return {
            "rgb": np.stack([each[rgb][..., :3] for each in seen]),
            "depth_m": np.stack([each[depth] for each in seen]).astype(np.float32),
            "object_id": np.stack([each[semantic] for each in seen]).astype(np.int32),
        }

    def _geodesic(self, navmesh: dict, starts_m: np.ndarray, ends_m: np.ndarray) -> tuple[dict, dict]:
        import habitat_sim
        import magnum

        finder = self._sim.pathfinder
        if navmesh != self._navmesh:
            settings = habitat_sim.NavMeshSettings()
            for name, value in navmesh.items():
                setattr(settings, name, value)
            if not (self._sim.recompute_navmesh(finder, settings) and finder.is_loaded):
                return {"error": "nobody of this size can walk here: the navmesh is empty"}, {}
            self._navmesh = navmesh
        distance_m = np.full(len(starts_m), np.inf)
        for number, (start, end) in enumerate(zip(starts_m, ends_m)):  # noqa: B905 - `strict` is newer than 3.9
            path = habitat_sim.ShortestPath()
            # a list that holds an int is refused
            path.requested_start = magnum.Vector3(*[float(x) for x in start])
            path.requested_end = magnum.Vector3(*[float(x) for x in end])
            if finder.find_path(path):
                distance_m[number] = path.geodesic_distance
        return {"navigable_area_m2": float(finder.navigable_area)}, {"distance_m": distance_m}


def hello() -> dict:
    """Versions. `habitat_sim` is what the package says of itself; the tag v0.3.4 says 0.3.3."""
    import habitat_sim

    return {
        "protocol": PROTOCOL,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "habitat_sim": str(getattr(habitat_sim, "__version__", "unknown")),
    }


def held_gib() -> float:
    """Memory of this process; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**30
    except OSError:
        return 0.0


def configuration(world: Any, lens: dict | None, number: int) -> Any:
    """`world` with one agent that carries the sensors of `lens`. Their names end in `number`: habitat-sim takes
    sensors of the same names for the same, whatever their size."""
    import habitat_sim

    agent = habitat_sim.AgentConfiguration()
    agent.sensor_specifications = sensors(lens, number) if lens else []
    return habitat_sim.Configuration(world, [agent])


def sensors(lens: dict, number: int) -> list:
    """Colour at `samples` times the size on each side, depth and ids at the size itself, all in the camera's place."""
    import habitat_sim
    import magnum

    kinds = habitat_sim.SensorType
    wanted = [("rgb", kinds.COLOR, lens["samples"]), ("depth", kinds.DEPTH, 1), ("semantic", kinds.SEMANTIC, 1)]
    specs = []
    for name, kind, scale in wanted:
        spec = habitat_sim.CameraSensorSpec()
        spec.uuid = f"{name}-{number}"
        spec.sensor_type = kind
        spec.sensor_subtype = habitat_sim.SensorSubType.PINHOLE
        spec.resolution = [lens["height_px"] * scale, lens["width_px"] * scale]
        spec.hfov = lens["hfov_deg"]
        spec.near, spec.far = NEAR_M, FAR_M
        spec.position = [0.0, 0.0, 0.0]  # the default lifts the camera by 1.5 m
        spec.orientation = [0.0, 0.0, 0.0]
        spec.clear_color = magnum.Color4(*lens["background"], 1.0)
        specs.append(spec)
    return specs


def send(connection: socket.socket, header: dict, arrays: dict) -> None:
    """One message, as in `pipeline/core/child.py`."""
    packed = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    described = {name: [array.dtype.str, list(array.shape)] for name, array in packed.items()}
    text = json.dumps({"header": dict(header), "arrays": described}).encode()
    connection.sendall(_PREFIX.pack(_MAGIC, len(text)) + text)
    for array in packed.values():
        connection.sendall(array.data.cast("B") if array.size else b"")


def receive(connection: socket.socket) -> tuple[dict, dict] | None:
    """One message, as in `pipeline/core/child.py`; None at end-of-file."""
    prefix = _read(connection, _PREFIX.size)
    if prefix is None:
        return None
    magic, length = _PREFIX.unpack(prefix)
    if magic != _MAGIC or length > _MAX_HEADER_BYTES:
        raise ValueError("not a message of this protocol")
    text = _read(connection, length)
    if text is None:
        raise ValueError("the message ends inside its header")
    message = json.loads(bytes(text))
    arrays = {}
    for name, (dtype, shape) in message["arrays"].items():
        kind = np.dtype(dtype)
        if kind.hasobject:
            raise ValueError(f"array {name} has dtype {dtype}, which is not plain data")
        data = _read(connection, int(np.prod(shape, dtype=np.int64)) * kind.itemsize)
        if data is None:
            raise ValueError(f"the message ends before array {name}")
        arrays[name] = np.frombuffer(data, dtype=kind).reshape(shape)
    return message["header"], arrays


def _read(connection: socket.socket, length: int) -> bytearray | None:
    data = bytearray(length)
    view, got = memoryview(data), 0
    while got < length:
        count = connection.recv_into(view[got:])
        if count == 0:
            return None
        got += count
    return data


def main() -> None:
    """Answers until the parent goes."""
    os.dup2(2, 1)  # habitat-sim and its drivers print on 1; what they say is wanted when they fail
    import habitat_sim  # noqa: F401 - a failing import ends the process before the first answer, with its reason

    simulator = Simulator()
    connection = socket.socket(fileno=int(sys.argv[1]))
    while True:
        request = receive(connection)
        if request is None:
            break
        header, arrays = simulator.handle(*request)
        send(connection, header, arrays)


if __name__ == "__main__":
    main()
