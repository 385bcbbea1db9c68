"""Houses from the generator: what `sim.houses` would add to the data, a picture of each and a walk through one.

showcase ─▶ [part of the page]
"""

from video4spatial.pipeline.report import pictures as pics
from video4spatial.pipeline.report import tables
from video4spatial.pipeline.report.facts import ReportFacts
from video4spatial.pipeline.report.page import Part
from video4spatial.pipeline.report.pictures import FULL, SMALLER, Detail
from video4spatial.pipeline.report.text import number, plural

SHEET_PX = {FULL: 1320, SMALLER: 1000}
MAX_FILM_BYTES = 1_500_000
"""A larger film stays beside the page."""


def houses_part(facts: ReportFacts, detail: Detail) -> Part | None:
    """The sheet and the film; None where the recipe asked for none."""
    shown = facts.showcase
    if shown is None:
        return None
    first, last = shown.seeds
    lead = (
        f"What the generator of houses makes: {plural(shown.houses, 'house')} of consecutive seeds, none left out, the "
        "best view of one room each. They are not part of this data set; a recipe asks for them with sim.houses."
    )
    sheet = pics.photo(shown.sheet, "a room of each house", SHEET_PX.get(detail, 720), detail.quality)
    closer = tables.code(f"v4s scenes preview house:{first} --out DIR").html
    html = tables.figure(sheet, tables.Markup(f"Seeds {first} to {last}. To look closer: {closer}"))
    html += f"<h3>A walk through house {shown.walked}</h3>"
    words = f"{number(shown.seconds, 2)} s at {shown.rate_fps} frames/s"
    if len(shown.film_mp4) <= MAX_FILM_BYTES:
        html += tables.figure(pics.film(shown.film_mp4, shown.film_px, "a walk through a house"), words)
    else:
        html += tables.note(f"{words}: walk.mp4 in the run's showcase folder; it is too large for this page.")
    return Part(anchor="houses", title="Houses from a seed", short="Houses", lead=lead, html=html)
