"""Trains the network: from the newest checkpoint to the last step, then saves the pipeline.

ClipSource ─▶ batch_at ─▶ sample_losses ─▶ optimizers ─▶ average ─▶ metrics, validation, checkpoints ─▶ pipeline/

`run_dir` holds metrics.jsonl, tensorboard/, checkpoints/step_*/, pipeline/, and train.json, written last: a run is
finished if and only if it exists. Killed at any point, the same call goes on and ends with the same bits (same number
of processes and threads, same machine). It knows nothing of Ray: a Launch says which rank it is.
"""

import json
import logging
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from video4spatial.model.checkpoint import load_checkpoint, newest_checkpoint, save_checkpoint
from video4spatial.model.config import ModelConfig, TrainConfig
from video4spatial.model.data import Batch, batch_at
from video4spatial.model.launch import Launch, any_rank, barrier, mean_over_ranks
from video4spatial.model.metrics import MetricsLog
from video4spatial.model.network import prepare
from video4spatial.model.optim import rate_share, update_average
from video4spatial.model.pipeline import assemble
from video4spatial.model.precision import computing
from video4spatial.model.quiet import no_progress_bars
from video4spatial.model.source import ClipSource, require_usable
from video4spatial.model.state import TrainState, build_state, fit_codec
from video4spatial.model.step import draw, sample_losses
from video4spatial.model.text import build_tokenizer
from video4spatial.model.validation import validate_sets
from video4spatial.pipeline.core.errors import ConfigError, RunFailed
from video4spatial.pipeline.core.files import write_atomic
from video4spatial.pipeline.core.settings import canonical_json, fingerprint

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """Where a call of `train` ended."""

    finished: bool
    """False when it was asked to stop; the same call goes on."""
    step: int
    run_dir: Path
    facts: Mapping[str, Any]
    """What train.json says; empty when not finished."""

    @property
    def pipeline_dir(self) -> Path:
        return self.run_dir / "pipeline"


def train(
    model_config: ModelConfig,
    train_config: TrainConfig,
    sources: Mapping[str, ClipSource],
    run_dir: Path,
    launch: Launch,
    identity: Mapping[str, str],
    origin: Mapping[str, str] | None = None,
) -> TrainResult:
    """Trains on `sources["train"]`, validates on every other set, and returns when finished or asked to stop.

    `identity` hashes the data (content, splits), `origin` says what it is called (version): it is written beside it
    and compared with nothing. Raises ConfigError when `run_dir` holds a run of other settings or data, or a set cannot
    be used; RunFailed when loss or gradient stay non-finite.
    """
    expected = {"settings": fingerprint({"model": model_config, "train": train_config}), "data": dict(identity)}
    done = _finished(run_dir, expected)
    if done is not None:
        return done
    _check(model_config, train_config, sources, launch)
    return _Run(model_config, train_config, sources, run_dir, launch, expected, dict(origin or {})).go()


def _finished(run_dir: Path, expected: Mapping[str, Any]) -> TrainResult | None:
    """The result of a run that ended before, or None."""
    record = run_dir / "train.json"
    if not record.exists():
        return None
    facts = json.loads(record.read_text())
    for name, value in expected.items():
        if facts[name] != value:
            raise ConfigError(
                f"{run_dir} holds a finished run with {name} {facts[name]!r}, this one has {value!r}; "
                "give another output folder, or delete that run"
            )
    return TrainResult(finished=True, step=facts["steps"], run_dir=run_dir, facts=facts)


def _check(model: ModelConfig, config: TrainConfig, sources: Mapping[str, ClipSource], launch: Launch) -> None:
    if "train" not in sources:
        raise ConfigError(f"training needs a set named 'train', got {sorted(sources)}")
    if config.batch_size % launch.world_size:
        raise ConfigError(
            f"train.batch_size {config.batch_size} does not divide by {launch.world_size} processes; change either"
        )
    shortest = config.context.frames
    for name, source in sources.items():
        require_usable(name, source, shortest, model.size_px)


class _Run:
    """One process's part of a run."""

    def __init__(
        self,
        model: ModelConfig,
        config: TrainConfig,
        sources: Mapping[str, ClipSource],
        run_dir: Path,
        launch: Launch,
        expected: Mapping[str, Any],
        origin: Mapping[str, str],
    ) -> None:
        self.model, self.config, self.sources = model, config, sources
        self.run_dir, self.launch, self.expected = run_dir, launch, expected
        self.told = {**expected, "origin": origin}
        self.tokenizer = build_tokenizer()
        share = config.batch_size // launch.world_size
        self.slots = range(launch.rank * share, (launch.rank + 1) * share)
        self.started_cpu_s, self.started_wall_s = time.process_time(), time.monotonic()
        self.last: dict[str, Any] = {}
        self.skipped_in_a_row = 0

    def go(self) -> TrainResult:
        torch.set_num_threads(self.config.threads)
        self.state = self._start()
        self.log = MetricsLog(self.run_dir, self.state.step) if self.launch.rank == 0 else None
        trained: nn.Module = self.state.network
        if self.launch.world_size > 1:
            trained = nn.parallel.DistributedDataParallel(trained, broadcast_buffers=False)
        try:
            finished = self._loop(trained)
        finally:
            if self.log is not None:
                self.log.close()
        facts = self._finish() if finished else {}
        self.launch.report({"step": self.state.step, **self.last}, None)
        return TrainResult(finished=finished, step=self.state.step, run_dir=self.run_dir, facts=facts)

    def _start(self) -> TrainState:
        state = build_state(self.model, self.config, self.launch.device)
        newest = newest_checkpoint(self.run_dir / "checkpoints")
        if newest is None:
            fit_codec(state.autoencoder, self.sources["train"], self.config.seed)
        else:
            state.restore(load_checkpoint(newest, self.expected))
            logger.info("resumed at step %d of %d", state.step, self.config.steps)
        return state

    def _loop(self, trained: nn.Module) -> bool:
        """Steps until the end (True) or until someone asks to stop (False)."""
        config, state = self.config, self.state
        window = _Window()
        while state.step < config.steps:
            if any_rank(self.launch, self.launch.should_stop()):
                self._save()
                return False
            norm = self._step(trained, window)
            last = state.step == config.steps
            if state.step % config.log_every == 0 or last:
                self._log_train(window, norm)
                window = _Window()
            if state.step % config.validate_every == 0 or last:
                self._validate()
            if state.step % config.save_every == 0 or last:
                self.launch.report({"step": state.step, **self.last}, self._save())
        return True

    def _step(self, trained: nn.Module, window: "_Window") -> float:
        """One optimizer step; returns the gradient norm. The loss of this rank's samples goes to `window`."""
        config, state, device = self.config, self.state, self.launch.device
        waited = time.monotonic()
        batch = batch_at(
            self.sources["train"],
            config.context,
            self.model,
            seed=config.seed,
            step=state.step,
            batch_size=config.batch_size,
            slots=self.slots,
        )
        window.data_wait_s += time.monotonic() - waited
        clean, given = prepare(batch, state.autoencoder, self.tokenizer, self.model, device)
        draws = draw(config, state.step, self.slots, clean, given.context)
        with computing(state.precision, device):
            loss = sample_losses(trained, clean, given, draws, self.tokenizer).mean()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(state.network.parameters(), config.max_grad_norm)
        finite = not any_rank(self.launch, not bool(torch.isfinite(loss) & torch.isfinite(norm)))
        if finite:
            state.optimizers.step(rate_share(state.step, config))
            update_average(state.average, state.network, state.step, config.ema_decay)
            self.skipped_in_a_row = 0
        else:
            self._skip(batch)
        state.step += 1
        window.steps += 1
        window.losses.append(loss.item())
        return norm.item()

    def _skip(self, batch: Batch) -> None:
        """Counts a step that is not finite and writes down which samples it had."""
        state = self.state
        state.optimizers.drop_gradients()
        state.skipped += 1
        self.skipped_in_a_row += 1
        dump = self.run_dir / f"nonfinite-step{state.step:08d}-rank{self.launch.rank}.json"
        write_atomic(dump, canonical_json({"step": state.step, "samples": list(batch.sample_ids)}))
        logger.warning("step %d has a loss or gradient that is not finite; skipped, see %s", state.step, dump.name)
        if self.skipped_in_a_row >= self.config.max_skipped:
            raise RunFailed(
                f"{self.skipped_in_a_row} steps in a row were not finite; lower the learning rates "
                f"or look at the samples in {dump}"
            )

    def _cpu_s(self) -> float:
        return self.state.cpu_s + time.process_time() - self.started_cpu_s

    def _log_train(self, window: "_Window", norm: float) -> None:
        config, state = self.config, self.state
        loss = mean_over_ranks(self.launch, sum(window.losses) / len(window.losses))
        entry = {
            "kind": "train",
            "step": state.step,
            "loss": loss,
            "grad_norm": norm,
            "lr": config.learning_rate * rate_share(state.step - 1, config),
            "samples_per_s": window.steps * config.batch_size / window.wall_s(),
            "cpu_s": self._cpu_s(),
            "skipped": state.skipped,
            "data_wait_s": window.data_wait_s,
        }
        self.last = {"loss": loss}
        if self.log is not None:
            self.log.write(entry)

    def _validate(self) -> None:
        """Every other set than `train`, with the averaged weights."""
        held = {name: source for name, source in self.sources.items() if name != "train"}
        for name, result in validate_sets(self.state, self.model, self.config, held, self.tokenizer, self.launch):
            entry = {"kind": "validation", "step": self.state.step, "set": name, **result}
            self.last[name] = result
            if self.log is not None:
                self.log.write(entry)

    def _save(self) -> Path:
        """A committed checkpoint; written by rank 0, awaited by all."""
        folder = self.run_dir / "checkpoints"
        if self.launch.rank == 0:
            saved = self.state.to_saved(self._cpu_s())
            facts = {**self.told, "world_size": self.launch.world_size}
            save_checkpoint(folder, self.state.step, saved, facts, self.config.keep_checkpoints)
        barrier(self.launch)
        return folder / f"step_{self.state.step:08d}"

    def _finish(self) -> dict[str, Any]:
        """Saves the pipeline with the averaged weights, then train.json."""
        state = self.state
        facts = {
            **self.told,
            "steps": state.step,
            "samples": state.step * self.config.batch_size,
            "skipped": state.skipped,
            "parameters": sum(p.numel() for p in state.network.parameters()),
            "precision": state.precision,
            "world_size": self.launch.world_size,
            "cpu_s": round(self._cpu_s(), 1),
            "wall_s_of_last_process": round(time.monotonic() - self.started_wall_s, 1),
            "validation": {name: value for name, value in self.last.items() if name in self.sources},
        }
        if self.launch.rank == 0:
            pipeline = assemble(state.average, state.autoencoder, self.tokenizer, self.model, self.config.context)
            partial, final = self.run_dir / "pipeline.incomplete", self.run_dir / "pipeline"
            shutil.rmtree(partial, ignore_errors=True)
            with no_progress_bars():
                pipeline.save_pretrained(partial)
            write_atomic(partial / "trained_on.json", canonical_json(self.told))
            shutil.rmtree(final, ignore_errors=True)
            partial.rename(final)
            write_atomic(self.run_dir / "train.json", json.dumps(facts, indent=1, sort_keys=True).encode())
        barrier(self.launch)
        return facts


class _Window:
    """What is averaged into one line of metrics."""

    def __init__(self) -> None:
        self.steps, self.data_wait_s = 0, 0.0
        self.losses: list[float] = []
        self._started = time.monotonic()

    def wall_s(self) -> float:
        return max(1e-9, time.monotonic() - self._started)
