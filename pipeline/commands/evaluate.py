"""`v4s evaluate`: a trained model ─▶ scores with intervals, beside baselines."""

import argparse
import json
from pathlib import Path

from video4spatial.pipeline.commands.context import RunContext, open_run, read_context
from video4spatial.pipeline.commands.options import add_run_options
from video4spatial.pipeline.core.settings import fingerprint

EVALUATION_FORMAT = 1
"""Raised by hand when the same model and settings would get other numbers."""


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    parser = verbs.add_parser(
        "evaluate", help="measure the trained model on held-out paths and rooms", description=__doc__
    )
    add_run_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Evaluates what train left."""
    context = read_context(options)
    context.trained("evaluate")
    with open_run(context):
        evaluate(context)
    return 0


def evaluate(context: RunContext) -> Path:
    """The step; returns the folder that holds result.json."""
    published, trained = context.published("evaluate"), context.trained("evaluate")
    evaluation_id = fingerprint(
        {"train": trained["id"], "evaluate": context.recipe.evaluate, "format": EVALUATION_FORMAT}
    )[:12]
    folder = context.out / "evaluation" / evaluation_id
    if _is_whole(folder / "result.json"):
        context.reporter.say(f"evaluate: {evaluation_id} is finished already")
    else:
        # torch takes seconds to import: only when there is something to evaluate
        from video4spatial.pipeline.engine.evaluation import evaluate_run

        context.reporter.say(f"evaluate: {trained['id']} on {published['version']}")
        with context.timed("evaluate"):
            run_dir = context.out / "train" / trained["id"]
            evaluate_run(run_dir, context.store.version(published["version"]), context.recipe.evaluate, folder)
    context.remember("evaluate", id=evaluation_id)
    return folder


def _is_whole(path: Path) -> bool:
    """A result that reads back; one that was cut off is made again."""
    try:
        return "sets" in json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return False
