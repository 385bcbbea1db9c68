"""Which renderer a run uses: decided once, when it is planned, and part of every unit's id."""

from typing import Literal

from video4spatial.pipeline.core.errors import NotAvailable
from video4spatial.sim_scenes.render.base import Renderer
from video4spatial.sim_scenes.render.embedded import EmbeddedRenderer
from video4spatial.sim_scenes.scene import Scene


def resolve_renderer(wanted: Literal["auto", "embedded", "habitat"]) -> Literal["embedded"]:
    """The renderer that `wanted` means here. Raises NotAvailable for one that this version cannot drive."""
    if wanted == "habitat":
        raise NotAvailable(
            "simulation.renderer is habitat, but this version has no Habitat adapter yet; "
            "use renderer: embedded (it renders the same scene datasets)"
        )
    return "embedded"


def make_renderer(name: Literal["embedded"], scene: Scene, samples: int, like: Renderer | None = None) -> Renderer:
    """A renderer of `scene`. `like`: one made for a scene with the same materials, whose textures may be shared."""
    assert name == "embedded"
    return EmbeddedRenderer(scene, samples, like if isinstance(like, EmbeddedRenderer) else None)
