"""Chooses the decoder of one video. Runs inside the child only.

decode_child ─▶ [open_decoder] ─▶ PyAVDecoder | SpanDecoder | DecordDecoder
"""

from pathlib import Path
from typing import Literal

from video4spatial.filters.decode import Decoder
from video4spatial.filters.decode_decord import DecordDecoder, why_not_decord
from video4spatial.filters.decode_pyav import PyAVDecoder
from video4spatial.filters.decode_span import SpanDecoder
from video4spatial.pipeline.core.errors import SourceError


def open_decoder(
    path: Path,
    short_side_px: int,
    decoder: Literal["auto", "decord", "pyav"],
    span: tuple[int, int | None] | None = None,
) -> Decoder:
    """The decoder asked for; `auto` is decord where its probe passes, else PyAV. `span`: [start, stop) of a long video.

    Raises SourceError when the file is broken, or when decord was asked for by name and cannot be trusted with it.
    """
    whole = PyAVDecoder(path, short_side_px)
    pyav: Decoder = whole if span is None else SpanDecoder(path, short_side_px, whole, *span)
    if decoder == "pyav":
        return pyav
    objection = why_not_decord(path, whole.header, short_side_px)
    if objection is None:
        found = DecordDecoder(path, short_side_px, whole)
        found.read_from = "start: decord" if span else ""
        return found
    if decoder == "auto":
        return pyav
    raise SourceError(f"decord cannot be used: {objection}. Set real.decoder=auto", reason="decord_refused")
