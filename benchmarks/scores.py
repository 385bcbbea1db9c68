"""What scores say of real videos, and how well each tells its flaw: python -m benchmarks.scores FOLDER

Prints two tables. The first: the median over the clips of each video. The second: the flaw is made in every clip, and
the area under the ROC curve says how often the flawed clip's score is beyond a clean one's (1 always, 0.5 chance).
"""

import sys
from collections.abc import Callable, Iterator, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.filters.borders import border_share, content_box
from video4spatial.filters.config import AugmentConfig, RealConfig
from video4spatial.filters.flaws import noise, overlay_share
from video4spatial.filters.repeats import RepeatMeter
from video4spatial.filters.scores import frozen_share, sharpness, to_luma
from video4spatial.filters.source_quality import blockiness, combing
from video4spatial.filters.sources import video_sources
from video4spatial.filters.stage import CurateStage
from video4spatial.pipeline.core.unit import Product

Luma = NDArray[np.uint8]
CONFIG = RealConfig(max_clips_per_shot=99, augment=AugmentConfig(lighting_variants=0, occluder_variants=0))


def main(folder: str) -> None:
    clips = dict(curate(folder))
    print_medians(clips)
    lumas = [to_luma(clip.sequence.frames) for found in clips.values() for clip in found if clip.sequence]
    print("\n| flaw | score | clean: 10 %, median, 90 % | flawed: 10 %, median, 90 % | area under the curve | judged |")
    print("|---|---|---|---|---|---|")
    for flaw, name, score, make in FLAWS:
        judge(flaw, name, [score(luma) for luma in lumas], [score(make(luma)) for luma in lumas])


def curate(folder: str) -> Iterator[tuple[str, list[Product]]]:
    """(name, clips above the floor) of each video."""
    stage = CurateStage(config=CONFIG)
    worker = stage.build()
    for unit in stage.units(video_sources(folder), 0):
        yield unit.source.uri, [product for product in worker(unit) if product.sequence is not None]
    worker.close()


def print_medians(clips: Mapping[str, list[Product]]) -> None:
    names = sorted({name for found in clips.values() for clip in found for name in clip.scores})
    print(f"| score | {' | '.join(clips)} |\n|---|{'---|' * len(clips)}")
    for name in names:
        values = [[clip.scores[name] for clip in found if name in clip.scores] for found in clips.values()]
        print(f"| `{name}` | {' | '.join(f'{np.median(v):.2g}' if v else '' for v in values)} |")


def judge(flaw: str, name: str, clean: list[float | None], flawed: list[float | None]) -> None:
    good = np.array([value for value in clean if value is not None])
    bad = np.array([value for value in flawed if value is not None])
    above = float(np.mean((bad[:, None] > good) + 0.5 * (bad[:, None] == good)))
    said = [", ".join(f"{v:.3g}" for v in np.percentile(values, [10, 50, 90])) for values in (good, bad)]
    counts = f"{len(good)}, {len(bad)} of {len(clean)}"
    print(f"| {flaw} | `{name}` | {said[0]} | {said[1]} | {max(above, 1 - above):.3f} | {counts} |")


def noisy(levels: float) -> Callable[[Luma], Luma]:
    random = np.random.default_rng(0)
    return lambda luma: np.clip(luma + random.normal(0, levels, luma.shape), 0, 255).astype(np.uint8)


def blurred(luma: Luma) -> Luma:
    return np.stack([cv2.GaussianBlur(frame, (0, 0), 1.5) for frame in luma])


def boxed(luma: Luma) -> Luma:
    """A letterbox of an eighth at either side, coded at three times the size with the flaws of JPEG."""
    height, width = (3 * side for side in luma.shape[1:])
    out = []
    for frame in luma:
        large = np.full((height, width), 16, dtype=np.uint8)
        large[height // 8 : height - height // 8] = cv2.resize(frame, (width, height - 2 * (height // 8)))
        coded = cv2.imdecode(cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_GRAYSCALE)
        out.append(cv2.resize(coded, luma.shape[:0:-1], interpolation=cv2.INTER_AREA))
    return np.stack(out)


def captioned(luma: Luma) -> Luma:
    height, width = luma.shape[1:]
    large = np.zeros((4 * height, 4 * width), dtype=np.uint8)
    place = (int(0.8 * width), int(3.6 * height))
    cv2.putText(large, "I never said that", place, cv2.FONT_HERSHEY_SIMPLEX, width / 120, 255, 5)
    mask = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)[None] / 255
    return (luma * (1 - mask) + 235 * mask).astype(np.uint8)


def doubled(luma: Luma) -> Luma:
    return luma[::2].repeat(2, axis=0)


def jpeg(quality: int) -> Callable[[Luma], Luma]:
    def code(luma: Luma) -> Luma:
        data = cv2.imencode(".jpg", luma[0], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)[None]

    return code


def woven(luma: Luma) -> Luma:
    out = luma[:1].copy()
    out[0, 1::2] = np.roll(luma[0], 3, axis=1)[1::2]
    return out


def repeats(luma: Luma) -> float:
    meter = RepeatMeter(0)
    for frame in luma:
        meter.push(np.repeat(frame[..., None], 3, axis=2))
    return meter.share(0, len(luma))


FLAWS: list[tuple[str, str, Callable[[Luma], float | None], Callable[[Luma], Luma]]] = [
    ("blurred, sigma 1.5 px", "sharpness", sharpness, blurred),
    ("noise of 3 levels", "noise", noise, noisy(3)),
    ("noise of 6 levels", "noise", noise, noisy(6)),
    ("letterbox of 2 x 1/8", "border_share", lambda luma: border_share(content_box(luma), *luma.shape[1:]), boxed),
    ("caption", "overlay_share", overlay_share, captioned),
    ("every frame twice", "frozen_share", frozen_share, doubled),
    ("every frame twice", "repeated_share", repeats, doubled),
    ("JPEG quality 30", "source_blockiness", lambda luma: blockiness(luma[0]), jpeg(30)),
    ("JPEG quality 10", "source_blockiness", lambda luma: blockiness(luma[0]), jpeg(10)),
    ("fields 3 px apart", "source_combing", lambda luma: combing(luma[0]), woven),
]


if __name__ == "__main__":
    main(sys.argv[1])
