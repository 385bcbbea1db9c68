"""The formats of posed captures, and how one is told from the other by what lies there.

path ─▶ [format_of] ─▶ Format ─▶ read ─▶ Capture

To add one: a file with `is_<name>` and `read_<name>`, a line here, a row in docs/captures.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from video4spatial.filters.captures.arkit import is_arkit, read_arkit
from video4spatial.filters.captures.capture import Capture, ReadOptions
from video4spatial.filters.captures.colmap import is_colmap, read_colmap
from video4spatial.filters.captures.nerfstudio import is_nerfstudio, read_nerfstudio
from video4spatial.filters.captures.open3d import is_open3d, read_open3d
from video4spatial.filters.captures.re10k import is_re10k, read_re10k
from video4spatial.filters.captures.scannetpp import is_dslr, is_iphone, read_dslr, read_iphone
from video4spatial.filters.captures.tum import is_tum, read_tum
from video4spatial.pipeline.core.errors import SourceError


@dataclass(frozen=True)
class Format:
    """One format."""

    name: str
    is_here: Callable[[Path], bool]
    """Looks at names, and at the first bytes of a file; opens no picture."""
    read: Callable[[Path, ReadOptions], Capture]
    looks_for: str
    """For people: what must lie there."""
    is_file: bool = False
    """A capture is a file of its own, not a folder."""


FORMATS = (
    Format("arkitscenes", is_arkit, read_arkit, "lowres_wide.traj"),
    Format("scannetpp-dslr", is_dslr, read_dslr, "dslr/nerfstudio/transforms*.json"),
    Format("scannetpp-iphone", is_iphone, read_iphone, "iphone/pose_intrinsic_imu.json or iphone/colmap"),
    Format("tum", is_tum, read_tum, "rgb.txt with groundtruth.txt"),
    Format("nerfstudio", is_nerfstudio, read_nerfstudio, "transforms.json"),
    Format("colmap", is_colmap, read_colmap, "cameras and images (.bin or .txt), here or in sparse/0"),
    Format("open3d", is_open3d, read_open3d, "trajectory.log with color/"),
    Format("realestate10k", is_re10k, read_re10k, "<clip>.txt of RealEstate10K", is_file=True),
)
"""In the order in which they are asked: what is more particular comes first."""


def format_of(path: Path) -> Format | None:
    """The format of the capture at `path`; None if there is none."""
    is_file = path.is_file()
    return next((each for each in FORMATS if each.is_file == is_file and each.is_here(path)), None)


def read_capture(path: Path, options: ReadOptions) -> Capture:
    """The capture at `path`, its files all there. Raises SourceError where it is broken."""
    found = format_of(path)
    if found is None:
        raise SourceError(f"{path.name} is no longer a capture: its files are gone", reason="missing_file")
    capture = found.read(path, options)
    capture.check_files()
    return capture
