"""docs/format.md against the code. Unseen: a column, member or field that the page forgets or still promises."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.pipeline.store.make import make_products, make_sequence, make_unit
from video4spatial.pipeline.store.receipt import Failure
from video4spatial.pipeline.store.sample import encode_sample
from video4spatial.pipeline.store.selection import Selection
from video4spatial.pipeline.store.store import Store
from video4spatial.pipeline.store.table import COLUMNS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "format.md"


def table_after(heading: str, nth: int = 0) -> list[str]:
    """Names in backticks in the first column of the `nth` table of a section, in order."""
    section = PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    tables = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)
    cells = [row.split("|")[1] for row in tables[nth].splitlines()[2:]]
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict:
    store = Store.open(tmp_path_factory.mktemp("store"))
    unit = make_unit(1)
    store.write_unit(unit, make_products(unit, 1), {})
    return store.publish("demo", [unit], Selection(), "", {}).version.manifest


def test_members_are_those_of_the_page() -> None:
    assert sorted(table_after("A sequence in a shard")) == sorted(encode_sample(make_sequence(make_unit(1), 0)))


def test_json_fields_are_those_of_the_page() -> None:
    facts = json.loads(encode_sample(make_sequence(make_unit(1), 0))["json"])
    assert sorted(table_after("A sequence in a shard", 1)) == sorted(facts)


def test_columns_are_those_of_the_page_in_its_order() -> None:
    assert table_after("Columns of a table") == list(COLUMNS)


def test_receipt_fields_are_those_of_the_page(tmp_path: Path) -> None:
    unit = make_unit(1)
    receipt = Store.open(tmp_path).write_unit(unit, make_products(unit, 1), {})
    assert sorted(table_after("Receipt")) == sorted(json.loads(receipt.to_json()))
    failure = Failure(unit_id="", kind="", source_uri="", reason="", detail="", attempts=1)
    section = PAGE.read_text().split("\n## Receipt\n")[1].split("\n## ")[0].split("A failure record has")[1]
    assert set(re.findall(r"`(\w+)`", section)) >= set(json.loads(failure.to_json()))


def test_manifest_fields_are_those_of_the_page(manifest: dict) -> None:
    assert sorted(table_after("Manifest of a version")) == sorted(manifest)


def test_a_sample_hash_can_be_made_from_the_page_alone(manifest: dict) -> None:
    """What an outsider would write after reading it: hashes of a sequence and of a version."""
    members = encode_sample(make_sequence(make_unit(1), 0))
    lines = "".join(f"{ext}\0{hashlib.sha256(members[ext]).hexdigest()}\n" for ext in sorted(members))
    sample = hashlib.sha256(lines.encode()).hexdigest()
    lit = encode_sample(make_sequence(make_unit(1), 100, variant={"kind": "lighting", "gain": 1.5}))
    lit_lines = "".join(f"{ext}\0{hashlib.sha256(lit[ext]).hexdigest()}\n" for ext in sorted(lit))
    lit_sample = hashlib.sha256(lit_lines.encode()).hexdigest()
    key = f"{make_unit(1).unit_id[:12]}-0000"
    assert manifest["content"] == hashlib.sha256(f"{key}{sample}{key}-v1{lit_sample}".encode()).hexdigest()
