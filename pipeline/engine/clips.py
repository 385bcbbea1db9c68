"""The parts of a version as clips for the model: one size, with cameras."""

from collections.abc import Iterable

from video4spatial.model.store_source import StoreSource
from video4spatial.pipeline.store.version import Part, Version


def clip_sources(version: Version, size_px: int, parts: Iterable[Part], *, with_depth: bool) -> dict[str, StoreSource]:
    """The parts that hold sequences of `size_px` square frames with cameras; a part without any is left out."""
    sources = {
        part: StoreSource(version.reader(part, height=size_px, width=size_px), with_depth=with_depth) for part in parts
    }
    return {part: source for part, source in sources.items() if len(source)}
