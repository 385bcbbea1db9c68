"""What a sequence holds, and one walk under changed light and with something in the way.

pictures of kept rows ─▶ [blocks of the gallery]
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from video4spatial.pipeline.report import pictures as pics
from video4spatial.pipeline.report import tables
from video4spatial.pipeline.report.captions import label, place, size
from video4spatial.pipeline.report.facts import Picture
from video4spatial.pipeline.report.pictures import Detail
from video4spatial.pipeline.report.rows import Rows
from video4spatial.pipeline.report.text import escape, plural, with_unit

MAX_VARIANT_GROUPS = 6

Shown = tuple[Picture, Mapping[str, Any]]
"""A picture and its row."""


def channels(shown: list[Shown], rows: Rows, detail: Detail) -> str:
    """Colour, depth and ids of the largest sequence that has them."""
    full = [item for item in shown if item[0].depth_m is not None and item[0].object_id is not None]
    if not full:
        return ""
    picture, row = max(full, key=lambda item: (item[0].frames.shape[1], _ids_in_view(item[0]), item[0].key))
    assert picture.depth_m is not None
    assert picture.object_id is not None
    colours, near_m, far_m = pics.depth_colours(picture.depth_m)
    colour = tables.figure(
        pics.photo(picture.frames[0], "colour", detail.side_px, detail.quality), tables.Markup(f"colour, {size(row)}")
    )
    grid = f"{picture.depth_m.shape[1]} × {picture.depth_m.shape[0]} px"
    depth = tables.figure(
        pics.image(pics.drawing_uri(colours, detail.side_px), "depth"),
        f"depth, {grid}: yellow {with_unit(near_m, 'm')}, dark blue {with_unit(far_m, 'm')}",
    )
    ids = tables.figure(
        pics.image(pics.drawing_uri(pics.id_colours(picture.object_id), detail.side_px), "object ids"),
        f"object ids, {grid}: {plural(_ids_in_view(picture), 'object')} in view, grey is the building",
    )
    head = f"<h3>What a sequence holds {label(rows, row)}</h3>"
    return f"{head}<div class=triple>{colour}{depth}{ids}</div>"


def _ids_in_view(picture: Picture) -> int:
    return 0 if picture.object_id is None else len(set(np.unique(picture.object_id).tolist()) - {0})


def variants(shown: list[Shown], rows: Rows, detail: Detail) -> str:
    """The largest variant groups, side by side."""
    groups = _variant_groups(shown)
    if not groups:
        return ""
    figures = "".join(_variant_figure(members, rows, detail) for members in groups[:MAX_VARIANT_GROUPS])
    return f'<h3>One camera path, changed light, something in the way</h3><div class="grid two">{figures}</div>'


def _variant_figure(members: list[Shown], rows: Rows, detail: Detail) -> str:
    """One moment of an original and its variants, side by side."""
    cells, at = "", telling_moment([picture for picture, _ in members])
    for picture, row in members:
        words = str(row.get("variant_kind") or "variant") if row.get("variant") else "original"
        seen = pics.photo(picture.frames[at], words, detail.side_px, detail.quality)
        cells += f"<div>{seen}<span>{escape(words)}</span></div>"
    picture, row = members[0]
    caption = f"{label(rows, row)} {place(row)}, {size(row)} <code>{escape(picture.key)}</code>"
    return tables.figure(f"<div class=rowset>{cells}</div>", tables.Markup(caption))


def telling_moment(members: list[Picture]) -> int:
    """The frame at which even the least changed variant differs most from the original: an occluder comes and goes."""
    original, *variants = (picture.frames.astype(np.int16) for picture in members)
    alike = [frames for frames in variants if frames.shape == original.shape]
    if not alike:
        return 0
    change = [np.abs(frames - original).mean(axis=(1, 2, 3)) for frames in alike]
    return int(np.min(change, axis=0).argmax())


def _variant_groups(shown: list[Shown]) -> list[list[Shown]]:
    groups: dict[str, list[Shown]] = {}
    for picture, row in shown:
        groups.setdefault(str(row.get("variant_group") or picture.key), []).append((picture, row))
    several = [members for members in groups.values() if len(members) > 1]
    return sorted(several, key=lambda members: (-members[0][0].frames.shape[1], members[0][0].key))
