"""`v4s simulate`: scenes ─▶ rendered, camera-posed sequences (finished units in the store)."""

import argparse

from video4spatial.pipeline.commands.context import RunContext, open_run, read_context
from video4spatial.pipeline.commands.inputs import check_inputs, simulation_plan
from video4spatial.pipeline.commands.options import add_engine_options, add_run_options, make_executor
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.engine.run import Executor


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    parser = verbs.add_parser("simulate", help="render camera-posed sequences of 3D scenes", description=__doc__)
    add_run_options(parser)
    add_engine_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Renders what the recipe's `sim` asks for."""
    context = read_context(options)
    if context.recipe.sim is None:
        raise ConfigError(f"{context.loaded.name} has no 'sim' part: there is nothing to simulate")
    check_inputs(context)
    with open_run(context), make_executor(options, context.recipe.engine, context.reporter) as executor:
        simulate(context, executor, options.retry_failed)
    return 0


def simulate(context: RunContext, executor: Executor, retry_failed: bool = False) -> None:
    """The step: units of simulation through the executor."""
    plan = simulation_plan(context)
    if plan is None:
        return
    with context.timed("simulate") as facts:
        result = executor.run("simulate", plan.stage, plan.units, context.store, retry_failed)
        plan.stage.write_missing_scenes(list(plan.units))
        facts |= {"done": result.done, "reused": result.reused, "failed": len(result.failures)}
