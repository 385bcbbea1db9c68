"""Draws what each score catches, from footage of our own: python docs/pictures/scores.py docs/pictures/scores.jpg

Each pair is a good and a bad case with the score's value, measured by the pipeline's own functions. What a score sees
over time is shown as the middle line of all frames, one below the other: motion slants, what stands still is upright.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from video4spatial.filters.repeats import RepeatMeter
from video4spatial.filters.scores import measure, to_luma
from video4spatial.filters.source_quality import blockiness, combing
from video4spatial.sim_scenes.film import make_film

WIDTH, HEIGHT, LABEL_PX, FRAMES = 228, 128, 22, 48
Frames = NDArray[np.uint8]
Case = tuple[str, Frames, float]
"""Label, picture (HEIGHT, WIDTH, 3), value."""


def main(path: Path) -> None:
    film = make_film(3, (2 * WIDTH, 2 * HEIGHT), 12).frames[:FRAMES]
    small = np.stack([cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) for frame in film])
    moving = flight(film[40])
    overlay = (case("overlay_share", moving, False), case("overlay_share", captioned(moving), False))
    pairs = [*stored_pairs(small), overlay, *source_pairs(film)]
    sheet = Image.new("RGB", (4 * WIDTH + 50, (len(pairs) + 1) // 2 * (HEIGHT + LABEL_PX + 8)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for number, pair in enumerate(pairs):
        for side, (label, picture, value) in enumerate(pair):
            left = number % 2 * (2 * WIDTH + 40) + side * (WIDTH + 4) + 3
            top = number // 2 * (HEIGHT + LABEL_PX + 8)
            sheet.paste(Image.fromarray(picture), (left, top))
            draw.text((left, top + HEIGHT + 3), f"{label} {value:.3g}", "black", font=font)
    sheet.save(path, quality=86)


def stored_pairs(small: Frames) -> list[tuple[Case, Case]]:
    """Of the scores of stored frames (T, HEIGHT, WIDTH, 3)."""
    random = np.random.default_rng(0)
    fade = np.linspace(1, 0.1, FRAMES)[:, None, None, None]
    bad: dict[str, tuple[Callable[[Frames], Frames], bool]] = {
        "brightness": (lambda f: scaled(f, 0.12), False),
        "brightness_swing": (lambda f: scaled(f, fade), True),
        "contrast": (lambda f: scaled(f, 0.08, 160), False),
        "clipped_share": (lambda f: scaled(f, 3.5, -60), False),
        "sharpness": (lambda f: np.stack([cv2.GaussianBlur(frame, (0, 0), 2.5) for frame in f]), False),
        "motion": (lambda f: np.stack([np.roll(frame, 5 * n, axis=1) for n, frame in enumerate(f)]), True),
        "frozen_share": (lambda f: np.concatenate([f[:12], f[11:12].repeat(36, axis=0)]), True),
        "noise": (lambda f: np.clip(f + random.normal(0, 14, f.shape), 0, 255).astype(np.uint8), False),
        "border_share": (boxed, False),
    }
    return [(case(name, small, slow), case(name, make(small), slow)) for name, (make, slow) in bad.items()]


def source_pairs(film: Frames) -> list[tuple[Case, Case]]:
    """Of the scores of the source's own frames; of blocks and combs, a part at twice its size."""
    doubled = film[::2].repeat(2, axis=0)
    whole = to_luma(film[20][None])[0]
    coded = cv2.imdecode(cv2.imencode(".jpg", whole, [cv2.IMWRITE_JPEG_QUALITY, 8])[1], cv2.IMREAD_GRAYSCALE)
    woven = whole.copy()
    woven[1::2] = np.roll(whole, 7, axis=1)[1::2]
    pairs = [tuple(("repeated_share", over_time(frames), repeats(frames)) for frames in (film, doubled))]
    for name, score, other in (("source_blockiness", blockiness, coded), ("source_combing", combing, woven)):
        pairs.append(tuple((name, magnified(luma), score(luma)) for luma in (whole, other)))
    return pairs


def case(name: str, frames: Frames, is_over_time: bool) -> Case:
    value = measure(frames, np.arange(len(frames)) / 12)[name]
    return name, over_time(frames) if is_over_time else frames[len(frames) // 2], value


def flight(large: Frames) -> Frames:
    """Frames of a camera that flies diagonally over a picture of twice the size."""
    return np.stack([large[2 * n : 2 * n + HEIGHT, 4 * n : 4 * n + WIDTH] for n in range(FRAMES)])


def over_time(frames: Frames) -> Frames:
    lines = frames[:, frames.shape[1] // 2]
    return cv2.resize(lines, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)


def repeats(frames: Frames) -> float:
    meter = RepeatMeter(0)
    for frame in frames:
        meter.push(frame)
    return meter.share(0, len(frames))


def magnified(luma: Frames) -> Frames:
    top, left = (luma.shape[0] - HEIGHT // 2) // 2, (luma.shape[1] - WIDTH // 2) // 2
    part = luma[top : top + HEIGHT // 2, left : left + WIDTH // 2]
    return np.repeat(cv2.resize(part, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)[..., None], 3, axis=2)


def scaled(frames: Frames, gain: float | NDArray[np.float64], offset: float = 0) -> Frames:
    return np.clip(frames * gain + offset, 0, 255).astype(np.uint8)


def boxed(frames: Frames) -> Frames:
    out = np.zeros_like(frames)
    size_px = (WIDTH, HEIGHT - 36)
    out[:, 18:-18] = np.stack([cv2.resize(frame, size_px, interpolation=cv2.INTER_AREA) for frame in frames])
    return out


def captioned(frames: Frames) -> Frames:
    large = np.zeros((4 * HEIGHT, 4 * WIDTH), dtype=np.uint8)
    cv2.putText(large, "nobody said a word", (130, int(3.7 * HEIGHT)), cv2.FONT_HERSHEY_SIMPLEX, 2.2, 255, 8)
    mask = cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)[None, ..., None] / 255
    return (frames * (1 - mask) + 240 * mask).astype(np.uint8)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
