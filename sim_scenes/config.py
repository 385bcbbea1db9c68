"""Settings of simulation: which scenes, how they are walked through and how they are filmed.

recipe ─▶ [SimConfig] ─▶ simulation_sources ─▶ SimulateStage
"""

from dataclasses import dataclass, field
from typing import Literal

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import Settings
from video4spatial.sim_scenes.unit_settings import ADDED

MoveKind = Literal["walk", "look_around", "orbit", "dolly", "loop"]


@dataclass(frozen=True, kw_only=True)
class WalkConfig(Settings):
    """How the camera walks through a room."""

    speed_mps: float = 0.7
    """Walking speed. Above 1.5, neighbouring frames at 12 fps share too little for depth. It changes
    by at most 1.5 m/s in a second."""
    max_turn_dps: float = 60.0
    """Fastest turn of the walk and of the view. Lower is smoother; below 20 a walk cannot leave a corner. It changes by
    at most three times itself in a second."""
    radius_m: float = 0.25
    """Room the walker needs to each side. Larger keeps the camera further from walls and finds fewer places to walk."""
    eye_height_m: tuple[float, float] = (1.25, 1.65)
    """Range of the camera's height over the floor; each path draws one height and keeps it."""
    horizontal_fov_deg: tuple[float, float] = (65.0, 85.0)
    """Range of the lens; each path draws one."""
    dwell_s: tuple[float, float] = (1.2, 3.0)
    """How long the camera looks at one thing before it turns to the next. Shorter looks around more."""
    shake: float = field(default=0.0, metadata=ADDED)
    """Unrest of a hand that holds the camera, 0 to 1; 0.3 is a careful walker, 1 a hurried one. It takes at most a
    quarter of speed and turn rate, so that paths keep to the same bounds; how fast the two change it does not bound."""

    def __post_init__(self) -> None:
        if not 0 < self.speed_mps <= 5:
            raise ConfigError(f"walk.speed_mps must be above 0 and at most 5, got {self.speed_mps}")
        if not 1 <= self.max_turn_dps <= 720:
            raise ConfigError(f"walk.max_turn_dps must lie in 1 to 720, got {self.max_turn_dps}")
        if not 0.05 <= self.radius_m <= 2:
            raise ConfigError(f"walk.radius_m must lie in 0.05 to 2, got {self.radius_m}")
        if not 0 <= self.shake <= 1:
            raise ConfigError(f"walk.shake must lie in 0 to 1, got {self.shake}")
        _check_range("walk.eye_height_m", self.eye_height_m, 0.2, 3.0)
        _check_range("walk.horizontal_fov_deg", self.horizontal_fov_deg, 20.0, 140.0)
        _check_range("walk.dwell_s", self.dwell_s, 0.1, 60.0)


@dataclass(frozen=True, kw_only=True)
class View(Settings):
    """One kind of recording made in every scene."""

    size_px: int = 64
    """Side of the square frames; even, because video is stored with halved colour."""
    paths: int = 24
    """Camera paths in each scene."""
    frames: int = 48
    """Frames of each path."""
    rate_fps: int = 6
    """Frames a second. Lower covers more of the room with the same number of frames."""
    samples: Literal[1, 2, 3, 4] = 2
    """Visibility samples per pixel side for colour: 1 leaves jagged edges, 2 costs about a third more time."""
    depth_scale: Literal[1, 2, 4, 8] = 4
    """Depth and object ids have 1/depth_scale of the frame's size. 1 is exact and large."""
    lighting_variants: int = 1
    """How many of the paths are filmed a second time in another light."""
    occluder_variants: int = 1
    """How many of the paths are filmed a second time with an object put in the way of the view."""
    walk: WalkConfig = field(default_factory=WalkConfig)
    moves: tuple[MoveKind, ...] = field(default=("walk",), metadata=ADDED)
    """How the camera moves, in turn over the paths: `walk` wanders, `look_around` stands and turns, `orbit` circles a
    thing, `dolly` glides straight with a pan, `loop` comes back to its start. All keep to the bounds of `walk`."""
    grounding_paths: int = field(default=0, metadata=ADDED)
    """Further paths in each scene that end with a thing in view and centred, and the sentence that means this thing. A
    scene in which few things can be named for certain gives fewer."""
    passerby_variants: int = field(default=0, metadata=ADDED)
    """How many of the paths are filmed a second time with a person walking through the view. Paths without room for
    one have none."""
    jitter_variants: int = field(default=0, metadata=ADDED)
    """How many of the paths are filmed a second time from slightly other poses, through another lens."""
    hidden_variants: int = field(default=0, metadata=ADDED)
    """How many of the orbits, and of the grounding paths, are filmed a second time with something between the camera
    and the thing that they show, for part of the path. Paths without room for it have none."""
    hidden_end: Literal["seen", "hidden"] = field(default="seen", metadata=ADDED)
    """Is that thing in open view again at the end, or is it hidden there and must be known from before."""
    variant_repeats: int = field(default=1, metadata=ADDED)
    """How many variants of each kind such a path gets, 1 to 10."""
    light: Literal["moods", "dials"] = field(default="moods", metadata=ADDED)
    """How lighting variants are drawn: one of three moods, or hour, each lamp, its colour temperature and strength."""
    boxes: bool = field(default=False, metadata=ADDED)
    """Record each object's box in every frame (`box_px`). Grounding paths always have it."""

    def __post_init__(self) -> None:
        if self.size_px < 16 or self.size_px > 4096 or self.size_px % 2 or self.size_px % self.depth_scale:
            raise ConfigError(
                f"view.size_px must be even, 16 to 4096 and divisible by depth_scale={self.depth_scale}, "
                f"got {self.size_px}"
            )
        if self.paths < 1 or self.paths > 5000:
            raise ConfigError(f"view.paths must lie in 1 to 5000, got {self.paths}")
        if self.frames < 2 or self.frames > 10000:
            raise ConfigError(f"view.frames must lie in 2 to 10000, got {self.frames}")
        if not 1 <= self.rate_fps <= 120:
            raise ConfigError(f"view.rate_fps must lie in 1 to 120, got {self.rate_fps}")
        if not 0 <= self.grounding_paths <= 5000:
            raise ConfigError(f"view.grounding_paths must lie in 0 to 5000, got {self.grounding_paths}")
        if not self.moves:
            raise ConfigError("view.moves is empty; give at least one of walk, look_around, orbit, dolly, loop")
        if not 1 <= self.variant_repeats <= 10:
            raise ConfigError(f"view.variant_repeats must lie in 1 to 10, got {self.variant_repeats}")
        for name in ("lighting_variants", "occluder_variants", "passerby_variants", "jitter_variants"):
            count = getattr(self, name)
            if not 0 <= count <= self.paths:
                raise ConfigError(f"view.{name} must lie in 0 to paths={self.paths}, got {count}")
        most = max(self.paths, self.grounding_paths)
        if not 0 <= self.hidden_variants <= most:
            raise ConfigError(f"view.hidden_variants must lie in 0 to {most}, got {self.hidden_variants}")
        if self.hidden_variants and "orbit" not in self.moves and not self.grounding_paths:
            raise ConfigError(
                "view.hidden_variants hides what orbits and grounding paths show, of which there are none; add orbit "
                "to view.moves or set view.grounding_paths"
            )


@dataclass(frozen=True, kw_only=True)
class SimConfig(Settings):
    """Simulation as a recipe asks for it."""

    rooms: int = 6
    """Procedural rooms to make; each stands alone."""
    houses: int = 0
    """Procedural houses of two to six furnished rooms to make, beside the rooms."""
    objects: str | tuple[str, ...] = field(default=(), metadata=ADDED)
    """A folder, or several, of your own GLB objects: rooms and houses are furnished from them where their names tell
    what they are. `objects.yaml` in the folder may say more (docs/houses.md)."""
    textures: str | tuple[str, ...] = field(default=(), metadata=ADDED)
    """A folder, or several, of your own tileable colour pictures for floors, walls, ceilings, fabric and wood."""
    scenes: tuple[str, ...] = ()
    """GLB and glTF files (y up and in metres, or `FILE.glb#up=z&scale=0.01`) and Habitat scene datasets
    (`PATH.scene_dataset_config.json#SCENE`; without `#SCENE` all its scenes) to render beside the procedural rooms."""
    views: tuple[View, ...] = field(default_factory=lambda: (View(),))
    renderer: Literal["auto", "embedded", "habitat"] = "auto"
    """`embedded` needs nothing installed; `habitat` is the habitat-sim of HABITAT_PYTHON (docs/habitat.md); `auto` is
    habitat where that renders a picture when the run is planned, else embedded."""
    device: Literal["cpu", "cuda"] = field(default="cpu", metadata=ADDED)
    """What the embedded renderer runs on. `cuda` traces rays on a GPU: other bytes than `cpu` (sharper shadows), so
    units of the two never share an id."""

    def __post_init__(self) -> None:
        if not 0 <= self.rooms <= 100_000:
            raise ConfigError(f"simulation.rooms must lie in 0 to 100000, got {self.rooms}")
        if not 0 <= self.houses <= 100_000:
            raise ConfigError(f"simulation.houses must lie in 0 to 100000, got {self.houses}")
        for name in ("objects", "textures"):
            given = getattr(self, name)
            if any(not folder for folder in ((given,) if isinstance(given, str) else given)):
                raise ConfigError(f"simulation.{name} names an empty path; give a folder, or leave the setting out")
            if given and not self.rooms and not self.houses:
                raise ConfigError(f"simulation.{name} furnishes rooms and houses, of which there are none; set houses")
        if self.device == "cuda" and self.renderer == "habitat":
            raise ConfigError(
                "simulation.device is that of the embedded renderer; Habitat takes its GPU from HABITAT_GPU"
            )
        if not self.views:
            raise ConfigError("simulation.views is empty; give at least one view")
        if sum(view.paths + view.grounding_paths for view in self.views) > 10_000:
            raise ConfigError("simulation.views ask for more than 10000 paths in one scene; make more rooms instead")

    def object_folders(self) -> tuple[str, ...]:
        return (self.objects,) if isinstance(self.objects, str) else tuple(self.objects)

    def texture_folders(self) -> tuple[str, ...]:
        return (self.textures,) if isinstance(self.textures, str) else tuple(self.textures)


def _check_range(name: str, pair: tuple[float, float], low: float, high: float) -> None:
    if not low <= pair[0] <= pair[1] <= high:
        raise ConfigError(f"{name} must be a rising pair within {low:g} to {high:g}, got {pair}")
