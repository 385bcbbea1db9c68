"""Real habitat-sim behind the renderer's promise, and its navmesh.

Cameras (OpenCV axes) ─▶ [HabitatRenderer] ─▶ HabitatSession ─▶ habitat_worker.py ─▶ Frames (z-depth, semantic ids)

Object ids are Habitat's semantic ids, which `habitat_dataset.write_dataset` sets to the ids of the bodies. Nothing hit
is depth 0, and black or, in a lit scene, the sky's one colour. Lit scenes have Habitat's light: no shadows.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras, to_opengl
from video4spatial.pipeline.core.errors import ConfigError, NotAvailable
from video4spatial.pipeline.core.settings import Settings
from video4spatial.sim_scenes.render.base import Frames
from video4spatial.sim_scenes.render.habitat_edit import WrittenScene
from video4spatial.sim_scenes.render.habitat_session import (
    HabitatConfig,
    HabitatSession,
    Lens,
    SceneRef,
    habitat_from_environment,
)
from video4spatial.sim_scenes.scene import Scene

LOOK_VERSION = 2
"""Raised when Habitat is made to show the same scene in another way; part of the id of its units."""
BATCH_BYTES = 16 * 2**20
"""Pictures of one request; bounds what both processes hold, and the time until an answer is due."""

Rgb = tuple[float, float, float]

_CENTRE_TOLERANCE_PX = 1e-3
_SQUARE_TOLERANCE = 1e-6


@dataclass(frozen=True, kw_only=True)
class Walker(Settings):
    """Who walks on a navmesh, and on what."""

    height_m: float = 1.5
    """Headroom it needs."""
    radius_m: float = 0.2
    """Distance it keeps from walls. Larger closes doors."""
    max_climb_m: float = 0.2
    """Highest step."""
    max_slope_deg: float = 45.0
    """Steepest floor."""
    cell_m: float = 0.05
    """Size of the voxels the navmesh is cut from; smaller is exact and slow."""
    around_objects: bool = True
    """False: objects are air, only the stage stands in the way."""

    def __post_init__(self) -> None:
        for name in ("height_m", "radius_m", "cell_m"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"walker.{name} must be above 0, got {getattr(self, name)}")


@dataclass(frozen=True, eq=False)
class Geodesics:
    """Shortest walks."""

    distance_m: NDArray[np.float64]
    """(N,) from each start to its end; inf where there is no way. Heights of the points given count."""
    navigable_area_m2: float
    """Of the whole navmesh."""


class HabitatRenderer:
    """Renders one scene of a Habitat dataset. Implements `render.base.Renderer`; belongs to one thread.

    Colour is rendered `samples` times as large on each side and averaged; depth and ids are those of pixel centres.
    Cameras of other sizes or focal lengths than the last ones need other sensors: give them together.
    """

    def __init__(self, scene: SceneRef, samples: int = 1, session: HabitatSession | None = None) -> None:
        """`session`: one to share with other renderers (not closed by this one). Default: one of its own, of the
        Habitat that HABITAT_PYTHON names.

        Raises ConfigError when the dataset is not there, NotAvailable when HABITAT_PYTHON is not set.
        """
        if not 1 <= samples <= 4:
            raise ConfigError(f"samples must lie in 1 to 4, got {samples}")
        if scene.dataset is not None:
            scene = SceneRef(dataset=scene.dataset.absolute(), scene_id=scene.scene_id)
            _check_dataset(cast(Path, scene.dataset))
        self.session = session or HabitatSession(_configured())
        self._owns_session = session is None
        self._scene, self._samples = scene, samples
        self._written: WrittenScene | None = None
        self._shown: Scene | None = None
        self._edit: Mapping[str, Any] | None = None
        self._background = (0.0, 0.0, 0.0)

    @classmethod
    def of_scene(cls, scene: Scene, samples: int = 1, session: HabitatSession | None = None) -> "HabitatRenderer":
        """A renderer of any Scene, through a dataset in a temporary folder that goes when it is closed."""
        written = WrittenScene()
        written.show(scene)
        renderer = cls(written.ref, samples, session)
        renderer._written = written
        renderer.show(scene)
        return renderer

    def show(self, scene: Scene) -> None:
        """Renders this scene from now on, through a dataset in a temporary folder that goes when it is closed."""
        if scene is self._shown:
            return
        self._written = self._written or WrittenScene()
        self._written.show(scene)
        self._scene, self._edit, self._shown = self._written.ref, self._written.edit, scene
        sky = (0.0, 0.0, 0.0) if scene.lighting is None else scene.lighting.sky
        self._background = cast(Rgb, tuple(min(1.0, c) ** 0.5 for c in sky))

    def render(self, cameras: Cameras) -> Frames:
        """All views at once. The result is the caller's.

        Raises ConfigError for a camera that Habitat cannot render (it knows one focal length and a centred principal
        point), and what `HabitatSession.ask` raises.
        """
        width, height, count = cameras.width_px, cameras.height_px, len(cameras)
        frames = Frames(
            np.zeros((count, height, width, 3), np.uint8),
            np.zeros((count, height, width), np.float32),
            np.zeros((count, height, width), np.int32),
        )
        hfov_deg = horizontal_fovs_deg(cameras)
        world_from_gl_camera = to_opengl(cameras.world_from_camera)
        for indices, lens in self._requests(hfov_deg, width, height):
            poses = {"world_from_gl_camera": np.ascontiguousarray(world_from_gl_camera[indices])}
            _, seen = self.session.ask(self._scene, lens, {"op": "render"}, poses, self._edit)
            frames.rgb[indices] = shrink(seen["rgb"], self._samples)
            frames.depth_m[indices] = seen["depth_m"]
            frames.object_id[indices] = seen["object_id"]
        return frames

    def geodesics(self, starts_m: NDArray[np.float64], ends_m: NDArray[np.float64], walker: Walker) -> Geodesics:
        """Walking distances between world points (N, 3), on a navmesh made for `walker` at the first question.

        Points off the navmesh are moved to its nearest one for the search.
        """
        if starts_m.shape != ends_m.shape or starts_m.shape != (len(starts_m), 3):
            raise ConfigError(f"starts and ends must both be (N, 3), got {starts_m.shape} and {ends_m.shape}")
        navmesh = {
            "agent_height": walker.height_m,
            "agent_radius": walker.radius_m,
            "agent_max_climb": walker.max_climb_m,
            "agent_max_slope": walker.max_slope_deg,
            "cell_size": walker.cell_m,
            "cell_height": walker.cell_m,
            "include_static_objects": walker.around_objects,
        }
        points = {"starts_m": starts_m.astype(float), "ends_m": ends_m.astype(float)}
        answer, arrays = self.session.ask(self._scene, None, {"op": "geodesic", "navmesh": navmesh}, points, self._edit)
        return Geodesics(arrays["distance_m"], answer["navigable_area_m2"])

    def close(self) -> None:
        """Ends the process if it is its own. Calling it twice is safe."""
        if self._owns_session:
            self.session.close()
        if self._written is not None:
            self._written.close()
            self._written = None

    def _requests(
        self, hfov_deg: NDArray[np.float64], width: int, height: int
    ) -> Iterator[tuple[NDArray[np.int64], Lens]]:
        """Views with one lens, in batches of at most BATCH_BYTES of pictures."""
        batch = max(1, BATCH_BYTES // (width * height * (3 * self._samples**2 + 8)))
        # rounded as Habitat itself rounds, so that equal lenses are one lens
        rounded = hfov_deg.astype(np.float32)
        for value in dict.fromkeys(rounded.tolist()):
            lens = Lens(
                width_px=width,
                height_px=height,
                hfov_deg=value,
                samples=self._samples,
                background=self._background,
            )
            indices = np.flatnonzero(rounded == np.float32(value))
            for first in range(0, len(indices), batch):
                yield indices[first : first + batch], lens


def horizontal_fovs_deg(cameras: Cameras) -> NDArray[np.float64]:
    """(N,) 2 atan(W / 2 fx). Raises ConfigError naming the first camera that Habitat cannot render."""
    for number, lens in enumerate(cameras.image_from_camera):
        fx, fy, cx, cy = lens[0, 0], lens[1, 1], lens[0, 2], lens[1, 2]
        centre = cameras.width_px / 2.0, cameras.height_px / 2.0
        if abs(fx - fy) > _SQUARE_TOLERANCE * abs(fx) or abs(lens[0, 1]) > _CENTRE_TOLERANCE_PX:
            raise ConfigError(
                f"camera {number} has pixels that are not square (fx {fx:g}, fy {fy:g}, skew {lens[0, 1]:g}), which "
                "Habitat cannot render; give it fx = fy and resize the frames afterwards, or use renderer: embedded"
            )
        if max(abs(cx - centre[0]), abs(cy - centre[1])) > _CENTRE_TOLERANCE_PX:
            raise ConfigError(
                f"camera {number} has its principal point at ({cx:g}, {cy:g}) instead of the image centre "
                f"({centre[0]:g}, {centre[1]:g}), which Habitat cannot render; render a larger centred frame and crop "
                "it, or use renderer: embedded"
            )
    fx = cameras.image_from_camera[:, 0, 0]
    return np.degrees(2.0 * np.arctan(cameras.width_px / (2.0 * fx)))


def shrink(rgb: NDArray[np.uint8], samples: int) -> NDArray[np.uint8]:
    """(N, sH, sW, 3) to (N, H, W, 3): the mean light of s x s samples (gamma 2, as the embedded renderer)."""
    if samples == 1:
        return rgb
    count, height, width, _ = rgb.shape
    blocks = rgb.reshape(count, height // samples, samples, width // samples, samples, 3).astype(np.float32)
    return np.round(np.sqrt((blocks**2).mean(axis=(2, 4)))).astype(np.uint8)


def _configured() -> HabitatConfig:
    config = habitat_from_environment()
    if config is None:
        raise NotAvailable("HABITAT_PYTHON is not set: it names the Python that has habitat_sim (docs/habitat.md)")
    return config


def _check_dataset(path: Path) -> None:
    """Habitat itself names a missing dataset as a missing stage."""
    try:
        json.loads(path.read_text())
    except OSError as error:
        raise ConfigError(f"cannot read scene dataset {path.name}: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"scene dataset {path.name} is not JSON: {error}") from None
