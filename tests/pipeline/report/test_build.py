"""The page as a whole. Unseen without these: a page that phones home, that changes by itself, that shows raw
markup of a file name, that invents what was not measured."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.report.fake import FILM, empty_table, fake_facts
from video4spatial.pipeline.report import Picture, ReportFacts, build_report, write_report
from video4spatial.pipeline.report.build import MAX_BYTES

_VOID = {"meta", "img", "br", "input", "link"}


class Checker(HTMLParser):
    """Fails on tags that are left open or closed twice; collects addresses and element names."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]
        assert not [name for name, _ in attrs if name.startswith("on")], "an event handler is script"
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check(html: str) -> Checker:
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert checker.open == []
    return checker


@pytest.fixture(scope="module")
def facts() -> ReportFacts:
    return fake_facts()


@pytest.fixture(scope="module")
def html(facts: ReportFacts) -> str:
    return build_report(facts)


def test_the_page_asks_nobody_for_anything(html: str) -> None:
    checker = check(html)
    assert all(address.startswith(("data:image/", "data:video/mp4;", "#")) for address in checker.addresses)
    assert not checker.names & {"script", "link", "iframe", "object", "embed", "form", "base"}
    assert not re.search(r"https?://|url\(|@import|//[a-z]+\.", re.sub(r"base64,[A-Za-z0-9+/=]+", "", html))


def test_the_same_facts_give_the_same_bytes(facts: ReportFacts, html: str) -> None:
    table = facts.table
    assert table is not None
    turned = replace(facts, table=table.sort_by([("key", "descending")]), maps=facts.maps[::-1])
    assert build_report(facts) == html
    assert build_report(replace(turned, pictures=facts.pictures[::-1])) == html


def test_a_run_of_demo_size_is_a_small_page(html: str) -> None:
    assert len(html.encode()) < 2_000_000


def test_links_of_the_navigation_lead_to_sections(html: str) -> None:
    targets = re.findall(r'href="#([^"]+)"', html)
    assert targets
    assert all(f'<section id="{target}">' in html for target in targets)


def test_a_run_without_results_says_what_is_missing_and_shows_no_number() -> None:
    html = build_report(ReportFacts(title="nothing", command="v4s run"))
    check(html)
    text = unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.S))
    for sentence in (
        "No table was given",
        "No model was trained.",
        "Nothing was evaluated.",
        "No training metrics were given",
        "No sampled frames were given",
        "No version was published in this run.",
        "No environment was recorded.",
        "not published",
    ):
        assert sentence in text
    assert not re.search(r"\d", text.replace("video4spatial", "").replace("v4s", ""))


def test_an_empty_table_is_a_page_too() -> None:
    html = build_report(ReportFacts(title="empty", command="v4s run", table=empty_table()))
    check(html)
    assert "Nothing was kept" in html


def test_markup_in_names_and_texts_is_shown_as_text(facts: ReportFacts) -> None:
    evil = '"><script>alert(1)</script>'
    table = facts.table
    assert table is not None
    for name in ("reason", "detail", "scene", "source_uri", "variant_kind", "split_group"):
        column = [f"{value}{evil}" if value is not None else None for value in table[name].to_pylist()]
        table = table.set_column(table.column_names.index(name), name, [column])
    assert facts.version is not None
    html = build_report(
        replace(
            facts,
            title=evil,
            command=evil,
            recipe_text=evil,
            recipe_name=evil,
            table=table,
            version=replace(facts.version, name=evil, content=evil, manifest={evil: evil}, moved=(evil,)),
            maps=tuple(replace(scene, scene=scene.scene + evil) for scene in facts.maps),
            strips=tuple(replace(strip, scene=evil, key=evil) for strip in facts.strips),
            not_run={evil: evil},
            hashes={evil: evil},
            environment={evil: evil},
            next_commands=(evil,),
            score_units={"brightness": evil},
            synthetic_sources=frozenset({evil}),
        )
    )
    assert "script" not in check(html).names
    assert "&lt;script&gt;" in html


def test_synthetic_footage_is_labelled_in_every_figure_that_shows_it(html: str) -> None:
    figures = [
        figure for figure in re.findall(r"<figure.*?</figure>", html, re.S) if FILM in figure and "<img" in figure
    ]
    assert len(figures) >= 10
    assert all("synthetic footage</span>" in figure for figure in figures)
    assert not any("real video</span>" in figure for figure in figures)
    assert "Synthetic footage: synthetic_film.mp4" in html


def test_real_video_is_not_called_synthetic(html: str) -> None:
    figures = [figure for figure in re.findall(r"<figure.*?</figure>", html, re.S) if "&lt;hall&gt;.mp4" in figure]
    assert figures
    assert not any("synthetic footage</span>" in figure for figure in figures)


def test_large_noisy_pictures_do_not_make_a_large_page(facts: ReportFacts) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (4, 512, 512, 3), np.uint8)
    loud = tuple(Picture(key=picture.key, frames=noise) for picture in facts.pictures)
    strips = tuple(
        replace(strip, context=noise, truth=noise, sampled=noise, nearest=noise) for strip in facts.strips * 2
    )
    html = build_report(replace(facts, pictures=loud, strips=strips))
    assert 2_000_000 < len(html.encode()) <= MAX_BYTES


def test_a_report_is_written_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "run" / "report.html"
    write_report(path, "first")
    write_report(path, "<p>−∞</p>")
    assert path.read_text(encoding="utf-8") == "<p>−∞</p>"
    assert [item.name for item in path.parent.iterdir()] == ["report.html"]
