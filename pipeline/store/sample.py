"""Turns one sequence into the members of a shard (format 1), and back.

Sequence ─▶ encode_sample ─▶ {ext: bytes} ─▶ shard.py ... reader.py ─▶ {ext: bytes} ─▶ decode_sample ─▶ Sequence

docs/format.md describes each member. The same sequence gives the same bytes. Colour is lossy (H.264), everything else
is exact, depth to one millimetre. Nothing is pickled.
"""

import io
import json
from collections.abc import Mapping
from collections.abc import Sequence as Indices
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.camera import Cameras
from video4spatial.pipeline.core.errors import ConfigError, StorageError
from video4spatial.pipeline.core.sequence import Provenance, Sequence
from video4spatial.pipeline.core.settings import canonical_json
from video4spatial.pipeline.store.proof import prove_gray16, prove_h264
from video4spatial.pipeline.store.video import decode_ffv1_gray16, decode_video, encode_ffv1_gray16, encode_h264

FORMAT = 1
"""Of the members. A reader refuses a higher number."""

CAMERA_MEMBERS = ("image_from_camera.npy", "world_from_camera.npy")
"""What `decode_cameras` needs."""

MAX_DEPTH_M = 65.535
"""What 16 bits of millimetres hold; farther is stored as no measurement."""


def encode_sample(sequence: Sequence, crf: int = 18) -> dict[str, bytes]:
    """The members of `sequence` by extension, each stream proven (`proof`).

    `crf` is that of `video.encode_h264`: lower is better and larger. Raises ConfigError where the format cannot hold
    the sequence, SourceError `clip_mismatch` where an encoder did not write what it was given.
    """
    _check(sequence)
    members = {
        "rgb.mp4": encode_h264(sequence.frames, sequence.times, sequence.time_base, crf),
        "times.npy": _npy(sequence.times.astype("<i8")),
        "json": canonical_json(_describe(sequence)),
    }
    prove_h264(members["rgb.mp4"], sequence.frames, sequence.times, sequence.time_base, crf)
    if sequence.cameras is not None and sequence.camera_valid is not None:
        members["world_from_camera.npy"] = _npy(sequence.cameras.world_from_camera.astype("<f8"))
        members["image_from_camera.npy"] = _npy(sequence.cameras.image_from_camera.astype("<f8"))
        members["camera_valid.npy"] = _npy(sequence.camera_valid.astype(np.bool_))
    if sequence.depth_m is not None:
        members["depth.mkv"] = _lossless(depth_to_millimetres(sequence.depth_m))
    if sequence.object_id is not None:
        members["object_id.mkv"] = _lossless(sequence.object_id.astype(np.uint16))
    if sequence.covisibility is not None:
        members["covisibility.npy"] = _npy(sequence.covisibility.astype("<f2"))
    return members


def _lossless(frames: NDArray[np.uint16]) -> bytes:
    data = encode_ffv1_gray16(frames)
    prove_gray16(data, frames)
    return data


def decode_sample(members: Mapping[str, bytes], frames: Indices[int] | None = None) -> Sequence:
    """The sequence in `members`; with `frames` (rising indices) only those frames are decoded and kept.

    `objects`, `tasks`, `covisibility` and `provenance` always speak of the whole sequence. A missing depth or object_id
    member means None, so that a reader may leave out what it does not need. Raises StorageError for bytes that are not
    format 1.
    """
    facts = read_facts(members)
    times = _array(members, "times.npy")
    pick: Any = slice(None) if frames is None else list(frames)
    has_cameras = facts["pose_source"] != "none"
    depth, object_id = members.get("depth.mkv"), members.get("object_id.mkv")
    return Sequence(
        frames=decode_video(members["rgb.mp4"], frames),
        times=times[pick],
        time_base=Fraction(facts["time_base"]),
        provenance=Provenance(**facts["provenance"]),
        cameras=decode_cameras(members, facts["width"], facts["height"])[pick] if has_cameras else None,
        camera_valid=_array(members, "camera_valid.npy")[pick] if has_cameras else None,
        pose_source=facts["pose_source"],
        scale=facts["scale"],
        depth_m=None if depth is None else decode_ffv1_gray16(depth, frames).astype(np.float32) / np.float32(1000),
        object_id=None if object_id is None else decode_ffv1_gray16(object_id, frames).astype(np.int32),
        covisibility=_array(members, "covisibility.npy") if "covisibility.npy" in members else None,
        covisibility_frames=tuple(facts["covisibility_frames"]),
        objects=tuple(facts["objects"]),
        tasks=tuple(facts["tasks"]),
        variant=facts["variant"],
    )


def decode_cameras(members: Mapping[str, bytes], width_px: int, height_px: int) -> Cameras:
    """The cameras of all frames, from the members CAMERA_MEMBERS alone."""
    return Cameras(
        world_from_camera=_array(members, "world_from_camera.npy"),
        image_from_camera=_array(members, "image_from_camera.npy"),
        width_px=width_px,
        height_px=height_px,
    )


def read_facts(members: Mapping[str, bytes]) -> dict[str, Any]:
    """The JSON member. Raises StorageError where it is not one of this format."""
    missing = [ext for ext in ("json", "rgb.mp4", "times.npy") if ext not in members]
    if missing:
        raise StorageError(f"a sequence lacks its member {missing[0]!r}, it has {sorted(members)}; verify the version")
    try:
        facts = json.loads(members["json"])
    except ValueError as error:
        raise StorageError(f"the JSON of a sequence does not parse ({error}); verify the version") from None
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        found = facts.get("format") if isinstance(facts, dict) else facts
        raise StorageError(f"expected a sequence of format {FORMAT}, got {found!r}; update video4spatial to read it")
    return facts


def depth_to_millimetres(depth_m: NDArray[np.float32]) -> NDArray[np.uint16]:
    """(T, h, w) whole millimetres, 0 = none: what is not finite, not above 0 or beyond 65.535 m is no measurement."""
    measured = np.isfinite(depth_m) & (depth_m > 0) & (depth_m <= MAX_DEPTH_M)
    return np.rint(np.where(measured, depth_m, 0.0).astype(np.float64) * 1000.0).astype(np.uint16)


def _check(sequence: Sequence) -> None:
    size = (sequence.width_px, sequence.height_px)
    cameras = sequence.cameras
    if (cameras is None) != (sequence.camera_valid is None):
        raise ConfigError("camera_valid must come with cameras and only with them")
    if cameras is not None and (cameras.width_px, cameras.height_px) != size:
        raise ConfigError(f"cameras are of {cameras.width_px}x{cameras.height_px} px, frames of {size[0]}x{size[1]} px")
    grids = {array.shape[1:] for array in (sequence.depth_m, sequence.object_id) if array is not None}
    if len(grids) > 1:
        raise ConfigError(f"depth_m and object_id must share one grid, got {sorted(grids)}")
    for height, width in grids:
        if size[0] % width or size[1] % height or size[0] // width != size[1] // height:
            raise ConfigError(f"a {width}x{height} depth grid does not divide {size[0]}x{size[1]} px by a whole number")
    if sequence.object_id is not None and not 0 <= sequence.object_id.min() <= sequence.object_id.max() <= 65535:
        raise ConfigError(f"object ids must be 0 to 65535, got up to {sequence.object_id.max()}")
    count = len(sequence.covisibility_frames)
    if sequence.covisibility is not None and sequence.covisibility.shape != (count, count):
        raise ConfigError(f"covisibility must be ({count}, {count}), got {sequence.covisibility.shape}")


def _describe(sequence: Sequence) -> dict[str, Any]:
    grid = next((array.shape[1:] for array in (sequence.depth_m, sequence.object_id) if array is not None), None)
    source = sequence.provenance
    return {
        "format": FORMAT,
        "n_frames": len(sequence),
        "height": sequence.height_px,
        "width": sequence.width_px,
        "time_base": f"{sequence.time_base.numerator}/{sequence.time_base.denominator}",
        "pose_source": sequence.pose_source,
        "scale": sequence.scale,
        "depth_unit": "millimetre",
        "depth_height": None if grid is None else grid[0],
        "depth_width": None if grid is None else grid[1],
        "covisibility_frames": [int(index) for index in sequence.covisibility_frames],
        "objects": _plain(sequence.objects),
        "tasks": _plain(sequence.tasks),
        "variant": _plain(sequence.variant),
        "provenance": {
            "source_uri": source.source_uri,
            "source_sha256": source.source_sha256,
            "start": int(source.start),
            "stop": int(source.stop),
            "unit_id": source.unit_id,
            "seed": int(source.seed),
        },
    }


def _plain(value: Any) -> Any:
    """`value` with NumPy arrays and scalars turned into lists and numbers."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _npy(array: NDArray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _array(members: Mapping[str, bytes], ext: str) -> NDArray:
    if ext not in members:
        raise StorageError(f"a sequence lacks its member {ext!r}, it has {sorted(members)}; verify the version")
    try:
        return np.load(io.BytesIO(members[ext]), allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise StorageError(f"the member {ext!r} of a sequence is not an array ({error}); verify the version") from None
