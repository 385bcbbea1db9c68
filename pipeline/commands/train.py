"""`v4s train`: a version ─▶ checkpoints, metrics and a saved pipeline."""

import argparse
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from video4spatial.pipeline.commands.context import RunContext, open_run, read_context
from video4spatial.pipeline.commands.interrupt import stop_on_interrupt
from video4spatial.pipeline.commands.options import add_run_options
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import fingerprint

TRAINING_FORMAT = 1
"""Raised by hand when the same version and settings would train another model."""


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    parser = verbs.add_parser("train", help="train the model on the published version", description=__doc__)
    add_run_options(parser)
    parser.add_argument("--address", metavar="ADDRESS", help="Ray cluster for engine.train_workers > 0")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Trains on what publish left."""
    context = read_context(options)
    if not context.recipe.has_cameras:
        raise ConfigError(
            f"{context.loaded.name} has no 'sim', no real.captures and no real.poses.estimate: nothing to train on"
        )
    context.published("train")
    with open_run(context):
        train(context, options.address)
    return 0


def train(context: RunContext, address: str | None = None) -> Path:
    """The step; returns the folder of the finished training run. Ctrl-C saves first and raises KeyboardInterrupt."""
    published = context.published("train")
    recipe = context.recipe
    train_id = fingerprint(
        {"splits": published["splits"], "model": recipe.model, "train": recipe.train, "format": TRAINING_FORMAT}
    )[:12]
    run_dir = context.out / "train" / train_id
    if (run_dir / "train.json").exists() and (run_dir / "pipeline" / "model_index.json").exists():
        context.reporter.say(f"train: {train_id} is finished already")
        context.remember("train", id=train_id, splits=published["splits"])
        return run_dir
    (run_dir / "train.json").unlink(missing_ok=True)  # a run whose pipeline was deleted saves it again
    # torch takes seconds to import: only when there is something to train
    from video4spatial.pipeline.engine.training import TrainingJob, start_training

    job = TrainingJob(
        store_address=str(context.store.root),
        version=published["version"],
        content=published["content"],
        splits=published["splits"],
        model=recipe.model,
        train=recipe.train,
        run_dir=str(run_dir.absolute()),
    )
    context.store.record_training(context.store.version(job.version), train_id, context.out.absolute().name)
    context.reporter.say(f"train: {train_id} on {job.version}, {recipe.train.steps} steps")
    with (
        context.timed("train"),
        stop_on_interrupt(context.reporter.say) as should_stop,
        _watched(context, run_dir, recipe.train.steps),
    ):
        result = start_training(job, recipe.engine.train_workers, address, should_stop)
    if not result.finished:
        raise KeyboardInterrupt
    context.remember("train", id=train_id, splits=published["splits"])
    return run_dir


@contextmanager
def _watched(context: RunContext, run_dir: Path, steps: int) -> Iterator[None]:
    """Follows metrics.jsonl while the trainer writes it, wherever the trainer runs."""
    finished = threading.Event()
    with context.reporter.counting("train", steps, "steps") as counter:

        def follow() -> None:
            position = 0
            while not finished.wait(1.0):
                path = run_dir / "metrics.jsonl"
                if not path.exists():
                    continue
                with path.open("rb") as file:
                    file.seek(position)
                    whole, newline, _ = file.read().rpartition(b"\n")
                position += len(whole) + len(newline)
                for line in whole.splitlines():
                    facts = json.loads(line)
                    if facts.get("kind") == "train" and facts["step"] > counter.done:
                        counter.advance(facts["step"] - counter.done, loss=float(facts["loss"]))

        watcher = threading.Thread(target=follow, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            finished.set()
            watcher.join()
