"""The options that several verbs share, each with one name and one meaning."""

import argparse
from pathlib import Path

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.engine.config import EngineConfig
from video4spatial.pipeline.engine.progress import Reporter
from video4spatial.pipeline.engine.run import Executor


def add_run_options(parser: argparse.ArgumentParser, *, may_look: bool = False) -> None:
    """RECIPE, --out and what changes a recipe or how it is run. A verb that `may_look` without making anything needs
    the two only when it makes something (`need_run_options`)."""
    parser.add_argument(
        "recipe", type=Path, metavar="RECIPE", nargs="?" if may_look else None, help="a recipe file (.yaml)"
    )
    parser.add_argument(
        "--out", type=Path, required=not may_look, metavar="DIR", help="folder of the run; made if missing"
    )
    parser.add_argument("--store", metavar="DIR", help="dataset store; default: DIR/store, shared stores are welcome")
    parser.add_argument(
        "--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE", help="override a recipe key"
    )
    parser.add_argument("--videos", metavar="DIR", help="short for --set real.videos=DIR")
    parser.add_argument(
        "--captures",
        action="append",
        metavar="DIR",
        help="short for --set real.captures=[DIR]; posed captures, may be given several times",
    )
    add_progress_option(parser)


def need_run_options(options: argparse.Namespace) -> None:
    """Raises ConfigError unless RECIPE and --out were given."""
    if options.recipe is None or options.out is None:
        missing = "RECIPE" if options.recipe is None else "--out DIR"
        raise ConfigError(f"{missing} is missing; a run needs both: RECIPE --out DIR")


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """Where units are worked off."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--local", action="store_true", help="in this process, without Ray: the same bytes, easier to debug"
    )
    where.add_argument("--address", metavar="ADDRESS", help="join a Ray cluster (auto, or ray://host:10001)")
    parser.add_argument(
        "--retry-failed",
        action="store_true",
        help="try again what failed in an earlier run (lost its process, or its input could not be read), not what was "
        "rejected; says what that was and why",
    )


def add_progress_option(parser: argparse.ArgumentParser) -> None:
    """How progress is told."""
    parser.add_argument(
        "--progress",
        choices=("auto", "terminal", "plain", "json"),
        default="auto",
        help="a live line, plain lines or JSON lines; auto: live in a terminal, else plain",
    )


def make_executor(options: argparse.Namespace, config: EngineConfig, reporter: Reporter) -> Executor:
    """The executor that the command line asks for."""
    return Executor(config, reporter, local=options.local, address=options.address)
