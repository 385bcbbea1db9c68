"""Recipe: everything a run is told, as one tree of frozen settings.

recipe.yaml ─▶ commands/recipe_file.py (reads, checks, names the line) ─▶ [Recipe] ─▶ every step
"""

import re
from dataclasses import dataclass, field

from video4spatial.filters.config import Floor, RealConfig
from video4spatial.model.config import EvaluateConfig, ModelConfig, TrainConfig
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import Settings
from video4spatial.pipeline.engine.config import EngineConfig
from video4spatial.pipeline.store.selection import Selection
from video4spatial.sim_scenes.config import SimConfig
from video4spatial.sim_scenes.showcase import ShowcaseConfig


@dataclass(frozen=True, kw_only=True)
class Recipe(Settings):
    """From raw inputs to an evaluated model."""

    name: str
    """Name of the dataset that is published: letters, digits, '-' and '_'."""
    seed: int = 0
    """Every random choice of the run derives from it."""
    sim: SimConfig | None = None
    """Scenes to render; null for none."""
    real: RealConfig | None = None
    """Videos and posed captures to curate; null for none."""
    floor: Floor = field(default_factory=Floor)
    """What nobody wants is dropped below this; part of the unit, so a change here costs a pass."""
    select: Selection = field(default_factory=Selection)
    """Thresholds over scores, applied when a version is published; a change here costs seconds."""
    captions: str | None = None
    """A .jsonl file of captions that a model of yours gave (docs/captions.md), merged when a version is published: a
    captioned sequence is trained with its caption as instruction. null for none."""
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)
    showcase: ShowcaseConfig = field(default_factory=ShowcaseConfig)
    """Houses that the report shows beside the data; they shape no data."""
    engine: EngineConfig = field(default_factory=EngineConfig)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", self.name):
            raise ConfigError(f"name must be letters, digits, '-' and '_', got {self.name!r}")
        if self.sim is None and self.real is None:
            raise ConfigError(
                "a recipe needs inputs: give 'sim' (scenes to render), 'real' (videos or captures to curate) or both"
            )
        real = self.real
        if self.sim is None and real and real.videos is None and not real.captures and not real.synthetic_film:
            raise ConfigError(
                "'real' has no videos and its synthetic film is off: give real.videos, real.captures, or 'sim'"
            )
        if not -(2**63) <= self.seed < 2**63:
            raise ConfigError(f"seed must fit in 64 bits, got {self.seed}")
        if self.sim is not None:
            self._check_model_fits(self.sim)
        elif real is not None and (real.captures or real.poses.estimate):
            self._check_captures_fit(real)

    @property
    def has_cameras(self) -> bool:
        """Does some input come with cameras, so that a model can be trained on it."""
        if self.sim is not None:
            return True
        return self.real is not None and (bool(self.real.captures) or self.real.poses.estimate)

    def _check_captures_fit(self, real: RealConfig) -> None:
        """Where captures and posed clips are all there is to train on, they must be stored as the model takes them."""
        if real.size_px != self.model.size_px or real.posed.crop != "square":
            raise ConfigError(
                f"model.size_px is {self.model.size_px}, but clips with cameras are stored {real.posed.crop} with "
                f"real.size_px {real.size_px}; set real.size_px={self.model.size_px} and real.posed.crop=square"
            )
        needed = self.train.context.frames
        if real.clip_frames < needed:
            raise ConfigError(
                f"train.context needs {needed} frames (context and target), real.clip_frames is {real.clip_frames}; "
                "make clips longer"
            )

    def _check_model_fits(self, sim: SimConfig) -> None:
        """The model must find sequences of its size that are long enough, before anything is rendered."""
        views = [view for view in sim.views if view.size_px == self.model.size_px]
        if not views:
            sizes = ", ".join(str(view.size_px) for view in sim.views)
            raise ConfigError(
                f"model.size_px is {self.model.size_px}, but sim.views renders {sizes} px; add a view of that size"
            )
        context = self.train.context
        needed = context.frames
        if max(view.frames for view in views) < needed:
            raise ConfigError(
                f"train.context needs {needed} frames (context and target); sim.views of {self.model.size_px} px have "
                f"{max(view.frames for view in views)}; make them longer"
            )
