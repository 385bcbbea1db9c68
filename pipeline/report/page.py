"""The skeleton of the page: head, navigation, sections, foot."""

from collections.abc import Sequence
from dataclasses import dataclass

from video4spatial.pipeline.report.style import CSS
from video4spatial.pipeline.report.tables import section
from video4spatial.pipeline.report.text import escape

# Even a page that is opened on a machine with a network asks nobody for anything.
_POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One section of the report."""

    anchor: str
    title: str
    short: str
    """Its name in the navigation."""
    lead: str
    """One or two sentences under the title, plain text."""
    html: str


def skeleton(title: str, header: str, parts: Sequence[Part]) -> str:
    """The whole document. `header` and the parts' `html` are markup; titles are text."""
    links = "".join(f'<a href="#{part.anchor}">{escape(part.short)}</a>' for part in parts)
    body = "".join(section(part.anchor, part.title, part.lead, part.html) for part in parts)
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="generator" content="video4spatial"><title>{escape(title)}</title><style>{CSS}</style>'
    )
    foot = "<footer>Written by video4spatial from the records of the run. This file is complete: it loads nothing."
    main = f"<main><header>{header}<nav>{links}</nav></header>{body}{foot}</footer></main>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{main}</body></html>\n'
