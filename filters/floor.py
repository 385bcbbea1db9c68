"""Says which clips nobody wants, and why in words.

scores ─▶ [judge] ─▶ "" (kept, for the selection to decide) or a reason
"""

from collections.abc import Mapping

from video4spatial.filters.config import Floor
from video4spatial.filters.cut import Window


def judge_length(window: Window, floor: Floor, max_clips_per_shot: int) -> tuple[str, str]:
    """(reason, detail) from the window alone; two empty words when it may go on."""
    count = len(window.pictures)
    if window.kind == "surplus":
        return "enough_of_shot", f"the shot gave its {max_clips_per_shot} clips (real.max_clips_per_shot)"
    if window.kind == "transition":
        return "transition", "a dissolve or fade between two shots"
    if count < floor.min_frames:
        told = f"{count} frames at the clip's rate, floor.min_frames is {floor.min_frames}"
        return ("leftover", f"the end of a shot: {told}") if window.kind == "remainder" else ("too_short", told)
    return "", ""


def judge_scores(scores: Mapping[str, float], floor: Floor) -> tuple[str, str]:
    """(reason, detail) of the first rule that a clip fails; two empty words when it passes."""
    rules = (
        ("brightness", scores["brightness"] < floor.min_brightness, "black", "min_brightness"),
        ("brightness", scores["brightness"] > floor.max_brightness, "white", "max_brightness"),
        ("contrast", scores["contrast"] < floor.min_contrast, "blank", "min_contrast"),
        ("frozen_share", scores["frozen_share"] > floor.max_frozen_share, "frozen", "max_frozen_share"),
    )
    for score, is_below, reason, setting in rules:
        if is_below:
            return reason, f"{score} is {scores[score]:.3g}, floor.{setting} is {getattr(floor, setting):g}"
    return "", ""
