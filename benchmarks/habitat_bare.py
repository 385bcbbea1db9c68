"""Habitat without our sidecar: loads one scene, renders poses with three sensors when told to, says the cpu time.

peers.BareHabitat ──stdin, stdout──▶ [habitat_bare] ─▶ habitat_sim

Run by HABITAT_PYTHON as `habitat_bare.py DATASET SCENE POSES.npy SIZE_PX HFOV_DEG GPU`; imports the standard library,
NumPy and habitat_sim. Each line on stdin names a number of poses; each answer is `cpu_s wall_s` after a mark.
"""

import resource
import sys
import time

import numpy as np

MARK = "v4s-timed"


def main(dataset, scene, poses_file, size_px, hfov_deg, gpu):
    import habitat_sim
    import magnum

    world = habitat_sim.SimulatorConfiguration()
    world.scene_dataset_config_file, world.scene_id = dataset, scene
    world.gpu_device_id, world.enable_physics = int(gpu), False
    agent = habitat_sim.AgentConfiguration()
    agent.sensor_specifications = [
        sensor(kind, int(size_px), float(hfov_deg)) for kind in ("COLOR", "DEPTH", "SEMANTIC")
    ]
    simulator = habitat_sim.Simulator(habitat_sim.Configuration(world, [agent]))
    node = simulator.get_agent(0).scene_node
    poses = np.load(poses_file)
    for line in sys.stdin:
        started, wall = cpu_s(), time.perf_counter()
        for pose in poses[: int(line)]:
            node.transformation = magnum.Matrix4(np.asarray(pose, dtype=np.float32))
            seen = simulator.get_sensor_observations()
            # what we hand out: three channels of colour, all arrays of our own
            np.ascontiguousarray(seen["COLOR"][..., :3]), np.array(seen["DEPTH"]), np.array(seen["SEMANTIC"])
        print(MARK, cpu_s() - started, time.perf_counter() - wall, flush=True)


def cpu_s():
    """Of all threads of this process, the driver's too."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def sensor(kind, size_px, hfov_deg):
    import habitat_sim

    spec = habitat_sim.CameraSensorSpec()
    spec.uuid, spec.sensor_type = kind, getattr(habitat_sim.SensorType, kind)
    spec.resolution, spec.hfov = [size_px, size_px], hfov_deg
    spec.near, spec.far = 0.01, 1000.0
    spec.position, spec.orientation = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
    return spec


if __name__ == "__main__":
    main(*sys.argv[1:])
