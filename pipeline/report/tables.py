"""HTML tables, definition lists, notes and figures: the small blocks every section is made of.

Cells that are already markup are wrapped in `Markup`; everything else is escaped.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from video4spatial.pipeline.report.text import escape


@dataclass(frozen=True)
class Markup:
    """Text that is HTML already."""

    html: str


Cell = str | int | float | Markup


def cell_html(cell: Cell) -> str:
    return cell.html if isinstance(cell, Markup) else escape(cell)


def table(head: Sequence[str], rows: Iterable[Sequence[Cell]], *, left: int = 1, css: str = "") -> str:
    """A table whose first `left` columns are text, the others numbers set to the right. Scrolls sideways where the
    page is too narrow."""
    columns = "".join(
        f"<th scope=col{'' if at < left else ' class=n'}>{escape(name)}</th>" for at, name in enumerate(head)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{'' if at < left else ' class=n'}>{cell_html(cell)}</td>" for at, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    named = f' class="{css}"' if css else ""
    return f"<div class=scroll><table{named}><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"


def pairs(items: Mapping[str, Cell] | Iterable[tuple[str, Cell]]) -> str:
    """A list of names and what they are."""
    entries = items.items() if isinstance(items, Mapping) else items
    return "<dl>" + "".join(f"<div><dt>{escape(k)}</dt><dd>{cell_html(v)}</dd></div>" for k, v in entries) + "</dl>"


def code(words: str) -> Markup:
    return Markup(f"<code>{escape(words)}</code>")


def hash_code(digest: str) -> Markup:
    """A hash in full: it may break anywhere, so that a phone shows all of it."""
    return Markup(f"<code class=hash>{escape(digest)}</code>")


def chip(words: str, css: str) -> str:
    return f'<span class="chip {css}">{escape(words)}</span>'


def missing(sentence: str) -> str:
    """Says that something is not there. The page never leaves an empty place instead."""
    return f"<p class=missing>{escape(sentence)}</p>"


def note(sentence: str) -> str:
    return f"<p class=note>{escape(sentence)}</p>"


def warning(sentence: str) -> str:
    return f"<p class=warning>{escape(sentence)}</p>"


def figure(inner: str, caption: str | Markup, title: str = "", css: str = "") -> str:
    head = f"<h4>{escape(title)}</h4>" if title else ""
    return f'<figure class="{css}">{head}{inner}<figcaption>{cell_html(caption)}</figcaption></figure>'


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """(css class, name) pairs as coloured keys."""
    keys = "".join(f'<span><i class="key {css}"></i>{escape(name)}</span>' for css, name in entries)
    return f"<div class=legend>{keys}</div>"


def section(anchor: str, title: str, lead: str, body: str) -> str:
    """One part of the page; `lead` is plain text."""
    words = f"<p class=lead>{escape(lead)}</p>" if lead else ""
    return f'<section id="{anchor}"><h2>{escape(title)}</h2>{words}{body}</section>'
