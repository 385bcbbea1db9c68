"""An Explanation as lines for a terminal.

Explanation ─▶ [explain_lines] ─▶ print
"""

from collections import Counter
from collections.abc import Iterator

from video4spatial.pipeline.report.explained import Explanation, Row, advice_for, checks_of, clip_name, shots_of

_NAME, _FRAMES, _VERDICT = 20, 16, 9


def explain_lines(told: Explanation) -> Iterator[str]:
    """The facts of the file, a line a clip with what was measured against what, and the sum."""
    yield told.name
    for name, words in told.facts:
        yield f"  {name:13s} {words}"
    yield f"  {'judged by':13s} {told.settings}"
    for sentence in told.recorded:
        yield f"  {'recorded':13s} {sentence}"
    for reason, detail in told.failures:
        yield f"FAILED {reason}: {detail}"
        if advice := advice_for(reason):
            yield f"  what to do: {advice}"
    if any(map(told.is_lost, told.rows)):
        yield "Found before that; a unit that fails keeps none of it:"
    if told.rows:
        yield ""
        yield f"  {'CLIP':{_NAME}s}{'FRAMES':{_FRAMES}s}{'VERDICT':{_VERDICT}s} WHY, AND WHAT WAS MEASURED"
    for shot in shots_of(told.rows):
        yield shot.title
        for row in shot.rows:
            yield _clip(row, told)
    yield ""
    yield summary(told)


def summary(told: Explanation) -> str:
    """`3 kept, 5 rejected (2 leftover, 1 frozen, ...)`."""
    why = ", ".join(reason for reason, _ in told.failures)
    if told.failures and not told.rows:
        return f"nothing can be used: {why}"
    rows = [row for row in told.rows if not told.is_lost(row)]
    if told.failures and not rows:
        return f"nothing is kept: {why}"
    dropped = Counter(str(row["reason"]) for row in rows if row["verdict"] != "kept")
    reasons = ", ".join(f"{count} {reason}" for reason, count in dropped.most_common())
    said = f"{len(rows) - dropped.total()} kept, {dropped.total()} rejected" + (f" ({reasons})" if reasons else "")
    return said + (f"; {len(told.failures)} of its units fail: {why}" if told.failures else "")


def _clip(row: Row, told: Explanation) -> str:
    frames = f"{row['start']} to {max(row['start'], row['stop'] - 1)}"
    measured = ", ".join(
        f"{check.score} {check.value:.4g} ({'' if check.passes else 'not '}{check.limits})"
        for check in checks_of(row, told.thresholds)
    )
    verdict = "found" if told.is_lost(row) else "kept" if row["verdict"] == "kept" else "rejected"
    why = f"{row['reason']}: {row['detail']}" if row["reason"] else ""
    said = "; ".join(words for words in (why, measured) if words)
    return f"  {clip_name(row):{_NAME}s}{frames:{_FRAMES}s}{verdict:{_VERDICT}s} {said}".rstrip()
