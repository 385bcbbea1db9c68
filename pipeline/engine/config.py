"""How a run uses the machine or the cluster. Nothing here changes a byte of data."""

from dataclasses import dataclass

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class EngineConfig(Settings):
    """Workers, retries, the budget of failures."""

    workers: int = 0
    """Most workers of a stage at once; 0 = one per core (on a cluster: one per core less one)."""
    attempts: int = 3
    """How often a unit whose process was lost is tried before it counts as failed."""
    max_failed_fraction: float = 0.5
    """Above this share of failed units the run stops: then it is the run that is broken, not the inputs."""
    train_workers: int = 0
    """Ray Train workers; 0 = the trainer runs in this process."""

    def __post_init__(self) -> None:
        if self.workers < 0 or self.train_workers < 0:
            raise ConfigError(f"workers and train_workers must be 0 or more, got {self.workers}, {self.train_workers}")
        if self.attempts < 1:
            raise ConfigError(f"attempts must be at least 1, got {self.attempts}")
        if not 0.0 <= self.max_failed_fraction <= 1.0:
            raise ConfigError(f"max_failed_fraction must lie in 0..1, got {self.max_failed_fraction}")
