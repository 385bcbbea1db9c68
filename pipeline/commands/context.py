"""What the verbs of one run share: recipe, folder, store, reporter, and what earlier steps left behind."""

import argparse
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from video4spatial.pipeline.commands.recipe_file import LoadedRecipe, load_recipe
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.files import write_atomic
from video4spatial.pipeline.core.settings import fingerprint
from video4spatial.pipeline.engine.progress import Reporter
from video4spatial.pipeline.engine.recipe import Recipe
from video4spatial.pipeline.store.captions import Captions, read_captions
from video4spatial.pipeline.store.store import Store


@dataclass
class RunContext:
    """One run: a recipe, an output folder, and where its data goes."""

    loaded: LoadedRecipe
    out: Path
    store_address: str
    command: str
    progress: Any
    plans: dict[str, Any] = field(default_factory=dict)
    """What inputs.py has planned already: the sources of one run are hashed and probed once."""
    state: dict[str, Any] = field(default_factory=dict)
    """`run.json`: what each step left for the next ones."""

    @property
    def recipe(self) -> Recipe:
        return self.loaded.recipe

    @cached_property
    def reporter(self) -> Reporter:
        return Reporter(self.progress, journal=self.out / "progress.jsonl")

    @cached_property
    def store(self) -> Store:
        return Store.open(self.store_address)

    @cached_property
    def captions(self) -> Captions | None:
        """The recipe's captions, read once. Raises ConfigError that names the line of a mistake."""
        return None if self.recipe.captions is None else read_captions(Path(self.recipe.captions).expanduser())

    @property
    def choice(self) -> str:
        """What publish does to the rows, as one word: the selection, and the bytes of the captions."""
        select = fingerprint(self.recipe.select)
        return select if self.captions is None else fingerprint([select, self.captions.sha256])

    @property
    def scene_folder(self) -> Path:
        """Absolute, because workers may stand in another folder."""
        return self.out.absolute() / "scenes"

    def remember(self, step: str, **facts: Any) -> None:
        """Writes what `step` left behind into run.json, whole or not at all."""
        self.state[step] = facts
        self._write_state()

    def recall(self, step: str, needed_for: str) -> dict[str, Any]:
        """What `step` left behind. Raises ConfigError that names the verb to run first."""
        if step not in self.state:
            raise ConfigError(
                f"{needed_for} needs the result of {step}: run `v4s {step}` with the same recipe and --out first"
            )
        return dict(self.state[step])

    def published(self, needed_for: str) -> dict[str, Any]:
        """What publish left for this very recipe. Raises ConfigError when it published something else since."""
        left = self.recall("publish", needed_for)
        if left.get("adopted"):
            return left  # it was asked for by its name, whatever the recipe would select
        same_name = left["version"].rpartition("@")[0] == self.recipe.name
        if not same_name or left.get("select") != self.choice:
            raise ConfigError(
                f"{left['version']} was published under another name, selection or captions than this recipe has; run "
                f"`v4s publish` with this recipe before {needed_for}"
            )
        return left

    def trained(self, needed_for: str) -> dict[str, Any]:
        """What train left, of the version that is published now. Raises ConfigError when the two do not belong."""
        published, left = self.published(needed_for), self.recall("train", needed_for)
        if left.get("splits") != published["splits"]:
            raise ConfigError(
                f"the model {left['id']} was trained on other data or splits than {published['version']} has; run "
                f"`v4s train` before {needed_for}"
            )
        return left

    @contextmanager
    def timed(self, step: str) -> Iterator[dict[str, Any]]:
        """Tells machines when a step starts and ends; keeps its time and what the block adds (`done`, `reused`,
        `failed`, `note`) for the report, unless nothing was `done`."""
        facts: dict[str, Any] = {}
        started = time.monotonic()
        self.reporter.record("step", step=step, state="started")
        yield facts
        wall_s = round(time.monotonic() - started, 2)
        self.reporter.record("step", step=step, state="finished", seconds=wall_s)
        if facts.get("done", 1):
            self.state.setdefault("steps", {})[step] = {"wall_s": wall_s, **facts}
            self._write_state()

    def _write_state(self) -> None:
        write_atomic(self.out / "run.json", json.dumps(self.state, indent=1, sort_keys=True).encode())


def read_context(options: argparse.Namespace) -> RunContext:
    """The context of a command line; nothing is written yet. Raises ConfigError before any work starts."""
    loaded = load_recipe(options.recipe, input_overrides(options))
    out: Path = options.out
    return RunContext(
        loaded=loaded,
        out=out,
        store_address=options.store or str(out / "store"),
        command=options.command,
        progress=options.progress,
        state=_read_state(out),
    )


def input_overrides(options: argparse.Namespace) -> list[str]:
    """The `--set` of a command line, with what `--videos` and `--captures` are short for."""
    overrides = list(options.overrides)
    if options.videos is not None:
        overrides.append(f"real.videos={json.dumps(options.videos)}")
    if options.captures:
        overrides.append(f"real.captures={json.dumps(options.captures)}")
    return overrides


@contextmanager
def open_run(context: RunContext) -> Iterator[RunContext]:
    """Makes the output folder and holds it: two runs in one folder would spoil each other's files."""
    try:
        context.out.mkdir(parents=True, exist_ok=True)
        lock = os.open(context.out / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ConfigError(
            f"cannot write to the output folder {context.out}: {error.strerror}; choose another --out"
        ) from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(
                f"another v4s is working in {context.out}; wait for it, or choose another --out"
            ) from None
        context.state = _read_state(context.out)
        write_atomic(context.out / "recipe.yaml", context.loaded.text.encode())
        yield context
    finally:
        os.close(lock)


def _read_state(out: Path) -> dict[str, Any]:
    path = out / "run.json"
    try:
        state = json.loads(path.read_text())
        if not isinstance(state, dict):
            raise ValueError("it is not a JSON object")
        return state
    except FileNotFoundError:
        return {}
    except NotADirectoryError:
        raise ConfigError(
            f"the output folder {out} cannot be made: a file stands in its path; choose another --out"
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} cannot be read ({error}); remove it, the steps will find their results again"
        ) from None
