"""Scores by networks whose weights a user gives: `real.learned_scores: {aesthetic: weights/aesthetic.onnx}`.

recipe ─▶ [learned_settings] ─▶ unit settings;   workers ─▶ [LearnedScores] ─▶ Product.scores["learned_aesthetic"]

ONNX, for it holds no code, unlike pickles, and runs without torch. What a network must look like: docs/scores.md. Needs
`onnxruntime` (`pip install 'video4spatial[learned]'`), one thread of the CPU.
"""

import hashlib
import importlib
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.pipeline.core.unit import Product, Unit

PREFIX = "learned_"
"""Before the name in the table, so that no network takes the place of a measured score."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def learned_settings(paths: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What a unit records: the sha256 of each file instead of its path; nothing without networks. Raises ConfigError
    when a network cannot be used, before anything starts."""
    networks = LearnedScores(paths).networks
    return {"learned_scores": {name: network.sha256 for name, network in networks.items()}} if networks else {}


class LearnedScores:
    """The networks of one worker, loaded. Raises ConfigError, saying which and what is expected of it."""

    def __init__(self, paths: Mapping[str, str]) -> None:
        runtime = _import_runtime() if paths else None
        self.networks = {name: _Network(runtime, name, path) for name, path in sorted(paths.items())}

    def add(self, product: Product, unit: Unit) -> Product:
        """The product with the networks' scores of its frames; unchanged without frames. Raises SourceError."""
        if product.sequence is None or not self.networks:
            return product
        expected = unit.settings["learned_scores"]
        for name, network in self.networks.items():
            if network.sha256 != expected[name]:
                raise SourceError(
                    f"real.learned_scores.{name} has changed since the run was planned. Run the same command again",
                    reason="weights_changed",
                )
        frames = product.sequence.frames
        scores = {PREFIX + name: network.score(frames) for name, network in self.networks.items()}
        return replace(product, scores={**product.scores, **scores})


class _Network:
    """One network: the mean over a few frames of the one number that it gives each."""

    def __init__(self, runtime: Any, name: str, path: str) -> None:
        if not _NAME.fullmatch(name):
            raise ConfigError(f"real.learned_scores: a name is lower-case letters, digits and _, got {name!r}")
        data = _read(name, path)
        self.sha256 = hashlib.sha256(data).hexdigest()
        self._told = f"real.learned_scores.{name}: {path}"
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            # from bytes, so that a network with weights in another file, which no hash would cover, does not load
            self._session = runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # noqa: BLE001  the runtime's errors have no common base
            raise ConfigError(
                f"{self._told} does not load ({error}); one ONNX file with all weights is asked for"
            ) from None
        inputs = self._session.get_inputs()
        shape = inputs[0].shape if len(inputs) == 1 else []
        if len(shape) != 4 or shape[1] != 3 or not all(isinstance(side, int) for side in shape[2:]):
            said = [item.shape for item in inputs]
            raise ConfigError(f"{self._told} takes {said}; one input of shape (N, 3, height, width) is asked for")
        self._input, self._is_single = inputs[0].name, shape[0] == 1
        self._size_px = (int(shape[3]), int(shape[2]))
        meta = self._session.get_modelmeta().custom_metadata_map
        self._mean = self._numbers(meta, "mean", "0,0,0", 3).reshape(1, 3, 1, 1)
        self._std = self._numbers(meta, "std", "1,1,1", 3).reshape(1, 3, 1, 1)
        self._frames = int(self._numbers(meta, "frames", "4", 1)[0])
        if self._frames < 1 or (self._std <= 0).any():
            raise ConfigError(f"{self._told}: its metadata must have frames of at least 1 and std above 0")
        self._run(np.zeros((1, 3, *shape[2:]), dtype=np.float32))

    def score(self, frames: NDArray[np.uint8]) -> float:
        """Of a clip (T, H, W, 3)."""
        picked = np.unique(((np.arange(self._frames) + 0.5) * len(frames) / self._frames).astype(int))
        resized = [cv2.resize(frames[index], self._size_px, interpolation=cv2.INTER_AREA) for index in picked]
        pixels = np.stack(resized).astype(np.float32).transpose(0, 3, 1, 2) / 255
        batch = ((pixels - self._mean) / self._std).astype(np.float32)
        value = float(self._run(batch).mean())
        if not math.isfinite(value):
            raise SourceError(f"{self._told} gave {value}. Mend the network or leave it out", reason="learned_score")
        return value

    def _run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """The number of each picture (N, 3, H, W)."""
        parts = np.split(batch, len(batch)) if self._is_single else [batch]
        values = np.concatenate([np.ravel(self._session.run(None, {self._input: part})[0]) for part in parts])
        if len(values) != len(batch):
            raise ConfigError(
                f"{self._told} gives {len(values)} numbers for {len(batch)} frames; one each is asked for"
            )
        return values

    def _numbers(self, meta: Mapping[str, str], key: str, default: str, count: int) -> NDArray[np.float32]:
        said = meta.get(key, default)
        try:
            numbers = np.array([float(part) for part in said.split(",")], dtype=np.float32)
        except ValueError:
            numbers = np.zeros(0, dtype=np.float32)
        if len(numbers) != count or not np.isfinite(numbers).all():
            raise ConfigError(f"{self._told}: its metadata has {key} = {said!r}, {count} numbers are asked for")
        return numbers


def _read(name: str, path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"real.learned_scores.{name}: {path} cannot be read ({error.strerror or error})") from None


def _import_runtime() -> Any:
    try:
        return importlib.import_module("onnxruntime")
    except ImportError:
        raise ConfigError(
            "real.learned_scores needs onnxruntime, which is not installed: pip install 'video4spatial[learned]'"
        ) from None
