"""Members of a sequence. Unseen: a camera that is off after storing, depth clipped to a wall, a misread format."""

import io
import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from tests.pipeline.store.make import make_sequence, make_unit
from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.core.sequence import Sequence
from video4spatial.pipeline.store.sample import decode_sample, depth_to_millimetres, encode_sample


@pytest.fixture
def posed() -> Sequence:
    return make_sequence(make_unit(1), 5, frames=20)


@pytest.fixture
def plain() -> Sequence:
    return make_sequence(make_unit(2, "real"), 5)


def test_everything_but_colour_comes_back_exactly(posed: Sequence) -> None:
    back = decode_sample(encode_sample(posed))
    assert np.array_equal(back.times, posed.times)
    assert back.time_base == posed.time_base == Fraction(1, 12012)
    assert np.array_equal(back.cameras.world_from_camera, posed.cameras.world_from_camera)
    assert np.array_equal(back.cameras.image_from_camera, posed.cameras.image_from_camera)
    assert np.array_equal(back.camera_valid, posed.camera_valid)
    assert np.array_equal(back.object_id, posed.object_id)
    assert np.array_equal(back.covisibility, posed.covisibility)
    assert np.abs(back.depth_m - posed.depth_m).max() <= 0.0005 + 1e-6
    for name in ("provenance", "pose_source", "scale", "objects", "tasks", "variant", "covisibility_frames"):
        assert getattr(back, name) == getattr(posed, name), name
    assert np.abs(back.frames.astype(int) - posed.frames).mean() < 20  # 4 px blocks of random colour


def test_a_film_without_cameras_has_no_camera_members(plain: Sequence) -> None:
    members = encode_sample(plain)
    assert sorted(members) == ["json", "rgb.mp4", "times.npy"]
    back = decode_sample(members)
    assert back.cameras is None
    assert back.depth_m is None
    assert back.pose_source == "none"


def test_the_members_of_a_rendered_sequence_are_those_of_format_1(posed: Sequence) -> None:
    members = encode_sample(posed)
    assert sorted(members) == [
        "camera_valid.npy",
        "covisibility.npy",
        "depth.mkv",
        "image_from_camera.npy",
        "json",
        "object_id.mkv",
        "rgb.mp4",
        "times.npy",
        "world_from_camera.npy",
    ]
    dtypes = {ext: np.load(io.BytesIO(data)).dtype.str for ext, data in members.items() if ext.endswith(".npy")}
    assert dtypes == {
        "camera_valid.npy": "|b1",
        "covisibility.npy": "<f2",
        "image_from_camera.npy": "<f8",
        "times.npy": "<i8",
        "world_from_camera.npy": "<f8",
    }


def test_asked_frames_bring_their_own_cameras_and_depth(posed: Sequence) -> None:
    members = encode_sample(posed)
    whole, part = decode_sample(members), decode_sample(members, [2, 3, 17])
    assert np.array_equal(part.frames, whole.frames[[2, 3, 17]])
    assert np.array_equal(part.times, whole.times[[2, 3, 17]])
    assert np.array_equal(part.depth_m, whole.depth_m[[2, 3, 17]])
    assert np.array_equal(part.cameras.world_from_camera, whole.cameras.world_from_camera[[2, 3, 17]])
    assert len(part.camera_valid) == 3


def test_what_millimetres_cannot_say_is_no_measurement() -> None:
    depth_m = np.array([[[0.0, 1.2344, 65.535, 65.6], [np.inf, np.nan, -1.0, 0.0006]]], np.float32)
    assert depth_to_millimetres(depth_m).tolist() == [[[0, 1234, 65535, 0], [0, 0, 0, 1]]]


def test_numpy_values_in_objects_become_plain_json(posed: Sequence) -> None:
    objects = ({"id": np.int64(3), "box": {"centre_m": np.array([1.5, 2.0, 0.0])}, "visible_px": np.arange(20)},)
    back = decode_sample(encode_sample(replace(posed, objects=objects)))
    assert back.objects[0]["box"] == {"centre_m": [1.5, 2.0, 0.0]}
    assert back.objects[0]["visible_px"] == list(range(20))


def test_no_path_of_this_machine_gets_into_the_members(posed: Sequence) -> None:
    assert make_unit(1).source.location
    assert not any(make_unit(1).source.location.encode() in data for data in encode_sample(posed).values())


def test_sequences_that_the_format_cannot_hold_are_refused(posed: Sequence) -> None:
    broken = {
        "camera_valid must come with cameras": replace(posed, camera_valid=None),
        "frames of 16x16 px": replace(posed, cameras=posed.cameras.resized(32, 16)),
        "share one grid": replace(posed, object_id=posed.object_id[:, :2]),
        "whole number": replace(posed, depth_m=posed.depth_m[:, :3, :3], object_id=None),
        "0 to 65535": replace(posed, object_id=posed.object_id + 65535),
        r"\(3, 3\)": replace(posed, covisibility_frames=(0, 1, 2)),
    }
    for told, sequence in broken.items():
        with pytest.raises(ConfigError, match=told):
            encode_sample(sequence)


def test_members_of_another_format_are_refused(plain: Sequence) -> None:
    members = encode_sample(plain)
    newer = json.dumps({**json.loads(members["json"]), "format": 2}).encode()
    with pytest.raises(StorageError, match="expected a sequence of format 1, got 2; update"):
        decode_sample({**members, "json": newer})
    with pytest.raises(StorageError, match="does not parse"):
        decode_sample({**members, "json": b"{"})
    with pytest.raises(StorageError, match=r"lacks its member 'times.npy'"):
        decode_sample({ext: data for ext, data in members.items() if ext != "times.npy"})


def test_a_pickle_in_the_place_of_an_array_is_never_loaded(plain: Sequence) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(StorageError, match="not an array"):
        decode_sample({**encode_sample(plain), "times.npy": buffer.getvalue()})
