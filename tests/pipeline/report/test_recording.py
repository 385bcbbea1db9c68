"""Rerun recordings, read back. Unseen: a camera with turned axes shows points where they are not, and nobody asks."""

import io
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from video4spatial.pipeline.core.camera import Cameras, pinhole, project
from video4spatial.pipeline.core.errors import ConfigError, NotAvailable, StorageError
from video4spatial.pipeline.core.geometry import look_at
from video4spatial.pipeline.core.sequence import Provenance, Sequence
from video4spatial.pipeline.report.recording import write_recording

SIZE_PX, SCALE, FRAMES = 64, 2, 5


@pytest.fixture
def sequence() -> Sequence:
    """A camera that flies around a chair and looks at it; every pixel has a colour of its own; depth at half size."""
    angle = np.linspace(0.3, 1.5, FRAMES)
    poses = [look_at((3 * np.cos(a), 1.5, 3 * np.sin(a)), (0.2, 0.5, 0.1)) for a in angle]
    ramp = np.arange(SIZE_PX * SIZE_PX).reshape(SIZE_PX, SIZE_PX)
    picture = np.stack([ramp % 64 * 4, ramp // 64 * 4, np.full_like(ramp, 40)], axis=-1)
    depth_m = np.random.default_rng(5).uniform(1.0, 4.0, (FRAMES, SIZE_PX // SCALE, SIZE_PX // SCALE))
    depth_m[:, :3] = 0.0
    chair = {"centre_m": [0.2, 0.5, 0.1], "axes": [[0, 0, 1], [0, 1, 0], [1, 0, 0]], "extent_m": [0.4, 1.0, 0.6]}
    return Sequence(
        frames=np.repeat(picture[None].astype(np.uint8), FRAMES, axis=0),
        times=np.arange(FRAMES) * 2 + 7,
        time_base=Fraction(1, 10),
        provenance=Provenance(source_uri="chair", source_sha256="0", start=0, stop=FRAMES, unit_id="u", seed=0),
        cameras=Cameras(
            world_from_camera=np.array(poses),
            image_from_camera=pinhole(FRAMES, SIZE_PX, SIZE_PX, 75.0),
            width_px=SIZE_PX,
            height_px=SIZE_PX,
        ),
        camera_valid=np.ones(FRAMES, dtype=bool),
        pose_source="rendered",
        scale="metric",
        depth_m=depth_m.astype(np.float32),
        objects=({"id": 4, "category": "chair", "words": ["red chair"], "box": chair}, {"id": 5, "category": "?"}),
    )


def read_back(path: Path) -> dict[str, dict[str, dict[int | None, Any]]]:
    """entity -> component -> frame (None: all the time) -> value, as Rerun itself reads the file."""
    chunk = pytest.importorskip("rerun.chunk", reason="rerun-sdk is not installed: pip install 'video4spatial[rerun]'")
    found: dict[str, dict[str, dict[int | None, Any]]] = {}
    for part in chunk.RrdReader(path).stream().to_chunks():
        columns = part.to_record_batch().to_pydict()
        frames = columns.get("frame", [None] * part.num_rows)
        for name, values in columns.items():
            if ":" in name:
                column = found.setdefault(part.entity_path, {}).setdefault(name, {})
                column.update({frame: value for frame, value in zip(frames, values, strict=True) if value is not None})
        if "time" in columns:
            seconds = [value.total_seconds() for value in columns["time"]]
            found.setdefault(part.entity_path, {}).setdefault("time", {}).update(zip(frames, seconds, strict=True))
    return found


@pytest.fixture
def recorded(sequence: Sequence, tmp_path: Path) -> dict[str, dict[str, dict[int | None, Any]]]:
    pytest.importorskip("rerun", reason="rerun-sdk is not installed: pip install 'video4spatial[rerun]'")
    write_recording(tmp_path / "chair.rrd", "chair-0001", sequence)
    assert [path.name for path in tmp_path.iterdir()] == ["chair.rrd"]
    return read_back(tmp_path / "chair.rrd")


def test_every_frame_has_camera_picture_points_and_depth_and_the_rest_lasts(recorded: Any) -> None:
    for entity, component in (
        ("/world/camera", "Transform3D:translation"),
        ("/world/camera/image", "Pinhole:image_from_camera"),
        ("/world/camera/image", "EncodedImage:blob"),
        ("/world/points", "Points3D:positions"),
        ("/depth", "EncodedDepthImage:blob"),
    ):
        assert sorted(recorded[entity][component]) == list(range(FRAMES)), entity
    for entity in ("/world/path", "/world/map", "/world/objects", "/world"):
        assert all(set(column) == {None} for column in recorded[entity].values()), entity
    assert recorded["/world/camera"]["time"] == pytest.approx({frame: 0.2 * frame for frame in range(FRAMES)})
    assert len(recorded["/world/path"]["LineStrips3D:strips"][None][0]) == FRAMES


def test_axes_are_named_as_ours(recorded: Any) -> None:
    up, down, right, forward, back = 1, 2, 3, 5, 6  # rerun.components.ViewCoordinates
    world = recorded["/world"]["ViewCoordinates:xyz"][None][0]
    camera = recorded["/world/camera/image"]["Pinhole:camera_xyz"][0][0]
    assert list(world) == [right, up, back]
    assert list(camera) == [right, down, forward]


def test_a_recorded_point_lies_on_the_pixel_of_its_colour(recorded: Any, sequence: Sequence) -> None:
    for frame in range(FRAMES):
        pose = np.eye(4)
        pose[:3, 3] = recorded["/world/camera"]["Transform3D:translation"][frame][0]
        pose[:3, :3] = np.reshape(recorded["/world/camera"]["Transform3D:mat3x3"][frame][0], (3, 3)).T
        lens = np.reshape(recorded["/world/camera/image"]["Pinhole:image_from_camera"][frame][0], (3, 3)).T
        points = np.array(recorded["/world/points"]["Points3D:positions"][frame])
        colours = np.array(recorded["/world/points"]["Points3D:colors"][frame], dtype=np.uint32)
        pixels, depth_m = project(points, lens, pose)
        assert len(points) == (SIZE_PX // SCALE - 3) * SIZE_PX // SCALE
        assert (depth_m > 0).all()
        # centres of the pixels of the small depth grid, seen in the picture
        assert np.abs(pixels / SCALE - 0.5 - np.round(pixels / SCALE - 0.5)).max() < 1e-3
        column, row = np.floor(pixels.T + 1e-3).astype(int)
        red, green = sequence.frames[frame][row, column][:, 0], sequence.frames[frame][row, column][:, 1]
        assert ((colours >> 24) == red).all()
        assert ((colours >> 16 & 255) == green).all()


def test_boxes_stand_where_the_things_are(recorded: Any) -> None:
    boxes = recorded["/world/objects"]
    assert boxes["Boxes3D:labels"][None] == ["4 red chair"]
    assert np.allclose(boxes["Boxes3D:centers"][None], [[0.2, 0.5, 0.1]])
    x, y, z, w = boxes["Boxes3D:quaternions"][None][0]
    turned = np.abs(_rotated((x, y, z, w), np.array(boxes["Boxes3D:half_sizes"][None][0])))
    assert np.allclose(turned, [0.3, 0.5, 0.2], atol=1e-6)  # its x axis is the world's z


def test_pictures_and_depth_are_those_of_the_sequence(recorded: Any, sequence: Sequence) -> None:
    picture = np.asarray(Image.open(io.BytesIO(bytes(recorded["/world/camera/image"]["EncodedImage:blob"][2][0]))))
    assert np.abs(picture.astype(int) - sequence.frames[2]).mean() < 4
    depth = recorded["/depth"]
    steps = np.asarray(Image.open(io.BytesIO(bytes(depth["EncodedDepthImage:blob"][2][0])))).astype(float)
    assert sequence.depth_m is not None
    assert np.abs(steps / depth["EncodedDepthImage:meter"][2][0] - sequence.depth_m[2]).max() <= 5.1e-4


def test_a_moment_without_a_trusted_camera_shows_none(sequence: Sequence, tmp_path: Path) -> None:
    valid = np.array([True, True, False, True, True])
    write_recording(tmp_path / "a.rrd", "a", replace(sequence, camera_valid=valid))
    found = read_back(tmp_path / "a.rrd")
    assert sorted(found["/world/camera"]["Transform3D:translation"]) == [0, 1, 3, 4]
    assert list(found["/world/camera"]["Clear:is_recursive"]) == [2]
    assert len(found["/world/path"]["LineStrips3D:strips"][None][0]) == 4


def test_a_posed_film_without_depth_and_objects_is_recorded_too(sequence: Sequence, tmp_path: Path) -> None:
    film = replace(sequence, depth_m=None, objects=(), pose_source="estimated", scale="relative")
    write_recording(tmp_path / "a.rrd", "a", film)
    found = read_back(tmp_path / "a.rrd")
    assert sorted(found["/world/camera/image"]["EncodedImage:blob"]) == list(range(FRAMES))
    assert not {"/world/points", "/world/map", "/world/objects", "/depth"} & set(found)


def test_without_cameras_there_is_nothing_to_place(sequence: Sequence, tmp_path: Path) -> None:
    film = replace(sequence, cameras=None, camera_valid=None, pose_source="none", scale="none", depth_m=None)
    with pytest.raises(ConfigError, match="has no cameras"):
        write_recording(tmp_path / "a.rrd", "a", film)
    assert not list(tmp_path.iterdir())


def test_without_rerun_it_says_what_to_install(
    sequence: Sequence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rerun", None)
    with pytest.raises(NotAvailable, match=r"pip install 'video4spatial\[rerun\]'"):
        write_recording(tmp_path / "a.rrd", "a", sequence)


def test_a_place_that_cannot_be_written_is_one_line(sequence: Sequence, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot write"):
        write_recording(tmp_path / "file" / "a.rrd", "a", sequence)


def _rotated(quaternion: tuple[float, float, float, float], vector: np.ndarray) -> np.ndarray:
    """v + 2 w (q x v) + 2 q x (q x v)."""
    axis, w = np.array(quaternion[:3]), quaternion[3]
    across = np.cross(axis, vector)
    return np.asarray(vector + 2 * w * across + 2 * np.cross(axis, across))
