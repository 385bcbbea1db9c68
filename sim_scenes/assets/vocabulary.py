"""What a thing can be: its names, its plausible size, where it stands and whose place it takes.

name + size ─▶ [KINDS] ─▶ Kind ─▶ catalogue.py, prepare.py, stock.py

Sizes are loose on purpose: they tell a wrong unit (a sofa of 220 m, a bicycle of 19 cm) and a wrong up axis, not good
taste. Of kinds that share a name, the first whose size fits is meant: a low table is a coffee table.
"""

from dataclasses import dataclass
from typing import Literal

Stands = Literal["floor", "table", "wall", "ceiling", "bed"]
Faces = Literal["back", "detail", "screen", "long", "any"]


@dataclass(frozen=True)
class Kind:
    """One category of things."""

    category: str
    """As people say it; what the object table shows."""
    names: tuple[str, ...]
    """Phrases of file names, in singular."""
    span_m: tuple[float, float]
    """Least and largest longer side of its footprint."""
    height_m: tuple[float, float]
    stands: Stands = "floor"
    slots: tuple[str, ...] = ()
    """Categories of generated pieces whose place it takes; empty: an addition to `rooms`."""
    rooms: tuple[str, ...] = ()
    """Kinds of rooms that it is added to; empty with empty `slots`: every kind."""
    faces: Faces = "any"
    """How its front is found: its high `back` is behind, its front has the `detail`, is a `screen`; it lies `long`
    along the wall; `any`: as the file has it."""


LIVING = ("living", "bedroom", "study")
WET = ("bathroom", "kitchen")

KINDS: tuple[Kind, ...] = (
    Kind("sofa", ("sofa", "couch", "loveseat", "love seat", "settee", "sectional", "sofa bed", "chesterfield"),
         (1.15, 4.3), (0.5, 1.4), slots=("sofa",), faces="back"),
    Kind("armchair", ("armchair", "arm chair", "recliner", "lounge chair", "club chair", "sofa chair", "easy chair",
                      "sofa", "couch", "accent chair", "wingback"),
         (0.55, 1.3), (0.55, 1.4), slots=("armchair",), faces="back"),
    Kind("chair", ("chair", "dining chair", "office chair", "desk chair", "side chair", "seat"),
         (0.33, 0.95), (0.65, 1.4), slots=("chair",), faces="back"),
    Kind("stool", ("stool", "bar stool", "footstool", "tabouret"), (0.22, 0.75), (0.3, 1.0), slots=("stool",)),
    Kind("bench", ("bench", "settle"), (0.7, 2.4), (0.3, 1.15), slots=("bench",), faces="back"),
    Kind("ottoman", ("ottoman", "pouf", "pouffe", "hassock"), (0.3, 1.3), (0.25, 0.6), slots=("ottoman",)),
    Kind("bean bag", ("bean bag", "beanbag"), (0.5, 1.3), (0.4, 1.1), slots=("bean bag",)),
    Kind("bed", ("bed", "double bed", "single bed", "bunk bed", "bedframe", "bed frame", "crib", "cot"),
         (1.25, 2.8), (0.2, 1.85), slots=("bed",), faces="back"),
    Kind("nightstand", ("nightstand", "night stand", "bedside table", "bed side table", "night table", "bedside"),
         (0.28, 0.9), (0.3, 0.9), slots=("nightstand",), faces="detail"),
    Kind("dresser", ("dresser", "chest of drawers", "drawers", "drawer", "commode", "chest"),
         (0.5, 2.0), (0.45, 1.5), slots=("dresser",), faces="detail"),
    Kind("sideboard", ("sideboard", "buffet", "credenza", "console cabinet"),
         (0.6, 2.6), (0.4, 1.3), slots=("sideboard",), faces="detail"),
    Kind("kitchen unit", ("kitchen cabinet", "kitchen counter", "kitchen unit", "kitchen island", "counter",
                          "kitchenette"),
         (0.5, 4.2), (0.7, 2.6), slots=("kitchen unit", "kitchen counter"), faces="detail"),
    Kind("tv stand", ("tv stand", "tv cabinet", "tv bench", "tv unit", "tv table", "television stand", "media unit",
                      "media console", "entertainment center", "television cabinet"),
         (0.7, 3.2), (0.2, 0.95), slots=("tv stand",), faces="detail"),
    Kind("shoe rack", ("shoe rack", "shoe cabinet", "shoe shelf"), (0.4, 1.5), (0.3, 1.3), slots=("shoe rack",),
         faces="detail"),
    Kind("cabinet", ("cabinet", "cupboard", "locker", "hutch"), (0.4, 2.6), (0.4, 1.55),
         slots=("sideboard", "dresser"), faces="detail"),
    Kind("wardrobe", ("wardrobe", "armoire", "closet", "cabinet", "cupboard", "locker", "hutch"),
         (0.5, 3.3), (1.5, 2.6), slots=("wardrobe",), faces="detail"),
    Kind("bookshelf", ("bookshelf", "bookcase", "book shelf", "book case", "shelf", "shelving", "shelve", "rack"),
         (0.35, 2.8), (0.6, 2.6), slots=("bookshelf",), faces="detail"),
    Kind("desk", ("desk", "writing table", "workstation", "bureau", "secretary"), (0.7, 2.5), (0.6, 1.7),
         slots=("desk",), faces="detail"),
    Kind("coffee table", ("coffee table", "table", "tea table", "side table", "end table", "center table"),
         (0.4, 1.8), (0.2, 0.58), slots=("coffee table",), faces="long"),
    Kind("console table", ("console table", "console", "hall table", "hallway table"), (0.6, 1.8), (0.6, 1.0),
         slots=("console table",), faces="detail"),
    Kind("dining table", ("dining table", "kitchen table", "table", "dinner table", "round table"),
         (0.6, 3.4), (0.58, 1.0), slots=("dining table",), faces="long"),
    Kind("side table", ("side table", "end table", "table", "plant stand"), (0.22, 0.75), (0.35, 0.85), rooms=LIVING),
    Kind("television", ("tv", "television", "flat screen", "tv set"), (0.4, 2.4), (0.25, 1.6), stands="table",
         slots=("television",), faces="screen"),
    Kind("fridge", ("fridge", "refrigerator", "freezer"), (0.4, 1.4), (0.7, 2.3), slots=("fridge",), faces="detail"),
    Kind("cooker", ("cooker", "stove", "oven", "range", "cooktop"), (0.45, 1.3), (0.75, 1.4), slots=("cooker",),
         faces="detail"),
    Kind("washing machine", ("washing machine", "washer", "dryer", "dishwasher", "tumble dryer"), (0.4, 0.85),
         (0.6, 1.2), slots=("washing machine",), faces="detail"),
    Kind("washbasin", ("washbasin", "sink", "wash basin", "vanity", "basin"), (0.3, 1.8), (0.6, 2.1),
         slots=("washbasin",), faces="back"),
    Kind("toilet", ("toilet", "wc"), (0.4, 0.95), (0.55, 1.2), slots=("toilet",), faces="back"),
    Kind("bathtub", ("bathtub", "bath tub", "bath", "tub"), (1.1, 2.3), (0.35, 1.0), slots=("bathtub",), faces="long"),
    Kind("shower", ("shower", "shower cabin", "shower stall"), (0.6, 1.7), (1.7, 2.45), slots=("shower",),
         faces="back"),
    Kind("towel shelf", ("towel shelf", "towel rack", "towel stand"), (0.3, 1.0), (0.6, 1.9), slots=("towel shelf",),
         faces="detail"),
    Kind("coat stand", ("coat stand", "coat rack", "coat hanger", "hat stand", "hall tree"), (0.2, 1.2), (1.3, 2.2),
         slots=("coat stand",)),
    Kind("floor lamp", ("floor lamp", "standing lamp", "lamp", "torchiere"), (0.15, 1.2), (1.1, 2.3),
         slots=("floor lamp",)),
    Kind("table lamp", ("table lamp", "desk lamp", "lamp", "bedside lamp", "lantern"), (0.06, 0.6), (0.15, 0.95),
         stands="table", slots=("table lamp",)),
    Kind("ceiling lamp", ("ceiling lamp", "chandelier", "pendant", "pendant lamp", "ceiling light", "hanging lamp"),
         (0.1, 1.5), (0.04, 1.3), stands="ceiling", slots=("ceiling lamp",)),
    Kind("plant", ("plant", "potted plant", "house plant", "houseplant", "tree", "fern", "palm", "ficus", "monstera",
                   "cactus", "flower", "flower pot", "bonsai", "pot plant"),
         (0.15, 1.7), (0.5, 2.3), slots=("plant",)),
    Kind("plant", ("plant", "potted plant", "house plant", "houseplant", "fern", "cactus", "succulent", "flower",
                   "flower pot", "bonsai", "pot plant"),
         (0.05, 0.5), (0.06, 0.55), stands="table", slots=("plant",)),
    Kind("rug", ("rug", "carpet", "mat"), (0.8, 4.5), (0.0005, 0.07), slots=("rug",), faces="long"),
    Kind("painting", ("painting", "picture", "poster", "picture frame", "photo frame", "frame", "artwork", "canvas"),
         (0.15, 2.2), (0.15, 1.6), stands="wall", slots=("painting",), faces="screen"),
    Kind("mirror", ("mirror",), (0.2, 1.6), (0.25, 1.9), stands="wall", slots=("painting",), faces="screen"),
    Kind("clock", ("clock", "wall clock"), (0.12, 0.9), (0.12, 0.9), stands="wall", slots=("clock",), faces="screen"),
    Kind("pillow", ("pillow", "cushion", "bolster"), (0.25, 1.9), (0.06, 0.65), stands="bed", faces="long"),
    Kind("vase", ("vase", "urn", "amphora"), (0.04, 0.5), (0.08, 0.9), stands="table", slots=("vase",)),
    Kind("bowl", ("bowl", "fruit bowl", "dish", "tray"), (0.07, 0.55), (0.015, 0.35), stands="table",
         slots=("bowl",)),
    Kind("tableware", ("tableware", "dish rack", "plate", "dishes", "cutlery", "teapot", "tea set", "jug", "pitcher"),
         (0.07, 0.6), (0.01, 0.5), stands="table", slots=("bowl", "pot")),
    Kind("cup", ("cup", "mug", "glass", "goblet", "teacup", "wine glass"), (0.05, 0.2), (0.05, 0.3), stands="table",
         slots=("bowl",)),
    Kind("bottle", ("bottle", "water bottle", "wine bottle", "jar", "can", "soap dispenser"), (0.04, 0.25),
         (0.07, 0.5), stands="table", slots=("bottle",)),
    Kind("pot", ("pot", "pan", "saucepan", "kettle", "frying pan", "cooking pot", "casserole"), (0.1, 0.6),
         (0.04, 0.45), stands="table", slots=("pot",)),
    Kind("books", ("book", "books", "book stack", "stack of books", "magazine"), (0.1, 0.6), (0.01, 0.5),
         stands="table", slots=("books",)),
    Kind("box", ("box", "crate", "basket", "carton", "storage box"), (0.1, 0.6), (0.05, 0.5), stands="table",
         slots=("box",)),
    Kind("globe", ("globe", "sphere", "sculpture", "statue", "bust", "figurine", "ornament"), (0.06, 0.5), (0.08, 0.7),
         stands="table", slots=("globe",)),
    Kind("computer", ("computer", "monitor", "desktop computer", "screen", "pc", "imac"), (0.25, 0.9), (0.2, 0.75),
         stands="table", rooms=("study", "bedroom"), faces="screen"),
    Kind("laptop", ("laptop", "notebook"), (0.2, 0.5), (0.01, 0.35), stands="table", rooms=LIVING, faces="screen"),
    Kind("microwave", ("microwave", "microwave oven"), (0.35, 0.7), (0.2, 0.5), stands="table", rooms=("kitchen",),
         faces="detail"),
    Kind("toaster", ("toaster", "coffee machine", "coffee maker", "blender", "mixer", "espresso machine"), (0.1, 0.5),
         (0.12, 0.55), stands="table", rooms=("kitchen",)),
    Kind("bin", ("trash", "trash can", "trash bin", "bin", "garbage can", "waste basket", "wastebasket", "dustbin",
                 "garbage bin", "waste bin"),
         (0.15, 0.75), (0.2, 1.15), rooms=("kitchen", "study", "bathroom", "bedroom")),
    Kind("bicycle", ("bicycle", "bike"), (1.1, 2.2), (0.6, 1.5), rooms=("corridor", "living", "study"), faces="long"),
    Kind("piano", ("piano", "upright piano", "grand piano", "keyboard piano"), (1.2, 2.9), (0.7, 1.6),
         rooms=("living", "dining"), faces="detail"),
    Kind("suitcase", ("suitcase", "trunk", "luggage"), (0.3, 1.2), (0.2, 0.95), rooms=("bedroom", "corridor")),
    Kind("speaker", ("speaker", "loudspeaker"), (0.12, 0.6), (0.25, 1.4), rooms=("living",), faces="detail"),
    Kind("radiator", ("radiator", "heater"), (0.3, 2.2), (0.25, 1.2), rooms=LIVING, faces="long"),
    Kind("fan", ("fan",), (0.2, 0.7), (0.25, 1.6), rooms=LIVING),
    Kind("fireplace", ("fireplace", "wood stove"), (0.5, 2.2), (0.5, 2.4), rooms=("living",), faces="back"),
    Kind("toy", ("toy", "teddy", "teddy bear", "doll"), (0.1, 0.6), (0.08, 0.7), stands="table", rooms=("bedroom",)),
)  # fmt: skip

MATERIAL_WORDS = {
    "wood": "wooden", "wooden": "wooden", "timber": "wooden", "oak": "oak", "walnut": "walnut", "bamboo": "bamboo",
    "pine": "wooden", "leather": "leather", "metal": "metal", "metallic": "metal", "steel": "steel", "iron": "metal",
    "glass": "glass", "plastic": "plastic", "marble": "marble", "rattan": "wicker", "wicker": "wicker",
    "ceramic": "ceramic", "porcelain": "ceramic", "velvet": "velvet", "brass": "brass", "copper": "copper",
}  # fmt: skip
"""What a name says of the material, and the word for it."""
COLOUR_WORDS = frozenset(
    {"red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "grey", "beige", "brown", "white", "black"}
    | {"turquoise", "gold", "silver", "navy"}
)
SAME_COLOUR = {"gray": "grey", "violet": "purple", "cream": "beige", "ivory": "white", "dark": "", "light": ""}
