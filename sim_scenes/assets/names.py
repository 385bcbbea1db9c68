"""What a file's name says: which kinds of things it can be, and of which colour or material.

`polyhaven_painted_wooden_cabinet` ─▶ [kinds_of, adjectives_of] ─▶ (cabinet, wardrobe), ("wooden",)
"""

from functools import cache

from video4spatial.sim_scenes.assets.vocabulary import COLOUR_WORDS, KINDS, MATERIAL_WORDS, SAME_COLOUR, Kind
from video4spatial.sim_scenes.glb import category_of

_ASIDE = frozenset({"with", "for", "and", "on", "in", "without", "by", "from"})
"""What follows is not the thing itself: "table with vase"."""
_LONGEST = 4
"""Words in the longest phrase of the vocabulary."""


@cache
def _kinds_by_name() -> dict[str, tuple[Kind, ...]]:
    found: dict[str, list[Kind]] = {}
    for kind in KINDS:
        for name in (*kind.names, kind.category):
            if kind not in found.setdefault(name, []):
                found[name].append(kind)
    return {name: tuple(kinds) for name, kinds in found.items()}


def kinds_of(name: str) -> tuple[tuple[Kind, ...], ...]:
    """The kinds that a name can mean, likeliest first: those of its last phrase, then those of the phrases before.

    The last phrase counts, as in English: a kitchen table lamp is a lamp. `chair_glass` is a glass only if its size
    agrees. Empty when no word is known.
    """
    known, words = _kinds_by_name(), _words(name)
    spans: list[tuple[int, int, str]] = []
    for length in range(min(_LONGEST, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            phrase = _known_phrase(words[start : start + length], known)
            inside = any(start >= first and start + length <= stop for first, stop, _ in spans)
            if phrase is not None and not inside:
                spans.append((start, start + length, phrase))
    return tuple(known[phrase] for _, _, phrase in sorted(spans, key=lambda span: -span[1]))


def adjectives_of(name: str) -> tuple[str, ...]:
    """Colour and material words of a name: at most one of each, colour first."""
    words = _words(name)
    colours = [SAME_COLOUR.get(word, word) for word in words]
    colour = next((word for word in colours if word in COLOUR_WORDS), "")
    material = next((MATERIAL_WORDS[word] for word in words if word in MATERIAL_WORDS), "")
    return tuple(word for word in (colour, material) if word)


def _words(name: str) -> list[str]:
    words = category_of(name).split()
    for at, word in enumerate(words):
        if word in _ASIDE and at > 0:
            return words[:at]
    return words


def _known_phrase(words: list[str], known: dict[str, tuple[Kind, ...]]) -> str | None:
    """The phrase as the vocabulary spells it: in singular; a single word also as the end of a compound."""
    phrase = " ".join(words)
    for spelling in (phrase, phrase.removesuffix("s"), phrase.removesuffix("es")):
        if spelling in known:
            return spelling
    if len(words) == 1:
        # officechair, diningtables; four letters, so that "carpet" is no pet and "laptop" no top
        single = words[0].removesuffix("s")
        ends = [name for name in known if len(name) >= 4 and " " not in name and single.endswith(name)]
        return max(ends, key=len, default=None)
    return None
