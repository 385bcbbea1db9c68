"""One unit of real video from its first picture to its products.

stage ─▶ [UnitCurator]: video ─▶ shots ─▶ cut ─▶ scores, floor ─▶ augment ─▶ Product

Products come while the video is still being read; what is held is one window of pictures.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from video4spatial.filters import augment
from video4spatial.filters.camera_motion import measure_camera
from video4spatial.filters.config import Floor, RealConfig
from video4spatial.filters.cut import Window, cut_windows
from video4spatial.filters.decode import Picture
from video4spatial.filters.floor import judge_length, judge_scores
from video4spatial.filters.footage import footage_of
from video4spatial.filters.hash import picture_columns
from video4spatial.filters.poses.attach import ClipPoser
from video4spatial.filters.poses.pictures import with_fine_luma
from video4spatial.filters.scores import measure, to_luma
from video4spatial.filters.shots import split_shots
from video4spatial.filters.source_scores import SourceMeter
from video4spatial.filters.thumbnail import thumbnail_jpeg
from video4spatial.filters.video import VideoFacts, VideoReader
from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.core.seeds import rng
from video4spatial.pipeline.core.sequence import Provenance, Sequence
from video4spatial.pipeline.core.unit import Product, Unit

MAX_PRODUCTS = 9_999
"""Keys have four digits; the last one is kept for what did not decode."""


class UnitCurator:
    """Curates one unit."""

    def __init__(self, config: RealConfig, floor: Floor, unit: Unit, poser: ClipPoser | None = None) -> None:
        self._config, self._floor, self._unit, self._poser = config, floor, unit, poser
        self._start: int = unit.span[0] if unit.span else 0
        self._stop: int | None = unit.span[1] if unit.span else None
        self._clips = 0
        self._seen = 0

    def products(self, reader: VideoReader) -> Iterator[Product]:
        """The unit's products in the order of their keys. Raises SourceError, WorkerLost."""
        size_px = max(self._config.size_px, self._config.poses.short_side_px if self._poser else 0)
        facts = reader.open(self._unit.source.location, size_px, self._config.decoder, self._start, self._stop)
        if refusal := refuse(facts, self._floor):
            yield Product(index=0, sequence=None, verdict="rejected", reason=refusal[0], detail=refusal[1])
            return
        meter = SourceMeter(reader, self._unit.source.location, facts, self._start)
        windows = cut_windows(
            split_shots(self._counted(reader, facts, meter), self._config.shots, "span" if self._start else "start"),
            clip_frames=self._config.clip_frames,
            rate_fps=Fraction(self._config.rate_fps).limit_denominator(100_000),
            time_base=facts.time_base,
            max_clips_per_shot=self._config.max_clips_per_shot,
        )
        index = -1
        for index, window in enumerate(windows):
            if index >= MAX_PRODUCTS:
                raise SourceError(
                    f"more than {MAX_PRODUCTS} shots and clips; its times or pictures are broken. Raise "
                    "shots.min_shot_frames or lower real.unit_span_s",
                    reason="too_many_shots",
                )
            yield from self._window_products(index, window, facts, reader, meter)
        yield from self._lost(index + 1, facts, reader)

    def _counted(self, reader: VideoReader, facts: VideoFacts, meter: SourceMeter) -> Iterator[Picture]:
        pictures = reader.pictures()
        if self._poser is not None:
            pictures = with_fine_luma(pictures, facts.shown_px, self._config.size_px)
        for picture in pictures:
            self._seen = picture.index + 1
            meter.push(picture)
            yield picture

    def _window_products(
        self, index: int, window: Window, facts: VideoFacts, reader: VideoReader, meter: SourceMeter
    ) -> Iterator[Product]:
        """The window's own product and, of a clip that passes the floor, its variants."""
        pictures = window.pictures
        frames = np.stack([picture.rgb for picture in pictures])
        times = np.array([picture.time for picture in pictures], dtype=np.int64)
        middle = frames[len(frames) // 2]
        product = Product(
            index=index,
            sequence=None,
            columns={
                **picture_columns(frames),
                "shot": window.shot,
                "shot_began_by": window.began_by,
                "source_width_px": facts.shown_px[0],
                "source_height_px": facts.shown_px[1],
                "source_stream": facts.stream,
                "source_codec": facts.codec,
                **_decoded_by(reader),
            },
            start=window.start,
            stop=window.stop,
        )
        reason, detail = judge_length(window, self._floor, self._config.max_clips_per_shot)
        if not reason:
            product = replace(product, scores=measure(frames, _seconds(times, facts.time_base)))
            reason, detail = judge_scores(product.scores, self._floor)
        if reason:
            picture = thumbnail_jpeg(middle)
            yield replace(product, verdict="rejected", reason=reason, detail=detail, thumbnail_jpeg=picture)
            return
        camera = measure_camera(to_luma(frames), _seconds(times, facts.time_base))
        product = replace(
            product,
            scores={**product.scores, **camera.scores, **meter.scores(window)},
            columns={**product.columns, "camera_motion": camera.kind},
        )
        sequence = Sequence(
            frames=frames,
            times=times,
            time_base=facts.time_base,
            provenance=Provenance(
                source_uri=self._unit.source.uri,
                source_sha256=self._unit.source.sha256,
                start=window.start,
                stop=window.stop,
                unit_id=self._unit.unit_id,
                seed=self._unit.seed,
            ),
        )
        product = replace(product, sequence=sequence)
        if self._poser is not None:
            product = self._poser.pose(product, pictures, camera)
        assert product.sequence is not None, "poses take no clip away"
        yield product
        yield from self._variants(product, product.sequence, self._clips)
        self._clips += 1

    def _variants(self, product: Product, sequence: Sequence, clip: int) -> Iterator[Product]:
        """Those that this clip gets. A variant is measured like any clip: one threshold means the same for both. Its
        camera's motion is the original's, but for a crop, which shows all motion larger."""
        config = self._config.augment
        footage = footage_of(sequence, str(product.columns["camera_motion"]))
        for number, (kind, share) in enumerate(augment.shares(config).items(), start=1):
            if not augment.is_chosen(clip, share):
                continue
            random = rng(self._unit.seed, f"augment.{kind}", self._unit.unit_id, product.index)
            parameters = augment.draw(kind, config, footage, random)
            group = product.variant_group(self._unit.unit_id)
            varied = augment.vary(sequence, kind, parameters, footage, group)
            frames = varied.frames
            scores = measure_camera(to_luma(frames), footage.times_s).scores if kind == "crop" else {}
            yield replace(
                product,
                sequence=varied,
                variant=number,
                scores={**product.scores, **scores, **measure(frames, footage.times_s)},
                columns={
                    **product.columns,
                    **picture_columns(frames),
                    "variant_parameters": augment.to_column(parameters),
                },
            )

    def _lost(self, index: int, facts: VideoFacts, reader: VideoReader) -> Iterator[Product]:
        """A row for the frames that did not decode, if the decoder met any; an error if there was no frame at all."""
        if not self._seen:
            raise SourceError(
                f"no frame from {self._start} on: the file ends before it (its index counts {facts.counted_frames} "
                "frames). Restore the file from its source",
                reason="no_frames",
            )
        counted = facts.counted_frames or self._seen
        if self._stop is not None:
            counted = min(counted, self._stop)
        if not reader.errors and counted <= self._seen:
            return
        yield Product(
            index=index,
            sequence=None,
            verdict="rejected",
            reason="undecodable_part",
            detail=f"{self._seen - self._start} frames decoded, {reader.errors} packets did not; the file's index "
            f"counts {facts.counted_frames} frames",
            columns={**_decoded_by(reader), "source_codec": facts.codec, "source_stream": facts.stream},
            start=self._seen,
            stop=max(self._seen, counted),
        )


def _decoded_by(reader: VideoReader) -> dict[str, str]:
    """Columns that say who decoded, and for a span from where."""
    return {"decoder": reader.decoder} | ({"read_from": reader.read_from} if reader.read_from else {})


def _seconds(times: NDArray[np.int64], time_base: Fraction) -> NDArray[np.float64]:
    """Ticks as seconds, for scores; what is stored stays in ticks."""
    return np.asarray(times * float(time_base), dtype=np.float64)


def refuse(facts: VideoFacts, floor: Floor) -> tuple[str, str] | None:
    """(reason, detail) of a video whose shape nobody wants."""
    short, long = sorted(facts.shown_px)
    shape = f"{facts.shown_px[0]}x{facts.shown_px[1]}"
    if short < floor.min_source_px:
        return "too_small", f"the video is {shape}, floor.min_source_px is {floor.min_source_px}"
    if long > floor.max_aspect * short:
        return "too_long_side", f"the video is {shape}, floor.max_aspect is {floor.max_aspect:g}"
    return None
