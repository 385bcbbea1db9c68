"""The raw inputs of a recipe as stages and units: planned and checked before anything is made.

recipe ─▶ [simulation_plan | real_plan | capture_plan] ─▶ units, for simulate, curate and publish alike
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from video4spatial.filters.captures.sources import capture_sources
from video4spatial.filters.captures.stage import CaptureStage, read_options
from video4spatial.filters.sources import video_sources
from video4spatial.filters.stage import CurateStage
from video4spatial.pipeline.commands.context import RunContext
from video4spatial.pipeline.core.stage import UnitStage
from video4spatial.pipeline.core.unit import Source, Unit
from video4spatial.sim_scenes.film import write_film
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
    """Plans what can be planned without writing, so that what would stop the run later stops it now."""
    _ = context.captions  # read, so that a mistake in them is found
    simulation_plan(context)
    if context.recipe.real is not None and context.recipe.real.videos is not None:
        real_plan(context)
    capture_plan(context)


def simulation_plan(context: RunContext) -> "SimulationPlan | None":
    """The scenes to render; None when the recipe has none. Planned once per run."""
    recipe = context.recipe
    if recipe.sim is None:
        return None
    if "simulation" not in context.plans:
        stage = SimulateStage(config=recipe.sim, scene_folder=str(context.scene_folder))
        units = stage.units(simulation_sources(recipe.sim, recipe.seed), recipe.seed)
        context.plans["simulation"] = SimulationPlan(stage=stage, units=units)
    plan: SimulationPlan = context.plans["simulation"]
    return plan


def real_plan(context: RunContext) -> Plan | None:
    """The videos to curate; without a user's videos and captures, the synthetic film (made here if it is missing).

    Planned once per run: files are hashed and their headers read in a killable child.
    """
    recipe = context.recipe
    if recipe.real is None:
        return None
    if "real" not in context.plans:
        stage = CurateStage(config=recipe.real, floor=recipe.floor)
        context.plans["real"] = Plan(stage=stage, units=stage.units(_video_sources(context), recipe.seed))
    plan: Plan = context.plans["real"]
    return plan


def capture_plan(context: RunContext) -> Plan | None:
    """The posed captures to read; None when the recipe has none. Planned once per run: their files are hashed."""
    recipe = context.recipe
    if recipe.real is None or not recipe.real.captures:
        return None
    if "captures" not in context.plans:
        stage = CaptureStage(config=recipe.real, floor=recipe.floor)
        sources = capture_sources(recipe.real.captures, read_options(recipe.real.posed))
        context.plans["captures"] = Plan(stage=stage, units=stage.units(sources, recipe.seed))
    plan: Plan = context.plans["captures"]
    return plan


def all_units(context: RunContext) -> list[Unit]:
    """Every unit of the recipe, simulation first."""
    plans = [plan for plan in (simulation_plan(context), real_plan(context), capture_plan(context)) if plan is not None]
    return [unit for plan in plans for unit in plan.units]


def _video_sources(context: RunContext) -> list[Source]:
    real = context.recipe.real
    assert real is not None
    if real.videos is not None:
        return video_sources(real.videos)
    if not real.synthetic_film or real.captures:
        return []
    film = context.out / "film" / FILM_NAME
    if not film.exists() or film.stat().st_size == 0:
        context.reporter.say(f"curate: no videos were given; filming a room of our own: {Path(film).name}")
        write_film(film, seed=context.recipe.seed)
    return video_sources(str(film))
