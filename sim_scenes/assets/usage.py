"""What became of each of the user's files over some scenes: who gives thirty objects learns which are used.

Catalogue + `assets` of scenes (place.py) ─▶ [told_usage] ─▶ lines of `v4s scenes list`
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from video4spatial.sim_scenes.assets.catalogue import Catalogue

NAMED = 40
"""Files of each sort that are named."""


def told_usage(catalogue: Catalogue, assets: Sequence[Mapping[str, Any]]) -> list[str]:
    """How many files are used in the scenes, then by name those without a place, those not drawn, those left out."""
    used = {name for each in assets for name in each["used"]}
    refused = Counter(name for each in assets for name in each["no_place"])
    sizes = {name: size for each in assets for name, size in each["no_place"].items()}
    left_out = {**catalogue.left_out, **{name: why for each in assets for name, why in each["left_out"].items()}}
    objects = [entry.name for entry in catalogue.objects]
    textures = [entry.name for entry in catalogue.textures]
    counts = [
        f"{sum(name in used for name in names)} of {len(names)} {what}"
        for what, names in (("objects", objects), ("textures", textures))
        if names
    ]
    scenes = f"{len(assets)} scene{'s' * (len(assets) != 1)}"
    lines = [f"your files: {' and '.join(counts)} are used in {scenes}"]
    placeless = [
        f"no place   {name} ({sizes[name]}): drawn for {count}, fits in none of them"
        for name, count in sorted(refused.items())
        if name not in used
    ]
    unseen = [
        f"not drawn  {name}: by chance, or no room of its kind; more scenes use more files"
        for name in (*objects, *textures)
        if name not in used and name not in refused and name not in left_out
    ]
    unusable = [f"left out   {name}: {why}" for name, why in left_out.items()]
    for sort in (placeless, unseen, unusable):
        lines += [f"  {line}" for line in sort[:NAMED]]
        if len(sort) > NAMED:
            lines.append(f"  {sort[0].split('  ')[0]:10s} {len(sort) - NAMED} more")
    return lines
