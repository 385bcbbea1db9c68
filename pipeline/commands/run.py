"""`v4s run`: the whole recipe, from raw inputs to an evaluated model and its report.

simulate ─▶ curate ─▶ publish ─▶ train ─▶ evaluate ─▶ sample ─▶ showcase ─▶ report

Every step finds what is finished already and goes on from there; the same command again is always safe.
"""

import argparse
import time

from video4spatial.pipeline.commands.context import RunContext, open_run, read_context
from video4spatial.pipeline.commands.curate import curate
from video4spatial.pipeline.commands.evaluate import evaluate
from video4spatial.pipeline.commands.inputs import check_inputs
from video4spatial.pipeline.commands.next_commands import next_commands
from video4spatial.pipeline.commands.options import add_engine_options, add_run_options, make_executor
from video4spatial.pipeline.commands.publish import publish
from video4spatial.pipeline.commands.report import report
from video4spatial.pipeline.commands.sample import sample
from video4spatial.pipeline.commands.showcase import showcase
from video4spatial.pipeline.commands.simulate import simulate
from video4spatial.pipeline.commands.train import train
from video4spatial.pipeline.engine.recipe import Recipe
from video4spatial.pipeline.store.version import Version


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    parser = verbs.add_parser(
        "run", help="everything a recipe says, from raw inputs to the report", description=__doc__
    )
    add_run_options(parser)
    add_engine_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs the recipe to its end."""
    context = read_context(options)
    check_inputs(context)
    started = time.monotonic()
    with open_run(context):
        with make_executor(options, context.recipe.engine, context.reporter) as executor:
            simulate(context, executor, options.retry_failed)
            curate(context, executor, options.retry_failed)
        version = publish(context).version
        if why := why_untrained(context.recipe, version):
            context.reporter.say(f"train: not run: {why}")
        else:
            train(context, options.address)
            evaluate(context)
            sample(context)
        showcase(context, options.local)
        page = report(context)
        _say_what_is_next(context, str(page), time.monotonic() - started)
    return 0


def why_untrained(recipe: Recipe, version: Version) -> str:
    """Why plain videos train nothing; empty where there is something to train on, or should be."""
    if not recipe.has_cameras:
        return "these videos have no cameras, and there is no 'sim' and no capture (real.poses.estimate estimates them)"
    if recipe.sim is not None or (recipe.real is not None and recipe.real.captures):
        return ""
    needed = recipe.train.context.frames
    rows = version.table(["split", "held_out", "pose_source", "n_frames"]).to_pylist()
    is_there = any(
        row["split"] == "train" and not row["held_out"] and row["pose_source"] != "none" and row["n_frames"] >= needed
        for row in rows
    )
    return "" if is_there else f"no clip of {needed} frames got cameras; the column pose_status says why"


def _say_what_is_next(context: RunContext, page: str, seconds: float) -> None:
    say = context.reporter.say
    version = context.state["publish"]
    say(f"\ndone in {seconds:.0f} s")
    say(f"version  {version['version']}  content {version['content'][:16]}")
    say(f"report   {page}")
    for position, command in enumerate(next_commands(context)):
        say(f"{'next' if position == 0 else '':8s} {command}")
