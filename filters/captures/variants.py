"""Variants of a posed clip: what `augment.py` changes, and the cameras, boxes and words that go along.

clip with cameras ─▶ [posed_variants] ─▶ Product with variant > 0

Objects and tasks of a variant are found anew in what it shows: a thing behind the occluder or outside of the crop is
not seen, and a clip that no longer shows its goal is no grounding clip.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from video4spatial.filters import augment
from video4spatial.filters.captures.boxes import mirrored_box, object_table
from video4spatial.filters.captures.capture import Capture
from video4spatial.filters.captures.tasks import clip_tasks, main_task
from video4spatial.filters.config import AugmentConfig
from video4spatial.filters.footage import Footage, footage_of
from video4spatial.filters.hash import picture_columns
from video4spatial.pipeline.core.seeds import rng
from video4spatial.pipeline.core.sequence import Sequence
from video4spatial.pipeline.core.unit import Product, Unit

Measure = Callable[[Sequence], Mapping[str, float]]


def posed_variants(
    product: Product, capture: Capture, unit: Unit, config: AugmentConfig, clip: int, measure: Measure
) -> Iterator[Product]:
    """The variants that clip number `clip` of its unit gets, in the order of their numbers."""
    sequence = product.sequence
    assert sequence is not None
    footage = footage_of(sequence)
    for number, (kind, share) in enumerate(augment.shares(config).items(), start=1):
        if not augment.is_chosen(clip, share):
            continue
        random = rng(unit.seed, f"augment.{kind}", unit.unit_id, product.index)
        parameters = augment.draw(kind, config, footage, random)
        shown = augment.apply(kind, parameters, footage)
        variant = {"group": product.variant_group(unit.unit_id), "kind": kind, "parameters": parameters}
        changed = replace(_changed(sequence, shown, capture, kind), variant=variant)
        yield replace(
            product,
            sequence=changed,
            variant=number,
            task=main_task(changed.tasks),
            scores=measure(changed),
            columns={
                **product.columns,
                **picture_columns(shown.frames),
                "variant_parameters": augment.to_column(parameters),
            },
        )


def _changed(sequence: Sequence, shown: Footage, capture: Capture, kind: augment.Kind) -> Sequence:
    """The sequence as the variant shows it."""
    changed = replace(sequence, frames=shown.frames, cameras=shown.cameras, depth_m=shown.depth_m)
    if kind == "lighting":
        return changed
    assert changed.cameras is not None
    boxes = tuple(mirrored_box(box) for box in capture.boxes) if kind == "mirror" else capture.boxes
    objects = object_table(boxes, changed.cameras, changed.depth_m, shown.hidden) if boxes else ()
    tasks = clip_tasks(changed.cameras, objects, boxes, is_metric=sequence.scale == "metric")
    return replace(changed, objects=objects, tasks=tasks)
