"""A scene as Habitat is given it: a dataset of what stands still, and what was added, moved or taken away since.

Scene ─▶ [WrittenScene.show] ─▶ SceneRef + edit (JSON) ─▶ habitat_session.HabitatSession ─▶ habitat_worker.Simulator

Objects of a scene instance cannot be found again without Habitat's physics, so what changes is no part of it: the
first time that one of them moves or goes, the dataset is written again without it and the scene loaded once more. From
then on it is an object that the worker made itself, and moving it is one message. Other lights are one message too;
light put on or out is a new dataset, because the shaders differ.
"""

import tempfile
from pathlib import Path
from typing import Any

from video4spatial.sim_scenes.habitat_dataset import light_setup, write_dataset, write_object
from video4spatial.sim_scenes.render.habitat_session import SceneRef
from video4spatial.sim_scenes.scene import STAGE_ID, Body, BodyKey, Lighting, Scene, key_of

KEPT_SHARE = 0.5
"""When fewer of a scene's bodies than this are in the dataset, it is written anew with all of them."""


class WrittenScene:
    """One scene in a temporary folder."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="v4s-scene-")
        self._written: Scene | None = None
        self._settled: dict[BodyKey, Body] = {}
        self._templates: dict[tuple[Any, ...], tuple[str, Body]] = {}
        self._datasets = 0
        self.ref = SceneRef(dataset=None, scene_id="NONE")
        self.edit: dict[str, Any] | None = None
        """What differs from the dataset; None for nothing."""

    def show(self, scene: Scene) -> None:
        """Brings the dataset and the edit up to date."""
        now = {key_of(body): body for body in scene.bodies}
        kept = {key: body for key, body in self._settled.items() if key in now}
        added = [body for key, body in now.items() if key not in kept]
        same_shader = self._written is not None and (self._written.lighting is None) == (scene.lighting is None)
        if len(kept) < KEPT_SHARE * len(now) or any(body.object_id == STAGE_ID for body in added) or not same_shader:
            kept, added = now, []
        if len(kept) < len(self._settled) or kept.keys() != self._settled.keys() or not same_shader:
            self._write(Scene(scene.name, tuple(kept.values()), scene.lighting))
            self._settled = kept
        self.edit = self._edit_to(scene, added)

    def close(self) -> None:
        """Removes the folder. Calling it twice is safe."""
        self._folder.cleanup()

    def _write(self, scene: Scene) -> None:
        # a folder of its own for each, so that a process that holds the last one can tell them apart
        self._datasets += 1
        dataset = write_dataset(Path(self._folder.name, f"dataset{self._datasets}"), scene)
        self.ref, self._written, self._templates = SceneRef(dataset=dataset, scene_id=scene.name), scene, {}

    def _edit_to(self, scene: Scene, added: list[Body]) -> dict[str, Any] | None:
        assert self._written is not None
        assert self.ref.dataset is not None
        relit = scene.lighting != self._written.lighting
        if not added and not relit:
            return None
        lights = self.ref.dataset.parent / "lighting" / f"{self._written.name}.lighting_config.json"
        return {
            "objects": [self._placed(body) for body in added],
            "lights": lights_of(scene.lighting) if relit else None,
            "light_key": "no_lights" if scene.lighting is None else str(lights),
        }

    def _placed(self, body: Body) -> dict[str, Any]:
        """A body as the worker is told of it; its template is written the first time."""
        shape = body.world_from_body[:3, :3]
        rigid = abs(shape @ shape.T - [[1, 0, 0], [0, 1, 0], [0, 0, 1]]).max() < 1e-6
        key = (body.object_id, tuple(id(part) for part in body.parts), b"" if rigid else shape.tobytes())
        assert self.ref.dataset is not None
        assert self._written is not None
        name = self._templates[key][0] if key in self._templates else f"added{len(self._templates):06d}"
        folder = self.ref.dataset.parent / "added"
        if key in self._templates:
            path, pose = folder / f"{name}.object_config.json", rigid_pose(body, bool(rigid))
        else:
            path, pose = write_object(folder, name, body, self._written.lighting is not None)
            self._templates[key] = name, body
        return {"key": name, "template": str(path), "id": body.object_id, "matrix": pose.ravel().tolist()}


def rigid_pose(body: Body, rigid: bool) -> Any:
    """The pose of an object made from the body's template, into which a stretched shape has gone."""
    pose = body.world_from_body.copy()
    if not rigid:
        pose[:3, :3] = 0.0
        pose[0, 0] = pose[1, 1] = pose[2, 2] = 1.0
    return pose


def lights_of(lighting: Lighting | None) -> list[list[float]]:
    """Habitat's lights: (x, y, z, w) with w 1 for a point and 0 for a direction, and linear (r, g, b)."""
    lights = []
    for _, light in sorted(light_setup(lighting)["lights"].items(), key=lambda item: (len(item[0]), item[0])):
        point = light["type"] == "point"
        colour = [float(channel * light["intensity"]) for channel in light["color"]]
        lights.append([*(float(v) for v in light["position" if point else "direction"]), float(point), *colour])
    return lights
