"""`v4s sample`: a trained model follows whole camera paths ─▶ mp4 files for people, truth beside what it shows."""

import argparse
from pathlib import Path

from video4spatial.pipeline.commands.context import RunContext, open_run, read_context
from video4spatial.pipeline.commands.options import add_run_options
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import fingerprint

SAMPLE_FORMAT = 1
"""Raised by hand when the same model and settings would show other videos."""

PER_SET = 1
"""Paths shown of each held-out set when nobody asks for another number."""


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    parser = verbs.add_parser(
        "sample", help="show what the model sees along held-out paths, as mp4", description=__doc__
    )
    add_run_options(parser)
    parser.add_argument("--per-set", type=int, default=PER_SET, metavar="N", help="paths of each held-out set")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Samples from what train left."""
    context = read_context(options)
    if options.per_set < 1:
        raise ConfigError(f"--per-set must be at least 1, got {options.per_set}")
    context.trained("sample")
    with open_run(context):
        sample(context, options.per_set)
    return 0


def sample(context: RunContext, per_set: int = PER_SET) -> Path:
    """The step; returns the folder of the videos."""
    published, trained = context.published("sample"), context.trained("sample")
    config = context.recipe.evaluate
    how = {
        "train": trained["id"],
        "per_set": per_set,
        "steps": config.sample_steps,
        "guidance": config.guidance_scale,
        "seed": config.seed,
        "format": SAMPLE_FORMAT,
    }
    folder = context.out / "samples" / fingerprint(how)[:12]
    if (folder / "samples.json").exists():
        context.reporter.say(f"sample: {folder.name} is finished already")
    else:
        # torch takes seconds to import: only when there is something to sample
        from video4spatial.pipeline.engine.evaluation import sample_run

        with context.timed("sample"):
            run_dir = context.out / "train" / trained["id"]
            version = context.store.version(published["version"])
            written = sample_run(run_dir, version, context.recipe.evaluate, folder, per_set)
        context.reporter.say(f"sample: {len(written)} videos in {folder}")
    context.remember("sample", folder=folder.name)
    return folder
