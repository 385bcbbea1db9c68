"""The report of a run: one HTML file that shows what was made, what was dropped and why, and how good the model is.

engine fills ReportFacts ─▶ build_report(facts) ─▶ html ─▶ write_report(path, html)

Same facts, same bytes. Nothing is shown that the facts do not hold, and nothing is fetched when the page is read.
"""

from video4spatial.pipeline.report.build import build_report, write_report
from video4spatial.pipeline.report.facts import (
    CameraPath,
    FailedUnit,
    Picture,
    ReportFacts,
    SceneMap,
    Showcase,
    Step,
    Strip,
    Threshold,
    VersionFacts,
)

__all__ = [
    "CameraPath",
    "FailedUnit",
    "Picture",
    "ReportFacts",
    "SceneMap",
    "Showcase",
    "Step",
    "Strip",
    "Threshold",
    "VersionFacts",
    "build_report",
    "write_report",
]
