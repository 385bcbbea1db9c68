"""Trains and evaluates from exported arrays, on a node that has torch and diffusers and nothing else of this program.

python -m video4spatial.model train ARRAYS --out RUN       (or: torchrun --nproc-per-node N -m video4spatial.model ...)
python -m video4spatial.model evaluate ARRAYS --out RUN    ─▶ RUN/evaluation.json
python -m video4spatial.model check ARRAYS                 every byte as it was exported

The settings are those of the recipe (ARRAYS/settings.json), or a JSON file of that form. Exit 0 done, 1 failed, 2 wrong
usage, 130 stopped by Ctrl-C: the same command goes on.
"""

import argparse
import json
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from video4spatial.model.arrays import ArrayVersion, open_arrays
from video4spatial.model.config import ContextConfig, EvaluateConfig, ModelConfig, TrainConfig
from video4spatial.model.evaluate import evaluate
from video4spatial.model.launch import LocalLaunch
from video4spatial.model.pipeline import load_pipeline
from video4spatial.model.store_source import StoreSource, check_captions, clip_sources
from video4spatial.model.trainer import train
from video4spatial.pipeline.core.errors import ConfigError, StorageError, V4SError
from video4spatial.pipeline.core.files import write_atomic
from video4spatial.pipeline.core.settings import from_plain

STOPPED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb and returns the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        return int(options.run(options))
    except V4SError as error:
        print(f"video4spatial.model: {' '.join(str(error).split())}", file=sys.stderr)
        return error.exit_status


def run_train(options: argparse.Namespace) -> int:
    """From the newest checkpoint to the last step; Ctrl-C and SIGTERM save first."""
    version, settings = open_arrays(options.arrays), _settings(options)
    model, config = from_plain(ModelConfig, settings["model"]), from_plain(TrainConfig, settings["train"])
    check_captions(version.reader().rows, model.instruction_bytes)
    stop = _Stop()
    sources = _sources(version, model, config.context, ("train", "held_out", "val"))
    if "train" not in sources:
        raise ConfigError(f"{version.name} has no sequence of {model.size_px} px with cameras in train")
    launch = LocalLaunch(lambda: stop.asked)
    result = train(model, config, sources, options.out, launch, version.identity, {"version": version.name})
    if launch.rank == 0:
        done = "finished" if result.finished else "saved; the same command goes on"
        print(f"step {result.step} of {config.steps}: {done}, {options.out}")
    return 0 if result.finished else STOPPED


def run_evaluate(options: argparse.Namespace) -> int:
    """Measures the saved pipeline on held-out paths and rooms."""
    version, settings = open_arrays(options.arrays), _settings(options)
    if not (options.out / "pipeline").is_dir():
        raise ConfigError(f"{options.out} holds no finished training; run `train` with this --out first")
    pipeline = load_pipeline(options.out / "pipeline")
    parts = ("held_out", "val", "test")
    sources = _sources(version, pipeline.model_config, pipeline.context_config, parts, with_depth=True)
    output = evaluate(pipeline, sources, from_plain(EvaluateConfig, settings["evaluate"]))
    write_atomic(options.out / "evaluation.json", json.dumps(output.result, indent=1, sort_keys=True).encode())
    print(f"{options.out / 'evaluation.json'}: {', '.join(sources)} of {version.name}")
    return 0


def run_check(options: argparse.Namespace) -> int:
    """Exit 0 when every byte is what was exported."""
    version = open_arrays(options.arrays)
    wrong = version.reader().check()
    for sentence in wrong:
        print(sentence)
    if wrong:
        raise StorageError(f"{options.arrays}: {len(wrong)} files are wrong; export {version.name} again")
    print(f"{options.arrays}: {len(version.reader())} sequences of {version.name}, every byte as exported")
    return 0


class _Stop:
    """Set by a signal, looked at after each step."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def _sources(
    version: ArrayVersion, model: ModelConfig, context: ContextConfig, parts: tuple[str, ...], with_depth: bool = False
) -> dict[str, StoreSource]:
    shortest = context.frames
    return clip_sources(version, model.size_px, parts, with_depth=with_depth, shortest=shortest)


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    path = options.settings or options.arrays / "settings.json"
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        raise ConfigError(f"no settings in {path}; give --settings FILE with model, train and evaluate") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read ({error}); it is JSON of model, train and evaluate") from None
    if not isinstance(found, dict) or set(found) - {"model", "train", "evaluate"}:
        raise ConfigError(f"{path} must be a JSON object of model, train and evaluate")
    return {"model": {}, "train": {}, "evaluate": {}} | found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m video4spatial.model", description="Train from exported arrays.")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for name, run, text in (
        ("train", run_train, "train, or go on training"),
        ("evaluate", run_evaluate, "measure what was trained"),
        ("check", run_check, "read everything back and compare every hash"),
    ):
        verb = verbs.add_parser(name, help=text)
        verb.add_argument("arrays", type=Path, metavar="ARRAYS", help="folder that `v4s datasets export` wrote")
        if name != "check":
            verb.add_argument("--out", type=Path, required=True, metavar="RUN", help="folder of the training run")
            verb.add_argument("--settings", type=Path, metavar="FILE", help="JSON; default: ARRAYS/settings.json")
        verb.set_defaults(run=run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
