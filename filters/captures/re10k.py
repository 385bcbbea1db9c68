"""Reads RealEstate10K camera files, whose frames the user brings: pictures or the film.

    <clip>.txt      first line: address of the film; then, a frame a line:
                    timestamp (microseconds)  fx fy cx cy  k1 k2 (always 0)  3x4 world to camera, row by row

Intrinsics are shares of the picture's width and height, so that 0.5 is the middle and W/2 in our pixels: nothing is
added. Axes are OpenCV's (x right, y down, z forward). Scale is unknown, and so is which way is up: the world is that
of the SLAM's first frames.

Frames are looked for beside the file: a folder `<clip>/` or `<film>/` of pictures named by their microsecond
(`195562033.jpg`, leading zeros allowed), else a film `<clip>.*` or `<film>.*`, where <film> is the id in the address.
Pictures that are missing are missing files; of a film, the frame nearest in time is taken if it is within half a
frame.

Source: "Data format" of the RealEstate10K page (Zhou et al., SIGGRAPH 2018).
"""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from video4spatial.filters.captures.capture import Capture, ReadOptions
from video4spatial.filters.captures.lens import Lens
from video4spatial.filters.captures.parse import Floats, intrinsics, numbers, read_text, rigid, rows_of
from video4spatial.filters.sources import EXTENSIONS
from video4spatial.pipeline.core.camera import Cameras, rigid_inverse
from video4spatial.pipeline.core.errors import SourceError

NO_FOOTAGE = "no_footage"
"""Reason of a camera file whose frames the user does not have: many films of the data set are no longer online."""
TIME_BASE = Fraction(1, 1_000_000)
PICTURES = frozenset({".jpg", ".jpeg", ".png"})
_ADDRESS = re.compile(r"https?://\S+")


def is_re10k(path: Path) -> bool:
    """Is this a camera file: an address and then lines of 19 numbers."""
    if path.suffix != ".txt" or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(2048).decode("utf-8", "replace").splitlines()
    return len(head) > 1 and _ADDRESS.fullmatch(head[0].strip()) is not None and len(head[1].split()) == 19


def read_re10k(path: Path, options: ReadOptions) -> Capture:
    """The clip of the camera file `path`. Raises SourceError where it is broken or its frames are not there."""
    film, times, shares, world_from_camera = parse_re10k(read_text(path), path.name)
    images, video, size_px = _frames(path, film, times)
    width, height = size_px
    return Capture(
        format="realestate10k",
        root=path.parent,
        cameras=Cameras(
            world_from_camera=world_from_camera,
            image_from_camera=intrinsics(shares * np.array([width, height, width, height]), len(times)),
            width_px=width,
            height_px=height,
        ),
        lens=Lens(),
        camera_valid=np.ones(len(times), dtype=bool),
        images=images,
        video=video,
        lens_unit="share" if video else "pixel",
        times=times,
        time_base=TIME_BASE,
        # several clips are cut from one film, and show one house
        scene=f"realestate10k-{film}" if film else "",
        index_files=(path.name,),
    )


def parse_re10k(text: str, name: str) -> tuple[str, NDArray[np.int64], Floats, Floats]:
    """The film's id, (N,) microseconds, (N, 4) fx fy cx cy as shares, and (N, 4, 4) world_from_camera."""
    first, _, rest = text.partition("\n")
    found = re.search(r"(?:v=|youtu\.be/|/)([\w-]{6,})\s*$", first.strip())
    rows = rows_of(rest, name)
    values = np.stack([numbers(words, 19, name, line + 1) for line, words in rows])
    camera_from_world = rigid(values[:, 7:].reshape(-1, 3, 4), name)
    times = values[:, 0].astype(np.int64)
    if (np.diff(times) <= 0).any():
        raise SourceError(f"{name}: the times of the frames do not rise", reason="no_times")
    return found[1] if found else "", times, values[:, 1:5], rigid_inverse(camera_from_world)


def _frames(path: Path, film: str, times: NDArray[np.int64]) -> tuple[tuple[str, ...], str, tuple[int, int]]:
    """The pictures or the film of a camera file, and their (width, height); (1, 1) for a film, told by its decoder."""
    stems = [path.stem, *([film] if film else [])]
    for stem in stems:
        folder = path.parent / stem
        if folder.is_dir():
            images = _pictures(folder, times, stem)
            return images, "", picture_size(path.parent / images[0])
    for stem in stems:
        for candidate in sorted(path.parent.glob(f"{_escaped(stem)}.*")):
            if candidate.suffix.lower() in EXTENSIONS:
                return (), candidate.name, (1, 1)
    raise SourceError(
        f"no frames for {path.name}: expected a folder {path.stem}/ of pictures named by microsecond, or a film named "
        f"{' or '.join(stems)}, beside it",
        reason=NO_FOOTAGE,
    )


def _pictures(folder: Path, times: NDArray[np.int64], stem: str) -> tuple[str, ...]:
    by_time = {
        int(file.stem): f"{stem}/{file.name}"
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in PICTURES and file.stem.isdecimal()
    }
    missing = [int(time) for time in times if int(time) not in by_time]
    if missing:
        raise SourceError(
            f"{stem}/ has no picture of {missing[0]} microseconds ({len(missing)} of {len(times)} are missing)",
            reason="missing_file",
        )
    return tuple(by_time[int(time)] for time in times)


def picture_size(path: Path) -> tuple[int, int]:
    """(width, height) by the header of a picture. Raises SourceError where it is none."""
    try:
        with Image.open(path) as picture:
            return picture.size
    except FileNotFoundError:
        raise SourceError(f"{path.name} is not there", reason="missing_file") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise SourceError(f"{path.name} is no picture ({error})", reason="undecodable") from None


def _escaped(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)
