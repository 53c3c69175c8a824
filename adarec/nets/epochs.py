"""The one loop over epochs and batches: progress, stop, checkpoint and resume for teacher, search
and student.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from adarec.errors import RunError, StopRequested
from adarec.nets.checkpoint import Checkpoint


class Watch(Protocol):
    """How a stage hears of progress and says that it should stop."""

    def tick(self, *, epoch: int, epochs: int, fraction: float, message: str = "") -> None:
        """Called after each batch; `fraction` of the stage is done. `message` says what happens
        where it is not an epoch of the stage. Raises StopRequested when asked to stop.
        """

    def epoch_done(
        self, epoch: int, metrics: Mapping[str, float], arrays: Mapping[str, np.ndarray]
    ) -> None:
        """Called once an epoch, the first is 1; may be called again for the same epoch after a
        crash.
        """


@dataclass(frozen=True)
class PartWatch:
    """The `Watch` of one part of a stage.

    Attributes:
        watch: The stage's own.
        first, last: The part's fractions of the stage.
        message: What the part does, where its epochs are not the stage's: these are not recorded.
    """

    watch: Watch
    first: float
    last: float
    message: str = ""

    def tick(self, *, epoch: int, epochs: int, fraction: float, message: str = "") -> None:
        """Tells the stage's fraction."""
        self.watch.tick(
            epoch=epoch,
            epochs=epochs,
            fraction=self.first + (self.last - self.first) * fraction,
            message=message or self.message,
        )

    def epoch_done(
        self, epoch: int, metrics: Mapping[str, float], arrays: Mapping[str, np.ndarray]
    ) -> None:
        """Passes on what a part without a message of its own has to record."""
        if metrics and not self.message:
            self.watch.epoch_done(epoch, metrics, arrays)


@dataclass
class EpochOutcome:
    """What an epoch is remembered by, and whether it was the last."""

    metrics: dict[str, float]
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    finished: bool = False


class EpochWork(Protocol):
    """The work that the loop repeats. A step's item depends on seed and epoch only."""

    epochs: int
    seed: int

    def begin_epoch(self, epoch: int) -> Sequence[Any]:
        """The epoch's items, in order; deterministic."""

    def step(self, item: Any, done: float) -> tuple[dict[str, float], int]:
        """Works on one item; returns mean losses by record name and the number of positions they
        cover.

        `done` is the share of the whole training that lies behind, for schedules.
        """

    def end_epoch(self, epoch: int, means: dict[str, float]) -> EpochOutcome:
        """Validates; `means` are the epoch's losses."""

    def tensors(self) -> dict[str, Tensor]:
        """All tensors a checkpoint needs."""

    def load_tensors(self, tensors: dict[str, Tensor]) -> None:
        """Restores them."""

    def progress(self) -> dict[str, Any]:
        """All JSON a checkpoint needs."""

    def load_progress(self, progress: dict[str, Any]) -> None:
        """Restores it."""


def run_epochs(work: EpochWork, checkpoint: Checkpoint, watch: Watch) -> None:
    """Runs or resumes all epochs. A stopped and resumed run gives the same result as an
    undisturbed one.

    Raises:
        StopRequested: The watch asked to stop; the checkpoint holds the state of that moment.
        RunError: A loss became non-finite.
    """
    position = _resume(work, checkpoint)
    while position.epoch <= work.epochs and not position.finished:
        if position.index == 0:
            torch.manual_seed(epoch_seed(work.seed, position.epoch))
        items = work.begin_epoch(position.epoch)
        _run_items(work, items, position, checkpoint, watch)
        outcome = _ended(work, position)
        watch.epoch_done(position.epoch, outcome.metrics, outcome.arrays)
        position.next_epoch(finished=outcome.finished)
        _save(work, position, checkpoint)


def epoch_seed(seed: int, epoch: int) -> int:
    """A seed for one epoch, different for every (seed, epoch)."""
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])


def warm_cosine(done: float, *, warm_up: float = 0.05, floor: float = 0.05) -> float:
    """Learning-rate factor: linear warm-up, then a cosine down to `floor`; `done` in 0..1."""
    if done < warm_up:
        return (done + 1e-3) / (warm_up + 1e-3)
    swing = 0.5 * (1 + math.cos(math.pi * (done - warm_up) / (1 - warm_up)))
    return floor + (1 - floor) * swing


@dataclass
class _Position:
    epoch: int = 1
    index: int = 0
    finished: bool = False
    sums: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, losses: dict[str, float], positions: int) -> None:
        for name, value in losses.items():
            self.sums[name] = self.sums.get(name, 0.0) + value * positions
            self.counts[name] = self.counts.get(name, 0) + positions

    def means(self) -> dict[str, float]:
        return {name: total / max(1, self.counts[name]) for name, total in self.sums.items()}

    def next_epoch(self, *, finished: bool) -> None:
        self.epoch, self.index, self.finished, self.sums, self.counts = (
            self.epoch + 1,
            0,
            finished,
            {},
            {},
        )


def _resume(work: EpochWork, checkpoint: Checkpoint) -> _Position:
    stored = checkpoint.read()
    if stored is None:
        return _Position()
    tensors, progress = stored
    work.load_tensors(tensors)
    work.load_progress(progress["work"])
    return _Position(**progress["position"])


def _save(work: EpochWork, position: _Position, checkpoint: Checkpoint) -> None:
    checkpoint.write(work.tensors(), {"work": work.progress(), "position": vars(position)})


def _ended(work: EpochWork, position: _Position) -> EpochOutcome:
    try:
        return work.end_epoch(position.epoch, position.means())
    except RunError as error:
        raise RunError(f"After epoch {position.epoch}: {error}") from error


def _run_items(
    work: EpochWork,
    items: Sequence[Any],
    position: _Position,
    checkpoint: Checkpoint,
    watch: Watch,
) -> None:
    while position.index < len(items):
        done = (position.epoch - 1 + position.index / len(items)) / work.epochs
        losses, positions = work.step(items[position.index], done)
        for name, value in losses.items():
            if not math.isfinite(value):
                raise RunError(
                    f"{name} became {value} in epoch {position.epoch}. Training has diverged: "
                    "lower the learning_rate of this stage with --set (teacher., student. or "
                    "search.learning_rate=…) and start again."
                )
        position.add(losses, positions)
        position.index += 1
        fraction = (position.epoch - 1 + position.index / len(items)) / work.epochs
        try:
            watch.tick(epoch=position.epoch, epochs=work.epochs, fraction=fraction)
        except StopRequested:
            _save(work, position, checkpoint)
            raise
        if checkpoint.is_due:
            _save(work, position, checkpoint)
