"""What is exported is what was stored, as the formats' own readers see it. Else others train on other cameras."""

import importlib.util
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.filters.captures import imitate
from video4spatial.filters.captures.capture import ReadOptions
from video4spatial.filters.captures.formats import read_capture
from video4spatial.filters.captures.image_child import open_depth, open_picture
from video4spatial.filters.captures.write import WRITERS, points_of, write_colmap, write_tum
from video4spatial.pipeline.core.camera import project
from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.sequence import Provenance, Sequence


def stored(**changes: object) -> Sequence:
    """The rendered walk as a sequence."""
    known = imitate.truth()
    facts: dict = {
        "frames": known.rgb,
        "times": np.arange(imitate.FRAMES, dtype=np.int64) * 100_000 + 7,
        "time_base": Fraction(1, 1_000_000),
        "provenance": Provenance(source_uri="u", source_sha256="s", start=0, stop=24, unit_id="x", seed=0),
        "cameras": known.cameras,
        "camera_valid": np.ones(imitate.FRAMES, dtype=bool),
        "pose_source": "rendered",
        "scale": "metric",
        "depth_m": known.depth_m,
    }
    return Sequence(**(facts | changes))


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_a_written_sequence_is_read_back_as_it_was(name: str, tmp_path: Path) -> None:
    sequence = stored()
    WRITERS[name](tmp_path, sequence)
    capture = read_capture(tmp_path, ReadOptions())
    assert sequence.cameras is not None
    assert sequence.depth_m is not None
    assert capture.format == name
    assert np.abs(capture.cameras.world_from_camera - sequence.cameras.world_from_camera).max() < 1e-8
    assert np.abs(capture.cameras.image_from_camera - sequence.cameras.image_from_camera).max() < 1e-6
    picture = open_picture(tmp_path / capture.images[3], (imitate.WIDTH, imitate.HEIGHT))
    assert np.array_equal(picture, sequence.frames[3])
    if name != "colmap":
        assert capture.scale == "metric"
        depth_m = open_depth(tmp_path / capture.depths[3], capture.depth_unit_m)
        assert np.abs(depth_m - sequence.depth_m[3]).max() < 0.001
    if name == "tum":
        assert capture.times is not None
        assert np.array_equal(capture.times, sequence.times)


def test_the_points_of_a_colmap_model_lie_where_the_cameras_see_their_colour(tmp_path: Path) -> None:
    sequence = stored()
    points, colours = points_of(sequence)
    assert 1000 < len(points) <= 20_000
    cameras = sequence.cameras
    assert cameras is not None
    pixels, ahead = project(points, cameras.image_from_camera[0], cameras.world_from_camera[0])
    first = slice(0, 400)
    assert (ahead[first] > 0).all()
    columns, rows = np.floor(pixels[first]).astype(int).T
    assert np.array_equal(sequence.frames[0, rows, columns], colours[first])
    write_colmap(tmp_path, sequence)
    lines = (tmp_path / "sparse/0/points3D.txt").read_text().splitlines()[1:]
    assert len(lines) == len(points)
    assert np.allclose([float(word) for word in lines[5].split()[1:4]], points[5])


@pytest.mark.skipif(importlib.util.find_spec("pycolmap") is None, reason="pycolmap is not installed")
def test_pycolmap_reads_our_models_and_we_read_its(tmp_path: Path) -> None:
    import pycolmap

    sequence = stored()
    write_colmap(tmp_path, sequence)
    model = pycolmap.Reconstruction(str(tmp_path / "sparse" / "0"))
    cameras = sequence.cameras
    assert cameras is not None
    assert model.num_reg_images() == imitate.FRAMES
    for image in model.images.values():
        number = int(Path(image.name).stem)
        camera_from_world = np.asarray(image.cam_from_world().matrix())
        assert np.abs(camera_from_world - cameras.camera_from_world[number][:3]).max() < 1e-6
        assert np.abs(image.camera.calibration_matrix() - cameras.image_from_camera[number]).max() < 1e-6
    binary = tmp_path / "binary"
    (binary / "sparse" / "0").mkdir(parents=True)
    model.write_binary(str(binary / "sparse" / "0"))
    (tmp_path / "images").rename(binary / "images")
    capture = read_capture(binary, ReadOptions())
    assert np.abs(capture.cameras.world_from_camera - cameras.world_from_camera).max() < 1e-6


def test_frames_of_untrusted_cameras_are_left_out(tmp_path: Path) -> None:
    valid = np.ones(imitate.FRAMES, dtype=bool)
    valid[5:8] = False
    for name, write in WRITERS.items():
        write(tmp_path / name, stored(camera_valid=valid))
        capture = read_capture(tmp_path / name, ReadOptions())
        assert len(capture) == imitate.FRAMES - 3
        assert not any("000006" in image for image in capture.images)


def test_what_a_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    known = imitate.truth()
    zoom = known.cameras.image_from_camera.copy()
    zoom[5:, 0, 0] += 10
    cameras = type(known.cameras)(**{**known.cameras.__dict__, "image_from_camera": zoom})
    with pytest.raises(ConfigError, match="export as nerfstudio"):
        write_tum(tmp_path / "a", stored(cameras=cameras))
    WRITERS["colmap"](tmp_path / "b", stored(cameras=cameras))
    assert np.abs(read_capture(tmp_path / "b", ReadOptions()).cameras.image_from_camera - zoom).max() < 1e-6
    with pytest.raises(ConfigError, match="no camera"):
        write_tum(tmp_path / "c", stored(cameras=None, camera_valid=None, pose_source="none", scale="none"))


def test_far_depth_is_written_as_none(tmp_path: Path) -> None:
    deep = imitate.truth().depth_m.copy()
    deep[0, 0, 0] = 14.0
    write_tum(tmp_path, stored(depth_m=deep))
    capture = read_capture(tmp_path, ReadOptions())
    assert open_depth(tmp_path / capture.depths[0], capture.depth_unit_m)[0, 0] == 0
