"""Sampled frames beside the true ones: one strip a clip, with what the model was given and what a copier would show.

strips, evaluation ─▶ [part of the page]
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from video4spatial.pipeline.report import pictures as pics
from video4spatial.pipeline.report import tables
from video4spatial.pipeline.report.captions import label
from video4spatial.pipeline.report.facts import ReportFacts, Strip
from video4spatial.pipeline.report.page import Part
from video4spatial.pipeline.report.pictures import Detail
from video4spatial.pipeline.report.rows import Rows
from video4spatial.pipeline.report.text import count, escape, is_number, number, plural, set_name

MAX_STRIPS = 12
STRIP_FRAMES = 8


def samples_part(facts: ReportFacts, rows: Rows | None, detail: Detail) -> Part:
    """Strips: context, truth, sample, nearest context frame."""
    lead = (
        "The model sees the context frames and the cameras of the path; it never sees the true frames. The nearest "
        "context frame is what a copier without a model would show."
    )
    if not facts.strips:
        html = tables.missing("No sampled frames were given to this report.")
        return Part(anchor="samples", title="Sampled beside true frames", short="Samples", lead="", html=html)
    chosen = _strips_by_turns(facts.strips)[:MAX_STRIPS]
    html = "".join(_strip(strip, facts, rows, detail) for strip in chosen)
    if len(facts.strips) > len(chosen):
        html += tables.note(f"{len(chosen)} of {plural(len(facts.strips), 'clip')} with stored samples are shown.")
    html = f"<div class=strips>{html}</div>"
    return Part(anchor="samples", title="Sampled beside true frames", short="Samples", lead=lead, html=html)


def _strips_by_turns(strips: tuple[Strip, ...]) -> list[Strip]:
    """The first of each set, then the second: every set is seen."""
    lanes: dict[str, list[Strip]] = {}
    for strip in strips:
        lanes.setdefault(strip.set, []).append(strip)
    longest = max(len(lane) for lane in lanes.values())
    return [lane[at] for at in range(longest) for lane in lanes.values() if at < len(lane)]


def _strip(strip: Strip, facts: ReportFacts, rows: Rows | None, detail: Detail) -> str:
    total = len(strip.truth)
    chosen = np.unique(np.linspace(0, total - 1, min(STRIP_FRAMES, total)).round().astype(int))
    across = max(len(chosen), min(len(strip.context), STRIP_FRAMES))
    lines = [
        ("context", "", strip.context[:STRIP_FRAMES]),
        ("true frames", "", strip.truth[chosen]),
        ("sampled", "me", strip.sampled[chosen]),
        ("nearest context", "", strip.nearest[chosen]),
    ]
    html = ""
    for at, (name, css, frames) in enumerate(lines):
        cells = "".join(pics.photo(frame, f"{name}", detail.tile_px, detail.quality) for frame in frames)
        cells = f'<div class=cells style="grid-template-columns:repeat({across},minmax(0,108px))">{cells}</div>'
        html += f'<b class="{css}">{name}</b>{cells}' + ("<span class=gap></span>" if at == 0 else "")
    return tables.figure(
        f"<div class=strip>{html}</div>", tables.Markup(_strip_caption(strip, facts, rows, len(chosen)))
    )


def _strip_caption(strip: Strip, facts: ReportFacts, rows: Rows | None, shown: int) -> str:
    clips = ((facts.evaluation or {}).get("sets", {}).get(strip.set, {}) or {}).get("clips", [])
    clip: dict[str, Any] = next((clip for clip in clips if clip.get("key") == strip.key), {})
    said = [f"<b>{escape(set_name(strip.set))}</b>", escape(strip.scene)]
    said += _psnr(clip.get("psnr_db"))
    if clip.get("context_indices") and clip.get("target_indices"):
        said.append(f"context frames {escape(_indices(clip['context_indices']))}")
        said.append(f"target frames {escape(_indices(clip['target_indices']))}")
    if shown < len(strip.truth):
        said.append(f"{shown} of {count(len(strip.truth))} target frames drawn")
    if len(strip.context) > STRIP_FRAMES:
        said.append(f"{STRIP_FRAMES} of {count(len(strip.context))} context frames drawn")
    if rows is not None and rows.by_key(strip.key):
        said.append(label(rows, rows.by_key(strip.key)))
    return " · ".join([*said, f"<code>{escape(strip.key)}</code>"])


def _psnr(found: Any) -> list[str]:
    """A clip's PSNR of the model and the baselines over all of its target frames."""
    shown = found if isinstance(found, Mapping) else {"model": found}
    words = [f"{name.replace('_', ' ')} {number(float(value))}" for name, value in shown.items() if is_number(value)]
    return [f"PSNR over all target frames (dB): {escape(', '.join(words))}"] if words else []


def _indices(frames: Sequence[int]) -> str:
    """`0, 7, 19` or, without gaps, `20 to 35`."""
    numbers = [int(frame) for frame in frames]
    if len(numbers) > 3 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]} to {numbers[-1]}"
    return ", ".join(str(frame) for frame in numbers)
