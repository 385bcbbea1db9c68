"""Which words people use for like things: a sentence that shall mean one thing must not use them.

names of the things of a place ─▶ [is_alike] ─▶ sentences of grounding tasks, simulated and real
"""

MEANINGLESS = frozenset(
    {"thing", "mesh", "object", "node", "geometry", "group", "default", "material", "part", "stage"}
)
SIMILAR_COLOURS = (
    {"white", "beige", "pale", "cream", "ivory"},
    {"brown", "walnut", "oak", "cherry", "wooden", "tan", "pale", "beige", "copper"},
    {"orange", "brown", "cherry", "copper"},
    {"teal", "green", "olive", "turquoise"},
    {"teal", "blue", "navy", "turquoise"},
    {"pink", "red", "crimson"},
    {"pink", "purple", "violet"},
    {"orange", "yellow", "gold", "mustard"},
    {"black", "grey", "gray", "dark", "charcoal"},
    {"white", "grey", "gray", "silver", "metal", "steel"},
)
SIMILAR_THINGS = (
    {"sofa", "couch", "loveseat", "bench"},
    {
        "sideboard",
        "cabinet",
        "cupboard",
        "dresser",
        "drawers",
        "wardrobe",
        "chest",
        "counter",
        "nightstand",
        "tv stand",
        "console table",
        "kitchen unit",
        "shoe rack",
    },
    {"bookshelf", "bookcase", "shelf", "shelves", "rack"},
    {"ottoman", "pouf", "stool", "bag", "cushion"},
    {"painting", "picture", "poster", "mirror", "frame"},
    {"box", "crate", "basket", "bin", "suitcase", "speaker", "microwave"},
    {"vase", "pot", "bowl", "cup", "mug", "jug", "bottle", "tableware", "plate"},
    {"rug", "carpet", "mat"},
    {"desk", "table", "counter"},
    {"coffee table", "side table", "end table", "bedside table", "nightstand", "stool"},
    {"tv", "television", "screen", "monitor", "laptop", "computer"},
    {"book", "books"},
)


def is_alike(noun: str, name: str) -> bool:
    """Could one who hears the noun think of a thing of that name."""
    one, other = _last(noun), _last(name)
    return is_similar(SIMILAR_THINGS, noun, name) or (one != other and is_similar(SIMILAR_THINGS, one, other))


def is_similar(groups: tuple[set[str], ...], one: str, other: str) -> bool:
    """Do two words stand in one group."""
    return any(one in group and other in group for group in groups)


def _last(name: str) -> str:
    return name.split()[-1] if name.split() else ""
