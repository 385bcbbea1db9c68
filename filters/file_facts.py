"""What is in a video file, in words: the parent's side of `file_facts_child`, for people and for plans.

v4s curate --explain | --dry-run ─▶ [FileReader] ──socketpair──▶ file_facts_child
"""

from dataclasses import dataclass

from video4spatial.filters.config import DecodeLimits
from video4spatial.pipeline.core.child import Child
from video4spatial.pipeline.core.errors import WorkerLost

CHILD_MODULE = "video4spatial.filters.file_facts_child"


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """What could be found out."""

    facts: tuple[tuple[str, str], ...]
    """(name, words), the container first."""
    reason: str = ""
    """Empty, or the short word for what is wrong with the file."""
    detail: str = ""


class FileReader:
    """Asks a killable child about files. Use it as a context manager."""

    def __init__(self, limits: DecodeLimits) -> None:
        self._limits = limits
        self._child = Child(CHILD_MODULE, memory_gib=limits.memory_gib)

    def __enter__(self) -> "FileReader":
        return self

    def __exit__(self, *exception: object) -> None:
        self._child.close()

    def facts(self, path: str, short_side_px: int, decoder: str) -> FileFacts:
        """Never raises for a broken file, nor for one that takes its reader with it."""
        request = {"op": "facts", "path": path, "short_side_px": short_side_px, "decoder": decoder}
        try:
            answer, _ = self._child.ask(request, self._limits.stall_timeout_s)
        except WorkerLost as error:
            return FileFacts(facts=(), reason=error.reason, detail=str(error))
        facts = tuple((str(name), str(words)) for name, words in answer["facts"])
        return FileFacts(facts=facts, reason=answer.get("reason", ""), detail=answer.get("error", ""))

    def seconds(self, path: str) -> float | None:
        """Length as the container says; None where it does not say, or cannot be read."""
        try:
            answer, _ = self._child.ask({"op": "seconds", "path": path}, self._limits.stall_timeout_s)
        except WorkerLost:
            return None
        return None if answer["seconds"] is None else float(answer["seconds"])
