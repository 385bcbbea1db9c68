"""A page of scene previews: every scene with its plan, its pictures, its film and its numbers.

previews in a folder ─▶ [index_page] ─▶ index.html beside them

The pictures are files beside the page; nothing else is loaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from video4spatial.pipeline.report.text import escape

_CSS = (
    "body{margin:0 auto;max-width:1500px;padding:24px;font:16px/1.5 system-ui,sans-serif}"
    "body{color:#1c1f23;background:#fbfaf7}"
    "section{margin:0 0 56px}h2{margin:0}p{margin:4px 0 12px;color:#5d636b}"
    "img,video{max-width:100%;border:1px solid #e3dfd6;background:#fff;margin:0 0 12px;display:block}"
    ".missing{color:#8f2f1d}nav a{margin-right:14px}"
)
_POLICY = "default-src 'none'; img-src 'self' file:; media-src 'self' file:; style-src 'unsafe-inline'"


@dataclass(frozen=True, kw_only=True)
class IndexEntry:
    """One scene on the page."""

    name: str
    summary: str
    """Its numbers in one line, or why there are no pictures."""
    plan: str = ""
    """File names beside the page; empty for what was not made."""
    views: str = ""
    film: str = ""


def index_page(entries: Sequence[IndexEntry]) -> str:
    """The whole document."""
    links = "".join(f'<a href="#{escape(entry.name)}">{escape(entry.name)}</a>' for entry in entries)
    body = "".join(_section(entry) for entry in entries)
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{len(entries)} scenes · video4spatial</title><style>{_CSS}</style>"
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body><nav>{links}</nav>{body}</body></html>\n'


def _section(entry: IndexEntry) -> str:
    shown = ""
    if entry.views:
        shown += f'<img src="{escape(entry.views)}" alt="rooms of {escape(entry.name)}">'
    if entry.film:
        shown += f'<video controls muted loop preload="metadata" src="{escape(entry.film)}"></video>'
    if entry.plan:
        shown += f'<img src="{escape(entry.plan)}" alt="plan of {escape(entry.name)}">'
    css = "" if entry.views else ' class="missing"'
    title = f"<h2>{escape(entry.name)}</h2><p{css}>{escape(entry.summary)}</p>"
    return f'<section id="{escape(entry.name)}">{title}{shown}</section>'
