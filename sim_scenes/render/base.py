"""What every renderer promises: a batch of cameras in, colour, depth and object ids of the same views out.

Scene ─▶ [Renderer].show(Scene) ─▶ [Renderer].render(Cameras) ─▶ Frames

`tests/sim_scenes/test_renderer_contract.py` holds for each of them.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras
from video4spatial.sim_scenes.scene import Scene


@dataclass(frozen=True, eq=False)
class Frames:
    """What N cameras see."""

    rgb: NDArray[np.uint8]
    """(N, H, W, 3) sRGB."""
    depth_m: NDArray[np.float32]
    """(N, H, W) z-depth at pixel centres, 0 = nothing hit."""
    object_id: NDArray[np.int32]
    """(N, H, W) id of the body at pixel centres, 0 = stage or nothing."""


class Renderer(Protocol):
    """Shows one scene at a time. Belongs to one thread of one process."""

    def show(self, scene: Scene) -> None:
        """Renders this scene from now on: the same pictures as a new renderer of it, bit for bit.

        Only what differs from the scene shown before costs anything: bodies (told apart by their parts, pose and id)
        that were added, moved or taken away, and lights. The same scene again is free.
        """

    def render(self, cameras: Cameras) -> Frames:
        """All views at once; any size, focal lengths and principal point. The result is the caller's."""

    def close(self) -> None:
        """Frees what it holds. Calling it twice is safe."""
