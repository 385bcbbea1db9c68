"""A unit as one row of text, for the trip between processes."""

import json

from video4spatial.pipeline.core.unit import Source, Unit


def unit_to_text(unit: Unit) -> str:
    """JSON with everything `unit_from_text` needs, the location on this machine included."""
    source = unit.source
    return json.dumps(
        {
            "kind": unit.kind,
            "source": {
                "uri": source.uri,
                "sha256": source.sha256,
                "split_group": source.split_group,
                "location": source.location,
            },
            "stage_versions": dict(unit.stage_versions),
            "settings": dict(unit.settings),
            "seed": unit.seed,
            "span": unit.span,
        }
    )


def unit_from_text(text: str) -> Unit:
    """The inverse of `unit_to_text`; the unit id survives the trip."""
    plain = json.loads(text)
    span = plain["span"]
    return Unit(
        kind=plain["kind"],
        source=Source(**plain["source"]),
        stage_versions=plain["stage_versions"],
        settings=plain["settings"],
        seed=plain["seed"],
        span=(span[0], span[1]) if span is not None else None,
    )
