"""A sequence as a Rerun recording (`.rrd`): to fly through what a camera saw and where it was.

Sequence ─▶ [write_recording] ─▶ file.rrd ─▶ the Rerun viewer

On the time line `frame` (and `time`, in seconds): the camera with its picture and frustum, the depth as coloured points
in the world and as a picture. All the time: the points of some frames as a map, the objects as boxes with labels, the
camera's path as a line.
World axes and camera axes are ours, named to Rerun: y up, right-handed; x right, y down, z forward. Needs the optional
package `rerun-sdk`. For people: a file made twice holds the same data, but not the same bytes.
"""

import contextlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image

from video4spatial.pipeline.core.camera import unproject
from video4spatial.pipeline.core.errors import ConfigError, NotAvailable
from video4spatial.pipeline.core.files import write_error
from video4spatial.pipeline.core.sequence import Sequence
from video4spatial.pipeline.report.pictures import id_colours

POINTS = 6000
"""At most so many points of one frame: a lattice over its depth grid."""
MAP_FRAMES, MAP_POINTS = 24, 60_000
"""Of what is shown all the time."""
JPEG_QUALITY = 92
BOX_SHARE = 0.02
"""The frustum is drawn this far from the camera, as a part of the path's size; at least 0.15."""


def write_recording(path: Path, name: str, sequence: Sequence) -> None:
    """Writes `path`, whole or not at all.

    Raises ConfigError for a sequence without cameras, NotAvailable without Rerun, StorageError where the file cannot be
    written.
    """
    if sequence.cameras is None:
        raise ConfigError(f"{name} has no cameras, so it has no place in space; record a sequence with cameras")
    rr = _rerun()
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()  # Rerun would only log that it cannot write
        _write(rr, temporary, name, sequence)
        temporary.replace(path)
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        with contextlib.suppress(OSError):  # what matters has been told: written, or why not
            temporary.unlink(missing_ok=True)


def check_rerun() -> None:
    """Raises NotAvailable where recordings cannot be written: to be asked before anything is rendered."""
    _rerun()


def _rerun() -> Any:
    try:
        import rerun
    except ImportError:
        raise NotAvailable(
            "recordings need the Rerun package, which is not installed; pip install 'video4spatial[rerun]'"
        ) from None
    return rerun


def _write(rr: Any, path: Path, name: str, sequence: Sequence) -> None:
    stream = rr.RecordingStream("video4spatial", recording_id=name, send_properties=False)
    stream.set_log_time_enabled(False)  # frames have their own times; when the file was made says nothing
    stream.set_log_tick_enabled(False)
    stream.save(path, default_blueprint=_blueprint(rr, sequence.depth_m is not None))
    stream.send_recording_name(name)
    _log_lasting(rr, stream, sequence)
    for frame in range(len(sequence)):
        seconds = float(int(sequence.times[frame] - sequence.times[0]) * sequence.time_base)
        stream.set_time("frame", sequence=frame)
        stream.set_time("time", duration=seconds)
        _log_frame(rr, stream, sequence, frame)
    stream.flush()
    stream.disconnect()


def _blueprint(rr: Any, has_depth: bool) -> Any:
    """The world large, what the camera sees beside it."""
    views = rr.blueprint
    seen = [views.Spatial2DView(origin="world/camera/image", name="picture")]
    seen += [views.Spatial2DView(origin="depth", name="depth")] if has_depth else []
    world = views.Spatial3DView(origin="world", name="world")
    return views.Blueprint(
        views.Horizontal(world, views.Vertical(*seen), column_shares=[3, 1]), views.TimePanel(timeline="frame")
    )


def _log_lasting(rr: Any, stream: Any, sequence: Sequence) -> None:
    """What holds for the whole recording."""
    assert sequence.cameras is not None
    stream.log("world", rr.ViewCoordinates.RIGHT_HAND_Y_UP, static=True)
    path_m = sequence.cameras.world_from_camera[_trusted(sequence), :3, 3]
    if len(path_m) > 1:
        line = rr.LineStrips3D([path_m.astype(np.float32)], colors=[(194, 65, 12)], labels=["camera path"])
        stream.log("world/path", line, static=True)
    placed = [entry for entry in sequence.objects if "box" in entry]
    if placed:
        stream.log("world/objects", _boxes(rr, placed), static=True)
    if sequence.depth_m is not None:
        frames = np.flatnonzero(_trusted(sequence))
        chosen = frames[np.unique(np.linspace(0, len(frames) - 1, MAP_FRAMES).astype(int))] if len(frames) else []
        clouds = [_cloud(sequence, int(frame), MAP_POINTS // MAP_FRAMES) for frame in chosen]
        if clouds:
            points, colours = (np.concatenate(column) for column in zip(*clouds, strict=True))
            stream.log("world/map", rr.Points3D(points, colors=colours), static=True)


def _log_frame(rr: Any, stream: Any, sequence: Sequence, frame: int) -> None:
    """One moment. Where the camera is not trusted there is none: a wrong place would be shown as a place."""
    cameras = sequence.cameras
    assert cameras is not None
    if not _trusted(sequence)[frame]:
        stream.log("world/camera", rr.Clear(recursive=True))
        stream.log("world/points", rr.Clear(recursive=False))
        return
    pose = cameras.world_from_camera[frame]
    stream.log("world/camera", rr.Transform3D(translation=pose[:3, 3], mat3x3=pose[:3, :3]))
    lens = rr.Pinhole(
        image_from_camera=cameras.image_from_camera[frame],
        width=cameras.width_px,
        height=cameras.height_px,
        camera_xyz=rr.ViewCoordinates.RDF,
        image_plane_distance=_frustum_m(sequence),
    )
    stream.log("world/camera/image", lens)
    picture = io.BytesIO()
    Image.fromarray(sequence.frames[frame]).save(picture, "JPEG", quality=JPEG_QUALITY)
    stream.log("world/camera/image", rr.EncodedImage(contents=picture.getvalue(), media_type="image/jpeg"))
    if sequence.depth_m is not None:
        points, colours = _cloud(sequence, frame, POINTS)
        stream.log("world/points", rr.Points3D(points, colors=colours))
        stream.log("depth", _depth_image(rr, sequence.depth_m[frame]))


def _trusted(sequence: Sequence) -> NDArray[np.bool_]:
    return np.ones(len(sequence), dtype=bool) if sequence.camera_valid is None else sequence.camera_valid


def _frustum_m(sequence: Sequence) -> float:
    assert sequence.cameras is not None
    places = sequence.cameras.world_from_camera[:, :3, 3]
    return float(max(0.15, BOX_SHARE * float(np.linalg.norm(places.max(axis=0) - places.min(axis=0)))))


def _cloud(sequence: Sequence, frame: int, most: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """World points (n, 3) and colours (n, 3) of a lattice over the depth grid, at most about `most`."""
    assert sequence.cameras is not None
    assert sequence.depth_m is not None
    depth_m = sequence.depth_m[frame]
    height, width = depth_m.shape
    small = sequence.cameras.resized(width, height)
    points = unproject(depth_m, small.image_from_camera[frame], small.world_from_camera[frame])
    scale = sequence.height_px // height
    picture = sequence.frames[frame][scale // 2 :: scale, scale // 2 :: scale]
    step = max(1, int(np.ceil(np.sqrt(height * width / most))))
    points, colours = points[::step, ::step].reshape(-1, 3), picture[::step, ::step].reshape(-1, 3)
    measured = np.isfinite(points[:, 0])
    return points[measured].astype(np.float32), colours[measured]


def _depth_image(rr: Any, depth_m: NDArray[np.float32]) -> Any:
    """16-bit PNG in steps of a millimetre, or coarser where that does not reach far enough."""
    per_metre = min(1000.0, float(np.floor(65535 / max(float(depth_m.max()), 1e-3))))
    steps = np.round(depth_m * max(per_metre, 1.0)).clip(0, 65535).astype(np.uint16)
    picture = io.BytesIO()
    Image.fromarray(steps).save(picture, "PNG")
    return rr.EncodedDepthImage(blob=picture.getvalue(), media_type="image/png", meter=max(per_metre, 1.0))


def _boxes(rr: Any, objects: list[Mapping[str, Any]]) -> Any:
    boxes = [entry["box"] for entry in objects]
    ids = np.array([entry["id"] for entry in objects], dtype=np.int32)
    words = [(entry.get("words") or [entry["category"]])[0] for entry in objects]
    return rr.Boxes3D(
        centers=[box["centre_m"] for box in boxes],
        half_sizes=[[side / 2 for side in box["extent_m"]] for box in boxes],
        quaternions=[_quaternion(np.array(box["axes"], dtype=float).T) for box in boxes],
        labels=[f"{each} {word}" for each, word in zip(ids, words, strict=True)],
        colors=id_colours(ids[None])[0],
    )


def _quaternion(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(x, y, z, w) of a box whose axes are the columns. A box looks the same mirrored, a rotation has to be one."""
    rotation = np.eye(4)
    rotation[:3, :3] = axes
    if np.linalg.det(axes) < 0:
        rotation[:3, 2] *= -1
    return np.roll(trimesh.transformations.quaternion_from_matrix(rotation), -1)
