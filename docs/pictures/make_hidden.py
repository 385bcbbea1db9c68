"""Makes the picture of docs/variants.md: python docs/pictures/make_hidden.py docs/pictures

Two paths to a named thing and an orbit, each as it is and with something in between. The box is the thing's without the
occluder; the figure says which part of its pixels is left.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from video4spatial.pipeline.core.sequence import Sequence
from video4spatial.pipeline.core.unit import Product, Source
from video4spatial.sim_scenes.config import SimConfig, View
from video4spatial.sim_scenes.sources import house_source, room_source
from video4spatial.sim_scenes.stage import SimulateStage

VIEW = View(
    size_px=160, paths=2, frames=48, depth_scale=2, lighting_variants=0, occluder_variants=0, moves=("orbit",),
    boxes=True, grounding_paths=4, hidden_variants=4,
)  # fmt: skip
SHOWN: tuple[tuple[Source, str], ...] = ((room_source(21), "arrive"), (house_source(21), "arrive"),
                                         (house_source(22), "orbit"))  # fmt: skip
COLUMNS = 7


def pair_of(source: Source, move: str) -> tuple[Product, Product]:
    """The first path of a scene with a hidden variant, and the variant."""
    with tempfile.TemporaryDirectory() as folder:
        stage = SimulateStage(config=SimConfig(rooms=1, views=(VIEW,)), scene_folder=folder)
        products = list(stage.build()(stage.units([source], 0)[0]))
    hidden = next(product for product in products if product.variant and product.columns["move"] == move)
    return next(product for product in products if product.index == hidden.index), hidden


def row(sequence: Sequence, said: dict, marked: bool) -> np.ndarray:
    """Frames spread over a sequence, in the variant with what is left of the target."""
    tiles = []
    for frame in np.linspace(0, len(sequence.frames) - 1, COLUMNS).round().astype(int):
        tile, box = Image.fromarray(sequence.frames[frame]), said["whole_box_px"][frame]
        pen = ImageDraw.Draw(tile)
        if box is not None:
            pen.rectangle([box[0], box[1], box[2] - 1, box[3] - 1], outline="red")
        share = said["visible_share"][frame]
        if marked and share is not None:
            pen.rectangle([0, 0, 38, 16], fill="white")
            pen.text((3, 2), f"{100 * share:.0f} %", fill="black", font_size=12)
        tiles.append(np.asarray(tile))
    return np.concatenate(tiles, axis=1)


def main(pictures: Path) -> None:
    """Renders the paths and writes hidden.jpg."""
    rows = []
    for source, move in SHOWN:
        original, hidden = pair_of(source, move)
        assert original.sequence is not None
        assert hidden.sequence is not None
        said = hidden.sequence.variant["parameters"]
        rows += [row(original.sequence, said, False), row(hidden.sequence, said, True)]
        rows.append(np.full((6, rows[-1].shape[1], 3), 255, dtype=np.uint8))
        print(original.sequence.tasks, said["category"], said["visible_share"])
    Image.fromarray(np.concatenate(rows[:-1])).save(pictures / "hidden.jpg", quality=82)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
