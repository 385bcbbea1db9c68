"""Habitat's own process, supervised: started, timed, restarted with its scene, recycled, its errors explained.

HABITAT_PYTHON ─▶ [habitat_from_environment] ─▶ HabitatConfig ─▶ [HabitatSession] ──socketpair──▶ habitat_worker.py

habitat-sim leaves by exit(1) or SIGABRT where other libraries raise, so it never shares a process with anything else.
"""

import json
import logging
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from video4spatial.pipeline.core.child import Child, Message
from video4spatial.pipeline.core.errors import ConfigError, NotAvailable, SourceError, WorkerLost
from video4spatial.pipeline.core.settings import Settings

logger = logging.getLogger(__name__)

PROTOCOL = 2
WORKER = Path(__file__).with_name("habitat_worker.py")
INSTALL = "docs/habitat.md says how to install it"

_NVIDIA = Path("/dev/nvidiactl")
_MATT_SHADER = {
    "enable_direct_lights": True,
    "direct_light_intensity": 3.14159,
    "use_burley_diffuse": False,
    "map_mat_txtr_to_linear": True,
    "map_output_to_srgb": True,
    "gamma": 2.0,
    "enable_ibl": False,
    "ibl_blut_filename": "none",
    "ibl_envmap_filename": "none",
}
"""Matt surfaces in the light of the scene alone, in our gamma. Habitat's own default adds a photographer's studio
around every house, for which a software renderer spends 13 cpu-seconds per scene. Only as the default does this avoid
it: named in a dataset, it brings the studio's cost back."""

NO_EDIT: Mapping[str, Any] = {"objects": [], "lights": None, "light_key": "no_lights"}

HINTS: tuple[tuple[str, str], ...] = (
    (
        r"unable to find (CUDA|EGL) device",
        "EGL does not show the GPU. Without an NVIDIA GPU set HABITAT_GPU=-1 (renders on the CPU). With one: another "
        "index in HABITAT_GPU; in a container NVIDIA_DRIVER_CAPABILITIES=all (or with graphics in it); on a host "
        "__EGL_VENDOR_LIBRARY_FILENAMES=/usr/share/glvnd/egl_vendor.d/10_nvidia.json",
    ),
    (
        r"cannot retrieve OpenGL version|eglInitialize|EGL_NOT_INITIALIZED|cannot create (EGL|OpenGL) context",
        "the OpenGL driver and its loader do not fit: conda's libgl and libegl shadow the system's (remove them from "
        "that environment), or the NVIDIA user libraries are newer than the kernel driver",
    ),
    (r"lib(EGL|GL|GLX|OpenGL)[\w.-]*: cannot open shared", "install the system's libegl1 and libgl1 (apt)"),
    (r"No module named '?habitat_sim", f"that interpreter has no habitat_sim; {INSTALL}"),
    (r"No module named '?(numpy|magnum)", f"that environment is incomplete; {INSTALL}"),
    (r"GLIBCXX_|undefined symbol|numpy\.core\.multiarray failed", f"its libraries do not fit together; {INSTALL}"),
)
"""What a lost process last said, and what to do. None of these goes away by trying again."""


@dataclass(frozen=True, kw_only=True)
class HabitatConfig(Settings):
    """How Habitat is run on this machine; shapes no data and is part of no id."""

    python: str
    """The interpreter that has habitat_sim, or a script that ends in `exec /path/to/python "$@"`."""
    gpu_device_id: int = -1
    """CUDA device whose EGL device renders; -1 renders on the CPU (Mesa)."""
    start_timeout_s: float = 120.0
    """For the first answer. Importing habitat_sim from a cold network disk can take most of it."""
    load_timeout_s: float = 300.0
    """For one scene. Raise it for very large scenes on slow disks."""
    render_timeout_s: float = 60.0
    """For one request of at most 16 MiB of pictures, for new sensors, and for one navmesh with its paths."""
    tries: int = 2
    """Times that one request is put to a fresh process when the last one was lost."""
    scenes_per_process: int = 200
    """Scenes loaded before the process is replaced: GPU drivers leak when scenes change. Lower where memory grows."""
    memory_gib: float = 4.0
    """A process that holds more than this after a load is replaced before its next scene."""

    def __post_init__(self) -> None:
        if self.gpu_device_id < -1:
            raise ConfigError(f"habitat.gpu_device_id must be -1 (CPU) or a CUDA device, got {self.gpu_device_id}")
        for name in (
            "start_timeout_s",
            "load_timeout_s",
            "render_timeout_s",
            "tries",
            "scenes_per_process",
            "memory_gib",
        ):
            if getattr(self, name) <= 0:
                raise ConfigError(f"habitat.{name} must be above 0, got {getattr(self, name)}")


@dataclass(frozen=True, kw_only=True)
class Lens:
    """What a sensor is made for; another one needs another sensor."""

    width_px: int
    height_px: int
    hfov_deg: float
    samples: int = 1
    """Colour is rendered this much larger on each side."""
    background: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """sRGB, 0 to 1, where nothing is hit."""


@dataclass(frozen=True, kw_only=True)
class SceneRef:
    """A scene as Habitat finds it."""

    dataset: Path | None
    """A `*.scene_dataset_config.json`; None with a `scene_id` that is a file or "NONE"."""
    scene_id: str
    """The name of a scene instance or stage of the dataset."""


class HabitatSession:
    """One Habitat process and the scene it holds. Belongs to one thread."""

    def __init__(self, config: HabitatConfig) -> None:
        self._config = config
        self._child: Child | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._loaded: tuple[SceneRef, Lens | None] | None = None
        self._loads = 0
        self._held_gib = 0.0
        self._edited: Mapping[str, Any] | None = NO_EDIT

    def hello(self) -> Mapping[str, Any]:
        """Versions of the process. Raises NotAvailable when it cannot run here."""
        answer, _ = self._ask({"op": "hello"}, self._config.start_timeout_s)
        if answer.get("protocol") != PROTOCOL:
            raise NotAvailable(f"the Habitat worker speaks protocol {answer.get('protocol')}, expected {PROTOCOL}")
        return answer

    def ask(
        self,
        scene: SceneRef,
        lens: Lens | None,
        header: Mapping[str, Any],
        arrays: Mapping[str, np.ndarray],
        edit: Mapping[str, Any] | None = None,
    ) -> Message:
        """One request to the process while it holds `scene`, changed by `edit` (as habitat_edit.py makes them; None: as
        it was loaded), with sensors for `lens` (None: none or any).

        A lost process is replaced, given the scene again and asked again, `tries` times in all.

        Raises SourceError(reason="scene_refused") when Habitat refuses the scene or the request, NotAvailable when
        Habitat cannot work on this machine, WorkerLost when the process was lost each time.
        """
        for attempt in range(1, self._config.tries + 1):
            try:
                self._hold(scene, lens)
                self._hold_edit(scene, edit or NO_EDIT)
                return self._refused(scene, self._ask(header, self._config.render_timeout_s, arrays))
            except WorkerLost as error:
                if attempt == self._config.tries:
                    raise
                logger.info("%s: %s; trying again in a new process", scene.scene_id, error)
        raise AssertionError("tries is above 0")

    def close(self) -> None:
        """Ends the process and removes its folder. Calling it twice is safe; the next request starts anew."""
        if self._child is not None:
            self._child.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._child = self._folder = self._loaded = None
        self._loads, self._held_gib = 0, 0.0

    def _hold(self, scene: SceneRef, lens: Lens | None) -> None:
        """Loads the scene unless the process has it already, and gives it the sensors."""
        held, looking = self._loaded or (None, None)
        if held == scene and lens in (None, looking):
            return
        self._loaded = None
        if held == scene and looking is not None:
            self._ask({"op": "look", "lens": vars(lens)}, self._config.render_timeout_s)
        else:
            self._load(scene, lens)
        self._loaded = scene, lens

    def _hold_edit(self, scene: SceneRef, edit: Mapping[str, Any]) -> None:
        """Tells the process how the scene differs from the loaded one, unless it has been told."""
        if edit != self._edited:
            self._edited = None
            self._refused(scene, self._ask({"op": "edit", **edit}, self._config.render_timeout_s))
            self._edited = edit

    def _load(self, scene: SceneRef, lens: Lens | None) -> None:
        if self._loads >= self._config.scenes_per_process or self._held_gib > self._config.memory_gib:
            self.close()
        if self._child is None:
            self.hello()
        self._loads += 1
        self._edited = NO_EDIT
        request = {
            "op": "load",
            "dataset": str(scene.dataset) if scene.dataset else "default",
            "scene_id": scene.scene_id,
            "gpu_device_id": self._config.gpu_device_id,
            "lens": vars(lens) if lens else None,
        }
        answer, _ = self._refused(scene, self._ask(request, self._config.load_timeout_s))
        self._held_gib = float(answer["held_gib"])

    def _refused(self, scene: SceneRef, answer: Message) -> Message:
        if "error" in answer[0]:
            said = " ".join(answer[0]["error"].split())[:300]
            raise SourceError(f"Habitat refuses scene {scene.scene_id!r}: {said}", reason="scene_refused")
        return answer

    def _ask(
        self, header: Mapping[str, Any], timeout_s: float, arrays: Mapping[str, np.ndarray] | None = None
    ) -> Message:
        child = self._child = self._child or self._start()
        try:
            return child.ask(header, timeout_s, arrays)
        except WorkerLost as error:
            self.close()
            hint = explain(child.last_words)
            if hint:
                raise NotAvailable(f"Habitat does not work here: {hint} ({error})") from None
            if header["op"] == "hello":
                raise NotAvailable(f"{self._config.python} does not start Habitat: {error}; {INSTALL}") from None
            raise
        except OSError as error:
            self.close()
            raise NotAvailable(
                f"HABITAT_PYTHON={self._config.python} cannot be run ({error.strerror}); {INSTALL}"
            ) from None

    def _start(self) -> Child:
        self._folder = tempfile.TemporaryDirectory(prefix="v4s-habitat-", ignore_cleanup_errors=True)
        data = Path(self._folder.name, "data")
        data.mkdir()
        (data / "default.pbr_config.json").write_text(json.dumps(_MATT_SHADER))
        # no RLIMIT_AS: GPU drivers reserve far more address space than they use
        return Child(
            str(WORKER),
            memory_gib=0.0,
            python=self._config.python,
            environment=child_environment(os.environ),
            folder=Path(self._folder.name),
        )


def child_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Ours without what names our own Python; quiet, and one rendering thread (more bring nothing)."""
    kept = {key: value for key, value in ours.items() if key not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    return {"MAGNUM_LOG": "quiet", "HABITAT_SIM_LOG": "quiet", "LP_NUM_THREADS": "1", **kept}


def explain(said: str) -> str:
    """What to do about the last words of a lost process; empty when trying again may help."""
    return next((hint for pattern, hint in HINTS if re.search(pattern, said)), "")


def habitat_from_environment() -> HabitatConfig | None:
    """HABITAT_PYTHON and HABITAT_GPU (default: 0 where there is an NVIDIA driver, else -1); None when unset."""
    python = os.environ.get("HABITAT_PYTHON", "").strip()
    if not python:
        return None
    gpu = os.environ.get("HABITAT_GPU", "").strip() or ("0" if _NVIDIA.exists() else "-1")
    if not re.fullmatch(r"-1|\d+", gpu):
        raise ConfigError(f"HABITAT_GPU must be -1 (CPU) or the number of a CUDA device, got {gpu!r}")
    if os.sep in python:
        python = str(Path(python).expanduser().absolute())  # the worker starts in a folder of its own
    return HabitatConfig(python=python, gpu_device_id=int(gpu))


@cache
def probe_habitat(config: HabitatConfig) -> Mapping[str, Any]:
    """Versions of a Habitat that has just rendered a picture (of an empty scene) here, asked once per process.

    Raises NotAvailable with the reason and what to do.
    """
    session = HabitatSession(config)
    try:
        facts = session.hello()
        lens = Lens(width_px=16, height_px=16, hfov_deg=90.0)
        pose = {"world_from_gl_camera": np.eye(4)[None]}
        session.ask(SceneRef(dataset=None, scene_id="NONE"), lens, {"op": "render"}, pose)
        return facts
    except SourceError as error:
        raise NotAvailable(f"Habitat starts but does not render an empty scene: {error}") from None
    finally:
        session.close()
