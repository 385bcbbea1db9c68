"""Finishes a unit: encodes its products, packs the shard, writes the index and, last, the receipt.

stage ─▶ [Product ...] ─▶ [write_unit] ─▶ shards/ ─▶ index/ ─▶ units/ (the commit)

Killed at any point, it leaves at most blobs that nothing names; the next attempt gives the same bytes and names.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import to_plain
from video4spatial.pipeline.core.unit import Product, Unit
from video4spatial.pipeline.store.blobs import Blobs
from video4spatial.pipeline.store.receipt import (
    Failure,
    Receipt,
    describe_unit,
    failure_path,
    parse_failure,
    parse_receipt,
    receipt_path,
)
from video4spatial.pipeline.store.sample import encode_sample
from video4spatial.pipeline.store.shard import Place, pack
from video4spatial.pipeline.store.table import make_row, rows_to_table, to_parquet

logger = logging.getLogger(__name__)


def write_unit(blobs: Blobs, unit: Unit, products: Iterable[Product], facts: Mapping[str, Any]) -> Receipt:
    """The unit's receipt; the one that exists already where it was finished before (products are then not touched).

    Holds the unit's encoded bytes in memory, one product's frames at a time.
    """
    existing = read_receipt(blobs, unit.unit_id)
    if existing is not None:
        return existing
    samples, bare = _encode(unit, products)
    shard, nbytes, places = _write_shard(blobs, samples)
    rows = [make_row(unit, product, shard if key in places else None, places.get(key)) | extra
            for key, (product, extra) in sorted(bare.items())]
    scores = {name for product, _ in bare.values() for name in product.scores}
    index = blobs.put("index", to_parquet(rows_to_table(rows, scores)), "parquet")
    fates = Counter(product.verdict for product, _ in bare.values())
    receipt = Receipt(
        **describe_unit(unit),
        shard=shard,
        shard_nbytes=nbytes,
        index=index,
        rows=len(rows),
        measured=fates["measured"],
        rejected=fates["rejected"],
        failed=fates["failed"],
        facts=to_plain(facts),
    )
    return _commit(blobs, receipt)
