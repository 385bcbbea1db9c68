"""GLB objects and pictures as users have them: right, wrong, in another unit or on their side."""

from pathlib import Path

import numpy as np
from PIL import Image

from video4spatial.sim_scenes import furniture
from video4spatial.sim_scenes.furniture import Piece
from video4spatial.sim_scenes.habitat_dataset import glb_of
from video4spatial.sim_scenes.palette import draw_palette
from video4spatial.sim_scenes.scene import Part

Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""From y up to z up: y becomes z, z becomes -y."""


def made(kind: str, seed: int = 0) -> Piece:
    """A generated piece of furniture; its back is at -z."""
    rng = np.random.default_rng(seed)
    return getattr(furniture, kind)(rng, draw_palette(rng))


def write_object(path: Path, piece: Piece, turn: np.ndarray | None = None, scale: float = 1.0) -> Path:
    """The piece as a GLB, turned and enlarged."""
    rotation = np.eye(3) if turn is None else turn
    parts = tuple(
        Part(
            (part.vertices_m @ rotation.T * scale).astype(np.float32),
            (part.normals @ rotation.T).astype(np.float32),
            part.uv,
            part.faces,
            part.material,
        )
        for part in piece.parts
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(glb_of(parts))
    return path


def write_picture(path: Path, width: int = 64, height: int = 64, colour: tuple[int, ...] = (120, 70, 40)) -> Path:
    """A plain picture; the file's suffix is its format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((height, width, len(colour)), dtype=np.uint8) + np.array(colour, dtype=np.uint8)
    Image.fromarray(pixels[..., 0] if len(colour) == 1 else pixels).save(path)
    return path


def write_home(folder: Path) -> tuple[Path, Path]:
    """Folders of a few objects and textures that furnish a house."""
    objects, textures = folder / "objects", folder / "textures"
    for seed, kind in enumerate(("sofa", "bed", "desk", "dining_table", "wardrobe", "fridge")):
        write_object(objects / f"My{kind.title().replace('_', '')}_0{seed}.glb", made(kind, seed))
    for seed in range(3):
        write_object(objects / f"old chair {seed}.glb", made("chair", seed))
    for name in ("WoodFloor051", "brick_wall_10", "white_plaster", "wall_concrete"):
        write_picture(textures / f"{name}.png")
    for name in ("blue_fabric_01", "wood_veneer", "floor_tiles_03"):
        write_picture(textures / f"{name}.jpg", 96, 32)
    return objects, textures
