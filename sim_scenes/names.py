"""What the nodes of a scene file are called: which of them are one thing, what it is, what belongs to the building.

names of a node and those it hangs from ─▶ [thing_of] ─▶ name of the thing ─▶ [category_of], [is_structure]
"""

import re


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


MEANINGLESS = _set(
    "thing mesh object obj node geometry geo group grp default material part parts primitive prim polygon polysurface "
    "model instance inst shape cube plane cylinder empty null sm sk lod root rootnode scene sketchfab collada gltf glb "
    "fbx dae usd export exported gles xform armature merged combined transform pivot locator defaultobject"
)
"""Words that tools give and people do not."""
CONTAINERS = _set(
    "scene world root room house home building apartment flat level floor storey story interior exterior environment "
    "furniture objects props static kitchen bathroom bedroom hall livingroom living bath office garage objects things "
    "decor decoration lights lighting cameras architecture structure stage set props"
)
"""What other things hang from without being parts of it."""
PARTS = _set(
    "leg legs seat back backrest armrest arm handle handles knob drawer top base body frame glass lid cushion pillow "
    "shade bulb stand foot feet wheel wheels screen panel panels side sides front rear bottom inner outer trim metal "
    "wood fabric plastic leather left right upper lower middle shelf door hinge button cable cord stem leaf"
)
"""Names of parts: such a node belongs to what it hangs from."""
STRUCTURE = _set(
    "wall walls floor floors ceiling ceilings roof roofs stage ground terrain structure building house room shell "
    "baseboard baseboards skirting molding moulding wallpaper flooring floorboard floorboards stairs staircase beam "
    "beams column columns architecture interior exterior partition slab walldecor"
)
"""Last words of what belongs to the building."""


def words_of(name: str) -> list[str]:
    """`SM_CoffeeTable_01_8cb19c` reads `sm coffee table`: without numbers, single letters and hashes."""
    tokens = [token for token in re.split(r"[^0-9A-Za-z]+", name) if not _is_hash(token)]
    found = [word for token in tokens for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", token)]
    return [word.lower() for word in found if len(word) > 1]


def category_of(node: str) -> str:
    """`CoffeeTable_01_001` reads `coffee table`; a name without a word that means something is kept as it is."""
    words = words_of(node)
    telling = [word for word in words if word not in MEANINGLESS]
    return " ".join(telling or words) or "thing"


def is_structure(node: str) -> bool:
    """Is it of the building: a `brick wall` is, a `wall lamp` is not."""
    words = [word for word in words_of(node) if word not in MEANINGLESS]
    return bool(words) and words[-1] in STRUCTURE


def thing_of(names: tuple[str, ...]) -> int:
    """Which of the names (outermost first) is that of the thing the last one belongs to, as an index.

    A node that is called `leg` or `Object_12` belongs to what it hangs from, if that has a telling name and is no room.
    """
    last = len(names) - 1
    if _telling(names[last]) and not _is_part(names[last]):
        return last
    for place in range(last - 1, -1, -1):
        if _telling(names[place]) and not _is_part(names[place]):
            return last if set(words_of(names[place])) & CONTAINERS else place
    return last


def _telling(name: str) -> bool:
    return any(word not in MEANINGLESS for word in words_of(name))


def _is_part(name: str) -> bool:
    return all(word in PARTS or word in MEANINGLESS for word in words_of(name))


def _is_hash(token: str) -> bool:
    return len(token) >= 6 and bool(re.fullmatch(r"[0-9a-f]*", token)) and any(c.isdigit() for c in token)
