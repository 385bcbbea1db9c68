"""`v4s curate`: real videos and posed captures ─▶ measured, encoded clips (finished units in the store).

With `--explain FILE` it looks at one input and says what would become of it, and why; with `--dry-run` at a sample of
all, and estimates the whole. Neither writes to a store.
"""

import argparse

from video4spatial.pipeline.commands.context import RunContext, open_run, read_context
from video4spatial.pipeline.commands.dry_run import SAMPLE, dry_run
from video4spatial.pipeline.commands.explain import explain
from video4spatial.pipeline.commands.inputs import capture_plan, check_inputs, real_plan
from video4spatial.pipeline.commands.options import add_engine_options, add_run_options, make_executor, need_run_options
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.engine.run import Executor


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    parser = verbs.add_parser(
        "curate", help="decode, split, score and cut real videos; read posed captures", description=__doc__
    )
    add_run_options(parser, may_look=True)
    add_engine_options(parser)
    look = parser.add_mutually_exclusive_group()
    look.add_argument(
        "--explain",
        metavar="FILE",
        help="say of one video or capture what is in it and why each clip is kept or rejected; makes no data. With "
        "--out a page with pictures is written there; RECIPE gives settings and selection, else the defaults do",
    )
    look.add_argument(
        "--dry-run",
        action="store_true",
        help="run a sample without storing anything; estimate sequences kept and rejected, bytes and time of the whole",
    )
    parser.add_argument(
        "--sample",
        metavar="N|SHARE",
        help=f"inputs that --dry-run runs: a number (12) or a share (0.1, 10%%); default {SAMPLE}",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Curates what the recipe's `real` asks for."""
    if options.explain is not None:
        return explain(options)
    if options.dry_run:
        return dry_run(options)
    if options.sample is not None:
        raise ConfigError("--sample says how much --dry-run looks at; a run takes everything")
    need_run_options(options)
    context = read_context(options)
    if context.recipe.real is None:
        raise ConfigError(
            f"{context.loaded.name} has no 'real' part: there is nothing to curate; give --videos or --captures DIR"
        )
    check_inputs(context)
    with open_run(context), make_executor(options, context.recipe.engine, context.reporter) as executor:
        curate(context, executor, options.retry_failed)
    return 0


def curate(context: RunContext, executor: Executor, retry_failed: bool = False) -> None:
    """The step: units of real video and of posed captures through the executor."""
    plans = {"curate": real_plan(context), "captures": capture_plan(context)}
    to_do = [(name, plan) for name, plan in plans.items() if plan is not None and plan.units]
    if not to_do:
        return
    _say_what_will_not_train(context)
    with context.timed("curate") as facts:
        results = [executor.run(name, plan.stage, plan.units, context.store, retry_failed) for name, plan in to_do]
        facts |= {
            "done": sum(result.done for result in results),
            "reused": sum(result.reused for result in results),
            "failed": sum(len(result.failures) for result in results),
        }


def _say_what_will_not_train(context: RunContext) -> None:
    """Captures may be stored in another size than the model's: that is no mistake, but nobody should wonder later."""
    recipe = context.recipe
    if recipe.real is None or not recipe.real.captures:
        return
    stored, taken = (recipe.real.posed.crop, recipe.real.size_px), ("square", recipe.model.size_px)
    if stored != taken:
        context.reporter.say(
            f"captures: stored {stored[0]} with {stored[1]} px, the model takes square frames of {taken[1]}: they do "
            f"not train it; set real.size_px={taken[1]} if they should"
        )
