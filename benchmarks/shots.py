"""How well cuts, dissolves and fades are found, beside PySceneDetect's own defaults on the same pictures.

    python benchmarks/shots.py TRUTH.json ...      one JSON a film: {"video": path beside it, "transitions": [...]}

A transition is {"type": "cut", "frame": N} (first frame of the new shot) or {"type": "dissolve", "start": first mixed
frame, "end": first clean one}, likewise "fade_through_black". A cut counts when it is found to the frame; a gradual
one when a find of its kind overlaps it. PySceneDetect tells of single frames: one within a gradual one counts.
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scenedetect import AdaptiveDetector, ContentDetector, ThresholdDetector, detect

from video4spatial.filters.config import DecodeLimits, ShotConfig
from video4spatial.filters.shots import split_shots
from video4spatial.filters.video import VideoReader

Span = tuple[str, int, int]
"""Kind, and [start, stop); a cut is empty."""


def read_truth(path: Path) -> tuple[Path, list[Span]]:
    """The film and its transitions."""
    told = json.loads(path.read_text())
    spans: list[Span] = []
    for entry in told["transitions"]:
        start = entry.get("frame", entry.get("start"))
        spans.append((entry["type"].split("_")[0], start, entry.get("end", start)))
    return path.parent / told["video"], spans


def ours(reader: VideoReader, film: Path) -> list[Span]:
    """What this package finds."""
    reader.open(str(film), 128)
    spans: list[Span] = []
    mixed = None
    for picture, how in split_shots(reader.pictures(), ShotConfig()):
        if how == "transition":
            mixed = picture.index
        elif how in ("dissolve", "fade"):
            spans.append((how, picture.index if mixed is None else mixed, picture.index))
            mixed = None
        elif how == "cut":
            spans.append((how, picture.index, picture.index))
    return spans


def theirs(film: Path, detectors: Iterable[type]) -> list[Span]:
    """What PySceneDetect's detectors find as they come."""
    cuts = {start.frame_num for kind in detectors for start, _ in detect(str(film), kind())[1:]}
    return [("any", frame, frame) for frame in sorted(cuts)]


def count(truth: list[Span], found: list[Span]) -> np.ndarray:
    """(right cuts, true cuts, found cuts, right gradual ones, true gradual ones, found gradual ones)."""
    gradual = [span for span in truth if span[0] != "cut"]
    cuts = {span[1] for span in truth if span[0] == "cut"}
    right = [span for span in found if span[0] in ("cut", "any") and span[1] in cuts]
    met = [
        any(span[0] in (kind, "any") and span[1] <= stop and span[2] >= start for span in found)
        for kind, start, stop in gradual
    ]
    inside = [s for s in found if s not in right and any(s[1] <= stop and s[2] >= start for _, start, stop in gradual)]
    hard = [span for span in found if span[0] in ("cut", "any") and span not in inside]
    soft = [span for span in found if span[0] in ("dissolve", "fade")]
    return np.array([len(right), len(cuts), len(hard), sum(met), len(gradual), len(soft)])


def line(name: str, counts: np.ndarray) -> str:
    """A row of the table."""
    right, true, found, met, gradual, soft = counts
    precision, recall = right / found if found else 1.0, right / true if true else 1.0
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return f"| {name} | {precision:.3f} | {recall:.3f} | {f1:.3f} | {found - right} | {met} of {gradual} | {soft} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("truths", nargs="+", type=Path)
    options = parser.parse_args()
    peers = {
        "PySceneDetect ContentDetector": (ContentDetector,),
        "PySceneDetect AdaptiveDetector": (AdaptiveDetector,),
        "PySceneDetect Adaptive + Threshold": (AdaptiveDetector, ThresholdDetector),
    }
    totals = {name: np.zeros(6, dtype=int) for name in ("video4spatial", *peers)}
    print("| film, detector | cut precision | recall | F1 | false cuts | gradual ones met | gradual ones told |")
    print("|---|---|---|---|---|---|---|")
    with VideoReader(DecodeLimits()) as reader:
        for path in options.truths:
            film, truth = read_truth(path)
            found = {
                "video4spatial": ours(reader, film),
                **{name: theirs(film, kinds) for name, kinds in peers.items()},
            }
            for name, spans in found.items():
                totals[name] += (counts := count(truth, spans))
                if name == "video4spatial":
                    print(line(f"{film.name}, {name}", counts))
    for name, counts in totals.items():
        print(line(f"**all, {name}**", counts))


if __name__ == "__main__":
    main()
