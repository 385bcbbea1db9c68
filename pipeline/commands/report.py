"""`v4s report`: one self-contained report.html of everything a run made, measured and left out."""

import argparse
from pathlib import Path

import video4spatial
from video4spatial.pipeline.commands.context import RunContext, open_run, read_context
from video4spatial.pipeline.commands.options import add_run_options
from video4spatial.pipeline.core.settings import fingerprint

REPORT_FORMAT = 2
"""Raised by hand when the same run would get another page."""


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    parser = verbs.add_parser("report", help="write report.html of a run", description=__doc__)
    add_run_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Writes the report of what the other verbs left, whatever is there."""
    context = read_context(options)
    with open_run(context):
        context.state.pop("report", None)
        context.reporter.say(f"report   {report(context)}")
    return 0


def report(context: RunContext) -> Path:
    """The step; returns the page. A page of the same results is not made again."""
    page = context.out / "report.html"
    results = {name: context.state.get(name) for name in ("train", "evaluate", "sample", "showcase")}
    results["publish"] = context.state.get("publish", {}).get("version")
    same = fingerprint(
        {
            "format": REPORT_FORMAT,
            "package": video4spatial.__version__,
            "results": results,
            "recipe": context.loaded.text,
        }
    )[:12]
    if page.exists() and context.state.get("report", {}).get("id") == same:
        context.reporter.say("report: it is up to date")
        return page
    # pictures and plots: only when there is something to draw
    from video4spatial.pipeline.commands.report_facts import gather_facts
    from video4spatial.pipeline.report.build import build_report, write_report

    context.reporter.say("report: reading pictures and drawing")
    with context.timed("report"):
        write_report(page, build_report(gather_facts(context)))
    context.remember("report", id=same)
    return page
