"""Makes the README's pictures from a finished run: python docs/pictures/make.py runs/demo docs/pictures

demo.jpg has rows: rooms as the embedded renderer films them (a walk each, then light and occluder variants), and what
the trained model shows of a held-out path beside the truth. houses.jpg is the run's sheet of houses, as its report
shows it.
"""

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from video4spatial.pipeline.store.store import Store

TILE_PX = 160
COLUMNS = 7
LABEL_PX = 22


def row(frames: np.ndarray, resample: Image.Resampling) -> np.ndarray:
    """(TILE, COLUMNS * TILE, 3) of frames spread over a sequence."""
    chosen = np.linspace(0, len(frames) - 1, COLUMNS).round().astype(int)
    tiles = [np.asarray(Image.fromarray(frames[i]).resize((TILE_PX, TILE_PX), resample)) for i in chosen]
    return np.concatenate(tiles, axis=1)


def label(text: str) -> np.ndarray:
    """A line of text as wide as a row."""
    image = Image.new("RGB", (COLUMNS * TILE_PX, LABEL_PX), "white")
    ImageDraw.Draw(image).text((4, 4), text, fill="black", font_size=14)
    return np.asarray(image)


def main(out: Path, pictures: Path) -> None:
    """Reads the run and writes the pictures."""
    state = json.loads((out / "run.json").read_text())
    (pictures / "houses.jpg").write_bytes((out / "showcase" / state["showcase"]["folder"] / "houses.jpg").read_bytes())
    version = Store.open(out / "store", create=False).version(state["publish"]["version"])
    reader = version.reader("all", height=256)
    rows = [label("rooms from a seed, walked through and rendered with exact cameras, depth and object ids")]
    originals = [i for i, entry in enumerate(reader.rows) if not entry["variant"]][:3]
    rows += [row(reader.read(i).frames, Image.Resampling.LANCZOS) for i in originals]
    variants = [i for i, entry in enumerate(reader.rows) if entry["variant"]][:2]
    rows.append(label("the same walk in another light, and with something in the way"))
    rows += [row(reader.read(i).frames, Image.Resampling.LANCZOS) for i in variants]
    strips = sorted((out / "evaluation" / state["evaluate"]["id"] / "strips").glob("*.npz"))[:2]
    for path in strips:
        with np.load(path, allow_pickle=False) as strip:
            context, truth, sampled = strip["context"], strip["truth"], strip["sampled"]
        rows.append(label("a held-out path at 64 px: what the model is given ..."))
        rows.append(row(context, Image.Resampling.NEAREST))
        rows.append(label("... the true next frames (left) and what it samples for the same cameras (right)"))
        gap = np.full_like(truth[:1], 255)
        rows.append(row(np.concatenate([truth[:3], gap, sampled[:3]]), Image.Resampling.NEAREST))
    Image.fromarray(np.concatenate(rows)).save(pictures / "demo.jpg", quality=82)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
