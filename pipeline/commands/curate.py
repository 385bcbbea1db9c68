"""`v4s curate`: real videos ─▶ measured, encoded clips (finished units in the store)."""

import argparse

from video4spatial.pipeline.commands.context import RunContext, open_run, read_context
from video4spatial.pipeline.commands.inputs import check_inputs, real_plan
from video4spatial.pipeline.commands.options import add_engine_options, add_run_options, make_executor
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.engine.run import Executor


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    parser = verbs.add_parser("curate", help="decode, split, score and cut real videos", description=__doc__)
    add_run_options(parser)
    add_engine_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Curates what the recipe's `real` asks for."""
    context = read_context(options)
    if context.recipe.real is None:
        raise ConfigError(f"{context.loaded.name} has no 'real' part: there is nothing to curate; give --videos DIR")
    check_inputs(context)
    with open_run(context), make_executor(options, context.recipe.engine, context.reporter) as executor:
        curate(context, executor, options.retry_failed)
    return 0


def curate(context: RunContext, executor: Executor, retry_failed: bool = False) -> None:
    """The step: units of real video through the executor."""
    plan = real_plan(context)
    if plan is None:
        return
    with context.timed("curate") as facts:
        result = executor.run("curate", plan.stage, plan.units, context.store, retry_failed)
        facts |= {"done": result.done, "reused": result.reused, "failed": len(result.failures)}
