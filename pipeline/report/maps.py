"""Top-down maps: a scene's plan with the paths that the cameras walked.

World x runs right, world z runs down the page (-z is up). Colours tell the split; a dot marks the start and a short
line where the camera looked first.
"""

import numpy as np

from video4spatial.pipeline.report import svg
from video4spatial.pipeline.report.facts import CameraPath, SceneMap
from video4spatial.pipeline.report.pictures import drawing_uri
from video4spatial.pipeline.report.rows import Rows, split_name

WIDTH = 360.0
DENSE = 10
"""More walks than this in one room are drawn thin, or they hide it and each other."""
SPLIT_COLOURS = (("train", "training"), ("held_out", "held-out path"), ("val", "validation"), ("test", "test"))


def draw(scene: SceneMap, rows: Rows | None, plan_px: int) -> str:
    """The map as SVG; an empty string when there is neither a plan nor a path."""
    paths = original_paths(scene, rows)
    bounds = scene.bounds_m if scene.bounds_m is not None else bounds_of(paths)
    if bounds is None:
        return ""
    x_min, z_min, x_max, z_max = bounds
    scale = WIDTH / max(x_max - x_min, 1e-6)
    height = min(WIDTH * 2, (z_max - z_min) * scale)
    scale = min(scale, height / max(z_max - z_min, 1e-6))
    body = ""
    if scene.plan is not None:
        box = f'width="{svg.px((x_max - x_min) * scale)}" height="{svg.px((z_max - z_min) * scale)}"'
        body += f'<image href="{drawing_uri(scene.plan, plan_px)}" x="0" y="0" {box} preserveAspectRatio="none"/>'
    else:
        body += svg.rect(0, 0, WIDTH, height, "noplan")
    splits = {path.key: split_name(rows.by_key(path.key)) if rows is not None else "none" for path in paths}
    for path in sorted(paths, key=lambda path: splits[path.key] == "held_out"):
        body += _path(path, x_min, z_min, scale, splits[path.key])
    body += _scale_bar(scale, height)
    css = "map dense" if len(paths) > DENSE else "map"
    return svg.canvas(WIDTH, height, body, f"{scene.scene} from above with {len(paths)} camera paths", css)


def original_paths(scene: SceneMap, rows: Rows | None) -> list[CameraPath]:
    """One path of each variant group: variants of a walk share its cameras, drawing them again hides nothing new."""
    chosen: dict[str, CameraPath] = {}
    for path in sorted(scene.paths, key=lambda path: path.key):
        group = rows.by_key(path.key).get("variant_group") if rows is not None else None
        chosen.setdefault(str(group or path.key), path)
    return list(chosen.values())


def bounds_of(paths: list[CameraPath]) -> tuple[float, float, float, float] | None:
    """The paths' own bounds with half a metre around them; None without paths."""
    if not paths:
        return None
    ground = np.concatenate([path.world_from_camera[:, [0, 2], 3] for path in paths])
    low, high = ground.min(axis=0) - 0.5, ground.max(axis=0) + 0.5
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _path(path: CameraPath, x_min: float, z_min: float, scale: float, split: str) -> str:
    ground = (path.world_from_camera[:, [0, 2], 3] - [x_min, z_min]) * scale
    walk = [(float(x), float(z)) for x, z in ground]
    look = path.world_from_camera[0, [0, 2], 2]
    tip = ground[0] + look / max(float(np.linalg.norm(look)), 1e-9) * 13.0
    (x, z), title = walk[0], f"{path.key}: {split.replace('_', ' ')}, {len(walk)} frames"
    start = svg.circle(x, z, 4.5, "start casing") + svg.circle(x, z, 3.4, f"start {split}", title)
    gaze = svg.line(x, z, float(tip[0]), float(tip[1]), f"gaze {split}")
    line = svg.polyline(walk, "casing") + svg.polyline(walk, f"walk {split}", title)
    return f'<g class="{split}">{line}{gaze}{start}</g>'


def _scale_bar(scale: float, height: float) -> str:
    metres = next((length for length in (1, 2, 5, 10) if length * scale >= 32), 20)
    length, label = metres * scale, f"{metres} m"
    x, y = WIDTH - length - 12, height - 10
    back = svg.rect(x - 6, y - 18, length + 12, 24, "plate")
    return (
        back + svg.line(x, y, x + length, y, "scalebar") + svg.text(x + length / 2, y - 5, label, "scaletext", "middle")
    )
