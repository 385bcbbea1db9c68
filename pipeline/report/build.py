"""Builds the report: facts in, one HTML document out, written whole or not at all.

ReportFacts ─▶ build_report ─▶ html ─▶ write_report ─▶ report.html
"""

from pathlib import Path

from video4spatial.pipeline.core.files import write_atomic
from video4spatial.pipeline.report import dataset, evaluation, gallery, houses, learning, overview, record, samples
from video4spatial.pipeline.report.facts import ReportFacts
from video4spatial.pipeline.report.page import skeleton
from video4spatial.pipeline.report.pictures import FULL, SMALLER, SMALLEST, Detail
from video4spatial.pipeline.report.rows import Rows, read_rows

MAX_BYTES = 8_000_000
"""Above it a page is slow to open and refused by mail; pictures are made smaller until it fits."""


def build_report(facts: ReportFacts) -> str:
    """The report as one self-contained HTML document: no script, no request, the same bytes for the same facts.

    Pictures are shrunk in two steps until the page is below `MAX_BYTES`; the smallest is returned as it is.
    """
    rows = read_rows(facts)
    html = ""
    for detail in (FULL, SMALLER, SMALLEST):
        html = _page(facts, rows, detail)
        if len(html.encode()) <= MAX_BYTES:
            break
    return html


def write_report(path: Path, html: str) -> None:
    """Writes the document to `path`; a reader sees the old file or the new one."""
    write_atomic(path, html.encode())


def _page(facts: ReportFacts, rows: Rows | None, detail: Detail) -> str:
    parts = (
        dataset.funnel_part(facts, rows),
        gallery.kept_part(facts, rows, detail),
        gallery.dropped_part(facts, rows, detail),
        houses.houses_part(facts, detail),
        dataset.maps_part(facts, rows, detail),
        dataset.scores_part(facts, rows),
        learning.training_part(facts),
        samples.samples_part(facts, rows, detail),
        evaluation.evaluation_part(facts),
        evaluation.not_run_part(facts),
        record.steps_part(facts),
        record.record_part(facts),
    )
    name = facts.version.name if facts.version is not None else facts.title
    return skeleton(
        f"{name} · video4spatial", overview.header(facts, rows), [part for part in parts if part is not None]
    )
