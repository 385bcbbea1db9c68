"""What a report is made of. Unseen: a page that cannot be written because something that nobody keeps is gone."""

from pathlib import Path

import pytest

from tests.pipeline.store.make import make_products, make_unit
from video4spatial.pipeline.commands.report_facts import _pictures_and_paths
from video4spatial.pipeline.core.errors import StorageError
from video4spatial.pipeline.store.selection import Rule, Selection
from video4spatial.pipeline.store.store import Grace, Store

ROOMS = [make_unit(number) for number in range(2)]


def test_sequences_that_were_rejected_and_collected_since_are_not_shown(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    for unit, count in zip(ROOMS, (1, 4), strict=True):
        store.write_unit(unit, list(make_products(unit, count, variants=False)), {})
    bright = Selection(rules=(Rule(score="brightness", min=65),))
    version = store.publish("demo", ROOMS, bright, "", {}).version
    before = {picture.key for picture in _pictures_and_paths(version)[0]}
    assert f"{ROOMS[0].unit_id[:12]}-0000" in before
    assert store.collect(Grace(days=0, unit_days=0, originals=True)).units == (ROOMS[0].unit_id,)
    pictures, paths = _pictures_and_paths(version)
    assert {picture.key for picture in pictures} == before - {f"{ROOMS[0].unit_id[:12]}-0000"}
    assert list(paths) == [ROOMS[1].source.split_group]
    (store.root / version.reader().rows[0]["shard"]).unlink()
    with pytest.raises(StorageError, match="datasets verify"):
        _pictures_and_paths(version)
