"""Simulation as the engine runs it: one scene in, all its posed sequences out.

sources ─▶ [SimulateStage.units] ─▶ Unit ─▶ worker: load_place ─▶ draw_recordings ─▶ render (+ variants) ─▶ Product

A unit is one scene with all its views, paths and variants. The worker also writes the scene's Habitat dataset and its
plan into `scene_folder`; both can be made again from the source and are no part of the unit's data.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras, pinhole
from video4spatial.pipeline.core.consistency import covisibility, covisibility_frames
from video4spatial.pipeline.core.errors import SourceError
from video4spatial.pipeline.core.grounding import grounding_task
from video4spatial.pipeline.core.seeds import rng
from video4spatial.pipeline.core.sequence import Provenance, Sequence
from video4spatial.pipeline.core.stage import Resources
from video4spatial.pipeline.core.unit import Product, Source, Unit
from video4spatial.sim_scenes.config import SimConfig, View
from video4spatial.sim_scenes.filming import film, still_depth_m
from video4spatial.sim_scenes.grounding import draw_grounding
from video4spatial.sim_scenes.habitat_dataset import write_dataset
from video4spatial.sim_scenes.hidden import Shown, hidden_variant
from video4spatial.sim_scenes.objects import object_table
from video4spatial.sim_scenes.paths import Walk
from video4spatial.sim_scenes.place import Place, load_place
from video4spatial.sim_scenes.plan import write_plan
from video4spatial.sim_scenes.recordings import Recording, draw_recordings
from video4spatial.sim_scenes.render.base import Frames, Renderer
from video4spatial.sim_scenes.render.choose import RendererName, make_renderer, resolve_renderer
from video4spatial.sim_scenes.render.habitat import LOOK_VERSION
from video4spatial.sim_scenes.scene import Scene
from video4spatial.sim_scenes.shake import calm
from video4spatial.sim_scenes.sources import is_read, scene_name
from video4spatial.sim_scenes.unit_settings import unit_settings
from video4spatial.sim_scenes.variants import Variant, VariantKind, variant_number
from video4spatial.sim_scenes.variety import draw_variant
from video4spatial.sim_scenes.verified import rendered_error

STAGE_VERSION = 6
READER_VERSION = 2
"""Of what is made of scene files; generated scenes do not depend on it."""


@dataclass(frozen=True, kw_only=True)
class SimulateStage:
    """Renders scenes. Implements `core.stage.UnitStage`."""

    config: SimConfig
    scene_folder: str
    """Where scene datasets and plans are written; shapes no data."""

    @property
    def needs(self) -> Resources:
        return Resources(cpus=1.0, gpus=1.0 if self.config.device == "cuda" else 0.0, memory_gib=1.5)

    def units(self, sources: list[Source], seed: int) -> list[Unit]:
        """One unit a scene. Raises NotAvailable when the wanted renderer or device cannot be driven here."""
        config = replace(self.config, renderer=resolve_renderer(self.config.renderer, self.config.device))
        for view in config.views:
            calm(view.walk)  # a shake that needs more room than a walker may ask for is refused here
        settings = unit_settings(config, exclude=("rooms", "houses", "objects", "textures", "scenes"))
        versions = {"simulate": STAGE_VERSION}
        if config.renderer == "habitat":
            versions["habitat"] = LOOK_VERSION
        return [
            Unit(
                kind="simulation",
                source=source,
                stage_versions=versions | ({"read": READER_VERSION} if is_read(source) else {}),
                settings=settings,
                seed=seed,
            )
            for source in sources
        ]

    def write_missing_scenes(self, units: list[Unit]) -> None:
        """Plans and Habitat datasets of units that another run finished: their files were written into its folder."""
        worker = self.build()
        view = self.config.views[0]
        for unit in units:
            if (Path(self.scene_folder) / scene_name(unit.source) / "plan.json").exists():
                continue
            try:
                place = load_place(unit.source, calm(view.walk).radius_m, view.walk.eye_height_m[1])
            except SourceError:
                continue  # a scene that cannot be used has no plan; its row says why
            worker.write_scene(unit, place)

    def build(self) -> "SimulateWorker":
        return SimulateWorker(self.config, Path(self.scene_folder))


class SimulateWorker:
    """Renders one unit after the other."""

    def __init__(self, config: SimConfig, scene_folder: Path) -> None:
        self._config = config
        self._scene_folder = scene_folder

    def __call__(self, unit: Unit) -> Iterator[Product]:
        """Yields the sequences of all views, each original followed by its variants."""
        index = 0
        places: dict[tuple[float, float], Place] = {}
        for number, view in enumerate(self._config.views):
            walker = (calm(view.walk).radius_m, view.walk.eye_height_m[1])
            if walker not in places:
                places[walker] = load_place(unit.source, *walker)
            place = places[walker]
            if number == 0:
                self.write_scene(unit, place)
            for product in self._view(unit, view, number, place):
                yield replace(product, index=index + product.index)
            index += view.paths + view.grounding_paths

    def write_scene(self, unit: Unit, place: Place) -> None:
        """plan.json and plan.png, and for a generated room its Habitat scene dataset."""
        folder = self._scene_folder / scene_name(unit.source)
        if place.kind != "file":
            write_dataset(folder, place.scene)
        write_plan(folder, place)

    def close(self) -> None:
        """Holds nothing between units."""

    def _view(self, unit: Unit, view: View, number: int, place: Place) -> Iterator[Product]:
        name = unit.source.sha256
        generators = [rng(unit.seed, f"simulate.walk.{number}", name, path) for path in range(view.paths)]
        recordings = draw_recordings(place, view, generators)
        # as planned: what this node would choose by itself must not decide what a unit's pixels are
        renderer_name: RendererName = unit.settings["renderer"]
        device = unit.settings.get("device", "cpu")
        with closing(make_renderer(renderer_name, place.scene, view.samples, device)) as renderer:
            yield from self._recordings(unit, view, number, place, recordings, renderer)

    def _recordings(
        self,
        unit: Unit,
        view: View,
        number: int,
        place: Place,
        recordings: list[Recording],
        renderer: Renderer,
    ) -> Iterator[Product]:
        name = unit.source.sha256
        orbits = [path for path, recording in enumerate(recordings) if recording.target][: view.hidden_variants]
        for path, recording in enumerate(recordings):
            original = self._product(unit, view, path, recording, place.scene, renderer, None)
            yield original
            for variant_no, variant in self._variants(unit, view, number, path, place, recording.walk):
                yield self._product(unit, view, path, recording, variant.scene, renderer, variant, variant_no)
            if path in orbits:
                yield from self._hidden(unit, view, number, place, recording, original, renderer)
        renderer.show(place.scene)
        generators = [rng(unit.seed, f"simulate.grounding.{number}", name, k) for k in range(view.grounding_paths)]
        found = draw_grounding(place, view, generators, lambda cameras: renderer.render(cameras).object_id)
        for nth, (k, recording) in enumerate(found):
            original = self._product(unit, view, view.paths + k, recording, place.scene, renderer, None)
            yield original
            if nth < view.hidden_variants:
                yield from self._hidden(unit, view, number, place, recording, original, renderer)

    def _hidden(
        self,
        unit: Unit,
        view: View,
        number: int,
        place: Place,
        recording: Recording,
        original: Product,
        renderer: Renderer,
    ) -> Iterator[Product]:
        """The path again with something before the thing that it shows, as often as the view repeats variants."""

        def see(scene: Scene, cameras: Cameras) -> NDArray[np.int32]:
            renderer.show(scene)
            return renderer.render(cameras).object_id

        assert recording.target is not None
        assert original.sequence is not None
        objects = original.sequence.objects
        entry = next((each for each in objects if each["id"] == recording.target.object_id), None)
        if entry is None:
            return
        shown = Shown(recording.target, entry, _small(_cameras(recording.walk, view.size_px), view), see)
        for repeat in range(view.variant_repeats):
            name = f"simulate.hidden.{number}" + (f".{repeat}" if repeat else "")
            draw = rng(unit.seed, name, unit.source.sha256, original.index)
            variant = hidden_variant(place, recording, shown, view, draw)
            if variant is not None:
                no = variant_number("hidden", repeat)
                yield self._product(unit, view, original.index, recording, variant.scene, renderer, variant, no)

    def _variants(
        self, unit: Unit, view: View, number: int, path: int, place: Place, walk: Walk
    ) -> Iterator[tuple[int, Variant]]:
        """The variants of one path with their numbers, in the order of their keys."""
        wanted: dict[VariantKind, int] = {
            "lighting": view.lighting_variants,
            "occluder": view.occluder_variants,
            "passerby": view.passerby_variants,
            "jitter": view.jitter_variants,
        }
        for kind, count in wanted.items():
            for repeat in range(view.variant_repeats if path < count else 0):
                name = f"simulate.{'light' if kind == 'lighting' else kind}.{number}"
                draw = rng(unit.seed, name if repeat == 0 else f"{name}.{repeat}", unit.source.sha256, path)
                variant = draw_variant(kind, place, walk, view, draw)
                if variant is not None:
                    yield variant_number(kind, repeat), variant

    def _product(
        self,
        unit: Unit,
        view: View,
        path: int,
        recording: Recording,
        scene: Scene,
        renderer: Renderer,
        variant: Variant | None,
        variant_no: int = 0,
    ) -> Product:
        walk = (variant.walk if variant else None) or recording.walk
        scenes, moving = (variant.scenes, variant.moving) if variant else ((), ())
        cameras = _cameras(walk, view.size_px)
        frames = film(renderer, scene, scenes, cameras)
        small, geometry = cameras, frames
        if view.depth_scale > 1:
            small = _small(cameras, view)
            geometry = film(renderer, scene, scenes, small)
        still_m = still_depth_m(geometry, moving)
        grid = covisibility_frames(view.frames)
        is_grounding = recording.task["task"] == "grounding"
        boxed = view.boxes or is_grounding or (variant is not None and variant.kind == "hidden")
        objects = object_table(scene, geometry, frames if boxed else None, moving)
        task = grounding_task(recording.task, objects, cameras) if is_grounding else recording.task
        if is_grounding and variant is not None:
            task["end"] = max([task["end"], *(1 + frame for frame in variant.parameters.get("hidden_frames", ()))])
        sequence = Sequence(
            frames=frames.rgb,
            times=np.arange(view.frames, dtype=np.int64),
            time_base=Fraction(1, view.rate_fps),
            provenance=Provenance(
                source_uri=unit.source.uri,
                source_sha256=unit.source.sha256,
                start=0,
                stop=view.frames,
                unit_id=unit.unit_id,
                seed=unit.seed,
            ),
            cameras=cameras,
            camera_valid=np.ones(view.frames, dtype=bool),
            pose_source="rendered",
            scale="metric",
            depth_m=geometry.depth_m,
            object_id=geometry.object_id,
            covisibility=covisibility(still_m, small, grid),
            covisibility_frames=grid,
            objects=objects,
            tasks=(task,),
        )
        return _with_variant(Product(
            index=path,
            sequence=sequence,
            scores=_scores(frames, geometry, rendered_error(frames, cameras, geometry, small, moving), walk),
            columns={"move": recording.move} if is_grounding or view.moves != ("walk",) else {},
            scene=scene_name(unit.source),
            task=task["task"],
            start=0,
            stop=view.frames,
        ), unit, variant, variant_no)  # fmt: skip


def _with_variant(product: Product, unit: Unit, variant: Variant | None, number: int) -> Product:
    """The product numbered and described as a variant."""
    if variant is None or product.sequence is None:
        return product
    group = product.variant_group(unit.unit_id)
    described = {"group": group, "kind": variant.kind, "parameters": dict(variant.parameters)}
    return replace(product, variant=number, sequence=replace(product.sequence, variant=described))


def _cameras(walk: Walk, size_px: int) -> Cameras:
    lens = pinhole(len(walk.world_from_camera), size_px, size_px, walk.horizontal_fov_deg)
    return Cameras(
        world_from_camera=walk.world_from_camera, image_from_camera=lens, width_px=size_px, height_px=size_px
    )


def _small(cameras: Cameras, view: View) -> Cameras:
    """The cameras of depth and object ids."""
    side = view.size_px // view.depth_scale
    return cameras.resized(side, side) if view.depth_scale > 1 else cameras


def _scores(frames: Frames, geometry: Frames, error: float, walk: Walk) -> dict[str, float]:
    """brightness (mean 8-bit luma), geometry_error (relative, see verified.py), path_length_m, min_clearance_m,
    sky_share (part of pixels where nothing was hit)."""
    luma = frames.rgb[..., 0] * np.float32(0.299) + frames.rgb[..., 1] * np.float32(0.587)
    luma += frames.rgb[..., 2] * np.float32(0.114)
    return {
        "brightness": float(luma.mean()),
        "geometry_error": error,
        "path_length_m": walk.length_m,
        "min_clearance_m": walk.min_clearance_m,
        "sky_share": float((geometry.depth_m == 0).mean()),
    }
