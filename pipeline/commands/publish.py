"""`v4s publish`: finished units + selection ─▶ an immutable version, in one create-only write."""

import argparse
from collections import Counter
from typing import Any

from video4spatial.pipeline.commands.context import RunContext, open_run, read_context
from video4spatial.pipeline.commands.inputs import all_units, check_inputs
from video4spatial.pipeline.commands.options import add_run_options
from video4spatial.pipeline.engine.clips import split_fingerprint
from video4spatial.pipeline.engine.environment import code_facts
from video4spatial.pipeline.store.version import Published, Version


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    parser = verbs.add_parser("publish", help="select over finished units and commit a version", description=__doc__)
    add_run_options(parser)
    parser.add_argument(
        "--version",
        dest="adopted",
        metavar="DATASET@N|@TAG",
        help="take this version instead, one that was derived or repacked: train and evaluate then use it",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Publishes what simulate and curate finished."""
    context = read_context(options)
    if options.adopted is not None:
        version = context.store.version(options.adopted)
        with open_run(context):
            adopt(context, version)
        return 0
    check_inputs(context)
    with open_run(context):
        publish(context)
    return 0


def adopt(context: RunContext, version: Version) -> None:
    """Makes `version` the one that this run trains on and is measured on, until it publishes again."""
    _remember(context, version, adopted=True, created=False, moved=version.manifest["moved"])
    root = version.manifest["parent"] if version.manifest.get("derivation") else None
    said = f", made from {root}," if root else ""
    context.reporter.say(f"publish: {version.name}{said} is what this run uses: {version.manifest['rows']} sequences")


def _remember(context: RunContext, version: Version, **facts: Any) -> None:
    context.remember(
        "publish",
        version=version.name,
        content=version.content,
        splits=split_fingerprint(version),
        select=context.choice,
        **facts,
    )


def publish(context: RunContext) -> Published:
    """The step: the same units, selection and content give the version that is there already."""
    with context.timed("publish") as facts:
        recipe = context.recipe
        published = context.store.publish(
            recipe.name, all_units(context), recipe.select, context.loaded.text, code_facts(), context.captions
        )
        version = published.version
        facts["done"] = int(published.created)
        _remember(context, version, created=published.created, moved=list(published.moved))
        for moved in published.moved:
            context.reporter.say(f"publish: {moved}")
        context.reporter.say(
            f"publish: {version.name} {'made' if published.created else 'is there already'}: "
            f"{_summary(version.table(['verdict', 'reason']).to_pylist())}"
        )
        if told := version.manifest.get("captions"):
            lost = f"; {told['stale']} were written for other bytes, {told['unknown']} name no sequence of it"
            lost = lost if told["stale"] or told["unknown"] else ""
            context.reporter.say(f"publish: {told['used']} sequences have a caption{lost}")
    return published


def _summary(rows: list[dict[str, str]]) -> str:
    """`kept 18 of 31 (9 too_blurred, 4 frozen)`."""
    dropped = Counter(row["reason"] for row in rows if row["verdict"] != "kept")
    kept = len(rows) - dropped.total()
    reasons = ", ".join(f"{count} {reason}" for reason, count in dropped.most_common(5))
    return f"kept {kept} of {len(rows)}" + (f" ({reasons})" if reasons else "")
