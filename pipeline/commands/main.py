"""Parses, sets up logging, runs the verb, turns expected errors into one line and an exit status.

Exit 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C (everything finished is kept).
"""

import argparse
import logging
import os
import shlex
import signal
import sys
import warnings
from collections.abc import Sequence
from types import FrameType, ModuleType

import video4spatial
from video4spatial.pipeline.commands import (
    curate,
    datasets,
    doctor,
    evaluate,
    publish,
    report,
    run,
    sample,
    scenes,
    simulate,
    train,
)
from video4spatial.pipeline.commands.program import program
from video4spatial.pipeline.core.errors import V4SError

VERBS: tuple[ModuleType, ...] = (
    run,
    simulate,
    curate,
    publish,
    train,
    sample,
    evaluate,
    report,
    datasets,
    scenes,
    doctor,
)

STOPPED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb and returns the exit status."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser().parse_args(arguments)
    options.command = f"{program()} {shlex.join(arguments)}"
    _quiet_libraries()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(options.run(options))
    except V4SError as error:
        print(f"v4s: {_one_line(str(error))}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print(f"\nv4s: stopped; what is finished is kept. Go on with: {options.command}", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        # the reader of our output left (`v4s datasets list | head`): nothing is wrong, and nobody listens any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="v4s", description="From 3D scenes and ordinary videos to a trained and evaluated spatial video model."
    )
    parser.add_argument("--version", action="version", version=f"v4s {video4spatial.__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb in VERBS:
        verb.register(verbs)
    return parser


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quiet_libraries() -> None:
    """Libraries speak through their return values here; their banners and advice are for their own users."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # OpenMP threads that wait by spinning starve each other as soon as anything else runs. Twenty training steps on 2
    # threads of a shared 2-core machine took 65 s with the default, 11 s sleeping at once, 7 s after a short spin
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    warnings.filterwarnings("ignore", module=r"(ray|torch|diffusers|transformers|tensorboard)(\..*)?")
