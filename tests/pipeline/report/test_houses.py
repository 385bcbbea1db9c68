"""The part of the page that shows houses. Unseen: a film that the page's policy forbids, pictures taken for data."""

import base64
import re
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from tests.pipeline.report.fake import fake_facts
from tests.pipeline.report.test_build import check
from video4spatial.pipeline.report import ReportFacts, Showcase, build_report
from video4spatial.pipeline.report.houses import MAX_FILM_BYTES
from video4spatial.pipeline.store.video import decode_video, encode_h264


@pytest.fixture(scope="module")
def facts() -> ReportFacts:
    ramp = np.indices((48, 64)).sum(axis=0).astype(np.uint8)
    frames = np.stack([np.stack([ramp + 10 * k] * 3, axis=-1) for k in range(6)])
    film = encode_h264(frames, np.arange(6), Fraction(1, 24))
    shown = Showcase(
        sheet=np.full((400, 1320, 3), 120, np.uint8),
        film_mp4=film,
        film_px=(64, 48),
        houses=16,
        seeds=(900000, 900015),
        walked=900004,
        seconds=0.25,
        rate_fps=24,
    )
    return replace(fake_facts(), showcase=shown)


def test_the_film_is_in_the_page_and_the_page_may_play_it(facts: ReportFacts) -> None:
    html = build_report(facts)
    check(html)
    (film,) = re.findall(r'<video src="data:video/mp4;base64,([^"]+)"', html)
    assert len(decode_video(base64.b64decode(film))) == 6
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', html)
    assert "media-src data:" in policy
    assert "default-src &#x27;none&#x27;" in policy or "default-src 'none'" in policy


def test_houses_are_said_to_be_no_part_of_the_data(facts: ReportFacts) -> None:
    html = build_report(facts)
    (section,) = re.findall(r'<section id="houses">.*?</section>', html, re.S)
    assert "They are not part of this data set" in section
    assert "900000 to 900015" in section
    assert "house 900004" in section


def test_a_run_that_shows_no_houses_has_no_such_part(facts: ReportFacts) -> None:
    assert 'id="houses"' not in build_report(replace(facts, showcase=None))


def test_a_film_that_is_too_large_stays_beside_the_page(facts: ReportFacts) -> None:
    assert facts.showcase is not None
    large = replace(facts.showcase, film_mp4=b"\0" * (MAX_FILM_BYTES + 1))
    html = build_report(replace(facts, showcase=large))
    assert "<video" not in html
    assert "walk.mp4 in the run&#x27;s showcase folder" in html
