"""Which renderer a run uses: decided once, when it is planned, and part of every unit's id.

SimConfig.renderer ─▶ [choose_renderer] ─▶ Choice ─▶ [make_renderer] ─▶ Renderer
"""

import logging
from dataclasses import dataclass
from typing import Literal

from video4spatial.pipeline.core.errors import NotAvailable
from video4spatial.sim_scenes.render.base import Renderer
from video4spatial.sim_scenes.render.embedded import Device, EmbeddedRenderer, check_device
from video4spatial.sim_scenes.render.habitat import HabitatRenderer
from video4spatial.sim_scenes.render.habitat_session import habitat_from_environment, probe_habitat
from video4spatial.sim_scenes.scene import Scene

logger = logging.getLogger(__name__)

RendererName = Literal["embedded", "habitat"]


@dataclass(frozen=True)
class Choice:
    """A renderer and the reason for it."""

    name: RendererName
    why: str


def choose_renderer(wanted: Literal["auto", "embedded", "habitat"]) -> Choice:
    """What `wanted` means here: `auto` is Habitat where HABITAT_PYTHON names one that has just rendered a picture,
    else embedded. Raises NotAvailable when Habitat was asked for by name and does not work."""
    if wanted == "embedded":
        return Choice("embedded", "as the recipe says")
    try:
        config = habitat_from_environment()
        if config is None:
            raise NotAvailable("HABITAT_PYTHON is not set (docs/habitat.md)")
        facts = probe_habitat(config)
    except NotAvailable as error:
        if wanted == "auto":
            return Choice("embedded", str(error))
        raise NotAvailable(
            f"renderer is habitat, but {error}; or use renderer: embedded (it renders the same scene datasets)"
        ) from None
    where = "on the CPU" if config.gpu_device_id < 0 else f"on GPU {config.gpu_device_id}"
    return Choice("habitat", f"habitat_sim {facts['habitat_sim']} under Python {facts['python']} renders {where}")


def resolve_renderer(wanted: Literal["auto", "embedded", "habitat"], device: Device = "cpu") -> RendererName:
    """The name alone. Says in the log what `auto` became and why; a Habitat that is set up and broken is a warning.
    With a `device` of its own it is the embedded one. Raises NotAvailable when that device is not there."""
    check_device(device)
    if device == "cuda" and wanted == "auto":
        return "embedded"
    choice = choose_renderer(wanted)
    if wanted == "auto":
        broken = choice.name == "embedded" and habitat_from_environment() is not None
        level = logging.WARNING if broken else logging.INFO
        logger.log(level, "renderer auto is %s: %s", choice.name, choice.why)
    return choice.name


def make_renderer(name: RendererName, scene: Scene, samples: int, device: Device = "cpu") -> Renderer:
    """A renderer that shows `scene`. To be closed."""
    if name == "habitat":
        return HabitatRenderer.of_scene(scene, samples)
    return EmbeddedRenderer(scene, samples, device)
