"""Structure from motion with pycolmap: followed corners in, cameras and points out. Runs inside the child only.

long_tracks.py ─▶ [map_clip] ─▶ Mapped ─▶ child.py

The incremental mapper registers one frame after the other, from the pair of frames that suits best (Schönberger
and Frahm, CVPR 2016). The focal length stays as it was guessed meanwhile, for two frames cannot tell it, and is refined
with everything else at the end. One thread and a set seed: the same bytes for the same clip. pycolmap must be imported
after Pillow, whose zlib it breaks otherwise.
"""

import tempfile
from pathlib import Path

import numpy as np
import PIL.Image  # noqa: F401
import pycolmap
from numpy.typing import NDArray

from video4spatial.filters.poses.long_tracks import Observations
from video4spatial.filters.poses.mapped import Mapped

STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 23)
"""How many frames apart those are whose common corners are compared: COLMAP joins them to tracks."""
LEAST_COMMON = 20
SEED = 1
_FIRST_ANGLE_DEG = 3.0
"""Under which the first two frames must see a point; COLMAP's 16 is for photographs."""
_LEAST_ANGLE_DEG = 0.5


def map_clip(
    seen: list[Observations], size_px: tuple[int, int], focal_px: float, is_focal_known: bool
) -> Mapped | None:
    """The cameras of a clip of `size_px` (width, height), starting from a focal length; None where none were found."""
    pycolmap.set_random_seed(SEED)
    pycolmap.logging.minloglevel = 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_database(folder / "database.db", seen, size_px, focal_px)
        options = _options(min(size_px))
        models = pycolmap.incremental_mapping(folder / "database.db", folder, folder / "models", options=options)
    if not models:
        return None
    model = max(models.values(), key=lambda model: model.num_reg_images())
    for _ in range(2):
        # points that an adjustment threw far away would spoil the next one, and every mean
        _refine(model, is_focal_known)
        pycolmap.ObservationManager(model).filter_all_points3D(2.0 * min(size_px) / 128, _LEAST_ANGLE_DEG)
    model.update_point_3d_errors()
    return _read(model, seen)


def _write_database(path: Path, seen: list[Observations], size_px: tuple[int, int], focal_px: float) -> None:
    camera = pycolmap.Camera.create(1, pycolmap.CameraModelId.SIMPLE_PINHOLE, focal_px, *size_px)
    # a guess, but one that makes two frames of a plane tell where they were taken from
    camera.has_prior_focal_length = True
    database = pycolmap.Database.open(path)
    database.write_camera(camera, use_camera_id=True)
    rig = pycolmap.Rig(rig_id=1)
    rig.add_ref_sensor(camera.sensor_id)
    database.write_rig(rig, use_rig_id=True)
    for number, observations in enumerate(seen, start=1):
        image = pycolmap.Image(name=f"{number - 1:06d}", camera_id=1, image_id=number)
        database.write_image(image, use_image_id=True)
        frame = pycolmap.Frame(frame_id=number, rig_id=1)
        frame.add_data_id(image.data_id)
        database.write_frame(frame, use_frame_id=True)
        database.write_keypoints(number, observations.points.astype(np.float32))
    _write_pairs(database, seen, camera, min(size_px))
    database.close()


def _write_pairs(database: pycolmap.Database, seen: list[Observations], camera: pycolmap.Camera, short: int) -> None:
    options = pycolmap.TwoViewGeometryOptions(detect_watermark=False)
    options.ransac.random_seed = SEED
    options.ransac.max_error = 1.5 * short / 128
    options.ransac.min_num_trials, options.ransac.max_num_trials = 30, 500
    for first, one in enumerate(seen):
        for last in (first + step for step in STEPS if first + step < len(seen)):
            _, here, there = np.intersect1d(one.tracks, seen[last].tracks, assume_unique=True, return_indices=True)
            if len(here) < LEAST_COMMON:
                continue
            matches = np.stack([here, there], axis=1).astype(np.uint32)
            geometry = pycolmap.estimate_calibrated_two_view_geometry(
                camera, one.points, camera, seen[last].points, matches, options
            )
            database.write_matches(first + 1, last + 1, matches)
            database.write_two_view_geometry(first + 1, last + 1, geometry)


def _options(short: int) -> pycolmap.IncrementalPipelineOptions:
    options = pycolmap.IncrementalPipelineOptions(
        num_threads=1, random_seed=SEED, multiple_models=False, min_model_size=3, extract_colors=False
    )
    options.ba_refine_focal_length = False
    options.ba_global_frames_ratio = options.ba_global_points_ratio = 1.5
    options.ba_global_max_num_iterations, options.ba_local_max_num_iterations = 25, 15
    options.ba_global_max_refinements = 2
    mapper = options.mapper
    mapper.random_seed, mapper.num_threads = SEED, 1
    mapper.init_min_tri_angle, mapper.init_min_num_inliers = _FIRST_ANGLE_DEG, 30
    mapper.abs_pose_min_num_inliers, mapper.abs_pose_max_error = 15, 4.0 * short / 128
    mapper.abs_pose_refine_focal_length = False
    mapper.ba_local_min_tri_angle = _FIRST_ANGLE_DEG
    mapper.filter_min_tri_angle, mapper.filter_max_reproj_error = _LEAST_ANGLE_DEG, 2.0 * short / 128
    options.triangulation.random_seed, options.triangulation.min_angle = SEED, _LEAST_ANGLE_DEG
    return options


def _refine(model: pycolmap.Reconstruction, is_focal_known: bool) -> None:
    """Cameras, points and the focal length once more, together."""
    options = pycolmap.BundleAdjustmentOptions(
        refine_focal_length=not is_focal_known, refine_extra_params=False, print_summary=False
    )
    options.ceres.solver_options.num_threads = 1
    options.ceres.solver_options.max_num_iterations = 60
    options.ceres.loss_function_type = pycolmap.LossFunctionType.CAUCHY
    pycolmap.bundle_adjustment(model, options)


def _read(model: pycolmap.Reconstruction, seen: list[Observations]) -> Mapped:
    images = sorted((model.image(number) for number in model.reg_image_ids()), key=lambda image: image.name)
    world_from_camera = np.repeat(np.eye(4)[None], len(images), axis=0)
    for place, image in zip(world_from_camera, images, strict=True):
        place[:3] = image.cam_from_world().inverse().matrix()
    centre_of = {image.image_id: place[:3, 3] for image, place in zip(images, world_from_camera, strict=True)}
    points = [model.points3D[number] for number in sorted(model.points3D)]
    return Mapped(
        frames=np.array([int(image.name) for image in images], dtype=np.int64),
        world_from_camera=world_from_camera,
        seen=np.array([image.num_points3D for image in images], dtype=np.int64),
        focal_px=float(next(iter(model.cameras.values())).focal_length),
        errors_px=np.array([point.error for point in points], dtype=np.float64),
        angles_deg=np.array([_widest_deg(point, centre_of) for point in points], dtype=np.float64),
        points=np.array([point.xyz for point in points], dtype=np.float64).reshape(-1, 3),
        explained_share=sum(len(point.track.elements) for point in points) / max(1, _followed(seen)),
    )


def _followed(seen: list[Observations]) -> int:
    """Corners of all frames whose track is in three frames or more."""
    lengths = np.bincount(np.concatenate([one.tracks for one in seen]))
    return int(lengths[lengths >= 3].sum())


def _widest_deg(point: pycolmap.Point3D, centre_of: dict[int, NDArray[np.float64]]) -> float:
    rays = np.array([centre_of[element.image_id] for element in point.track.elements]) - point.xyz
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    return float(np.degrees(np.arccos(np.clip((rays @ rays.T).min(), -1.0, 1.0))))
