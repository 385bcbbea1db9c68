"""What a person may type after a run: on the last lines of `v4s run` and at the end of the report."""

import shlex

from video4spatial.pipeline.commands.context import RunContext
from video4spatial.pipeline.commands.program import program


def next_commands(context: RunContext) -> tuple[str, ...]:
    """Whole command lines that work as they stand, but for YOUR_VIDEOS."""
    v4s = program()
    store, out = shlex.quote(context.store_address), shlex.quote(str(context.out))
    recipe = shlex.quote(str(context.out / "recipe.yaml"))
    version = context.state.get("publish", {}).get("version", context.recipe.name)
    return (
        f"{v4s} datasets show {version} --store {store}",
        f"{v4s} datasets verify {version} --store {store}",
        f"{v4s} sample {recipe} --out {out} --per-set 3",
        f"{v4s} run {recipe} --out {out} --videos YOUR_VIDEOS",
    )
