"""The raw inputs of a recipe as stages and units: planned and checked before anything is made.

recipe ─▶ [simulation_plan | real_plan] ─▶ units, for simulate, curate and publish alike
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from video4spatial.filters.sources import video_sources
from video4spatial.filters.stage import CurateStage
from video4spatial.pipeline.commands.context import RunContext
from video4spatial.pipeline.core.stage import UnitStage
from video4spatial.pipeline.core.unit import Source, Unit
from video4spatial.sim_scenes.film import write_film
from video4spatial.sim_scenes.render.choose import resolve_renderer
from video4spatial.sim_scenes.sources import simulation_sources
from video4spatial.sim_scenes.stage import SimulateStage

FILM_NAME = "synthetic_film.mp4"
"""The film of one of our own rooms that stands in for a user's videos; its name says so wherever it goes."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A stage and its units."""

    stage: UnitStage
    units: Sequence[Unit]


@dataclass(frozen=True, kw_only=True)
class SimulationPlan(Plan):
    """The simulation's, whose stage also writes scene files for people and for the report."""

    stage: SimulateStage


def check_inputs(context: RunContext) -> None:
    """Finds what would stop the run later: missing files and folders. Reads no pixel, writes nothing."""
    recipe = context.recipe
    if recipe.sim is not None:
        simulation_sources(recipe.sim, recipe.seed)
        resolve_renderer(recipe.sim.renderer)
    if recipe.real is not None and recipe.real.videos is not None:
        video_sources(recipe.real.videos)


def simulation_plan(context: RunContext) -> "SimulationPlan | None":
    """The scenes to render; None when the recipe has none."""
    recipe = context.recipe
    if recipe.sim is None:
        return None
    stage = SimulateStage(config=recipe.sim, scene_folder=str(context.scene_folder))
    return SimulationPlan(stage=stage, units=stage.units(simulation_sources(recipe.sim, recipe.seed), recipe.seed))


def real_plan(context: RunContext) -> Plan | None:
    """The videos to curate; without a user's videos, the synthetic film (made here if it is missing)."""
    recipe = context.recipe
    if recipe.real is None:
        return None
    sources = _video_sources(context)
    stage = CurateStage(config=recipe.real, floor=recipe.floor)
    return Plan(stage=stage, units=stage.units(sources, recipe.seed))


def all_units(context: RunContext) -> list[Unit]:
    """Every unit of the recipe, simulation first."""
    plans = [plan for plan in (simulation_plan(context), real_plan(context)) if plan is not None]
    return [unit for plan in plans for unit in plan.units]


def _video_sources(context: RunContext) -> list[Source]:
    real = context.recipe.real
    assert real is not None
    if real.videos is not None:
        return video_sources(real.videos)
    if not real.synthetic_film:
        return []
    film = context.out / "film" / FILM_NAME
    if not film.exists() or film.stat().st_size == 0:
        context.reporter.say(f"curate: no videos were given; filming a room of our own: {Path(film).name}")
        write_film(film, seed=context.recipe.seed)
    return video_sources(str(film))
