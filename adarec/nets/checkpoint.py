"""Checkpoints of training as plain tensors and JSON: a resumed run continues as if undisturbed."""

import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

CHECKPOINT_SECONDS = 5.0
FILE_NAME = "checkpoint.safetensors"

_log = logging.getLogger(__name__)


class Checkpoint:
    """The newest state of a stage in its folder, written atomically.

    Args:
        folder: The stage's partial folder.
        clock: Monotonic seconds.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = folder / FILE_NAME
        self.clock = clock
        self.written_at = clock()

    @property
    def is_due(self) -> bool:
        """True when the last one is `CHECKPOINT_SECONDS` old."""
        return self.clock() - self.written_at >= CHECKPOINT_SECONDS

    def write(self, tensors: dict[str, Tensor], progress: dict[str, Any]) -> None:
        """Replaces the checkpoint; `progress` is JSON (epoch, batch, sums, best so far)."""
        partial = self.path.with_suffix(".tmp")
        contiguous = {
            name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()
        }
        contiguous["random_state"] = torch.get_rng_state()
        save_file(contiguous, partial, metadata={"progress": json.dumps(progress)})
        os.replace(partial, self.path)
        self.written_at = self.clock()

    def read(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Tensors and progress of the checkpoint, its random state restored; None where there is
        none that can be read.
        """
        if not self.path.exists():
            return None
        try:
            with safe_open(self.path, framework="pt") as stored:
                tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
                progress = json.loads(stored.metadata()["progress"])
        except SafetensorError as error:  # a power cut may leave a file without its content
            _log.warning("%s is damaged (%s): this step begins anew", self.path.name, error)
            self.remove()
            return None
        torch.set_rng_state(tensors.pop("random_state"))
        return tensors, progress

    def remove(self) -> None:
        """Deletes the checkpoint; a complete stage does not need it."""
        self.path.unlink(missing_ok=True)


def optimizer_tensors(optimizer: torch.optim.Optimizer, prefix: str) -> dict[str, Tensor]:
    """The optimiser's moments under names that `load_optimizer` understands."""
    tensors = {}
    for index, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            tensors[f"{prefix}.{index}.{name}"] = torch.as_tensor(value)
    return tensors


def load_optimizer(
    optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor], prefix: str
) -> None:
    """Restores moments written by `optimizer_tensors`."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith(prefix + "."):
            index, name = key.removeprefix(prefix + ".").split(".")
            state.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict(
        {"state": state, "param_groups": optimizer.state_dict()["param_groups"]}
    )


def prefixed(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The same tensors with `prefix.` before their names."""
    return {f"{prefix}.{name}": value for name, value in state.items()}


def unprefixed(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors under `prefix.`, without it."""
    start = prefix + "."
    return {
        name.removeprefix(start): value
        for name, value in tensors.items()
        if name.startswith(start)
    }
