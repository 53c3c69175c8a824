"""Small models, batches and schedules that the tests of the torch side share."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from adarec import catalog
from adarec.errors import StopRequested
from adarec.genotype import Genotype, cell_edges
from adarec.nets.batches import Sequences
from adarec.nets.costs import CostModel
from adarec.nets.encoding import SequenceModel
from adarec.nets.losses.distillation import LossWeights
from adarec.nets.students.student import Student, Supernet, build_student
from adarec.nets.teachers import build_teacher

NUM_ITEMS, LENGTH, WIDTH = 12, 10, 16
TEACHER_NAMES = [entry.name for entry in catalog.TEACHERS]
# Every teacher in every form: a name, and after a space the attention where there is a choice.
TEACHER_FORMS = [*TEACHER_NAMES, "dt4sr wasserstein"]
CARRYING = [name for name in catalog.OP_NAMES if name != "zero"]
EVERY_LOSS = LossWeights(task=1.0, embedding=0.3, hidden=0.5, logit=0.7, distill_temperature=1.5)

torch.set_num_threads(1)  # the tensors are tiny, and the machine has other work


def small_teacher(
    name: str = "nextitnet",
    *,
    num_items: int = NUM_ITEMS,
    length: int = LENGTH,
    num_layers: int = 2,
    dropout: float = 0.0,
    seed: int = 0,
) -> SequenceModel:
    """An untrained teacher of `TEACHER_FORMS` in evaluation mode; its parts are shaken, so that
    none is the identity."""
    torch.manual_seed(seed)
    sizes: dict[str, Any] = {
        "num_blocks": num_layers,
        "width": WIDTH,
        "num_heads": 2,
        "num_layers": num_layers,
    }
    name, _, attention = name.partition(" ")
    sizes |= {"attention": attention} if attention else {}
    teacher = build_teacher(name, num_items=num_items, length=length, sizes=sizes, dropout=dropout)
    return shaken(teacher)


def small_student(
    ops: Sequence[str],
    *,
    num_cells: int = 1,
    num_nodes: int | None = None,
    num_items: int = NUM_ITEMS,
    dropout: float = 0.0,
    seed: int = 0,
) -> Student:
    """An untrained derived student in evaluation mode with these ops on its edges; without a
    number of nodes they are those of one cell."""
    torch.manual_seed(seed)
    genotype = Genotype(num_nodes or {1: 1, 3: 2, 6: 3}[len(ops)], tuple(ops))
    student = build_student(
        num_items=num_items, width=WIDTH, num_cells=num_cells, genotype=genotype, dropout=dropout
    )
    return shaken(student)


def small_supernet(
    *,
    num_cells: int = 2,
    num_nodes: int = 2,
    num_items: int = NUM_ITEMS,
    dropout: float = 0.0,
    alphas_per_cell: bool = False,
) -> Supernet:
    """An untrained supernet in evaluation mode with alphas that differ."""
    torch.manual_seed(0)
    supernet = Supernet(
        num_items=num_items,
        width=WIDTH,
        num_cells=num_cells,
        num_nodes=num_nodes,
        dropout=dropout,
        num_own_cells=num_cells if alphas_per_cell else 1,
    )
    shaken(supernet.student)
    torch.nn.init.normal_(supernet.alphas, std=0.5)
    return supernet.eval()


def shaken(model: SequenceModel) -> SequenceModel:
    """The model with noise on every parameter but the PAD row: biases and scales that start at 0
    or 1 count too."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
        model.item_table.embedding.weight[0].zero_()
    return model.eval()


def left_padded(histories: Sequence[Sequence[int]], *, pads: int = 0) -> tuple[Tensor, Tensor]:
    """Items [B, L] and mask [B, L]; every row has at least `pads` PAD positions on the left."""
    width = max(len(history) for history in histories) + pads
    items = torch.zeros(len(histories), width, dtype=torch.int64)
    for row, history in enumerate(histories):
        items[row, width - len(history) :] = torch.tensor(history)
    return items, items != 0


def packed(histories: Sequence[Sequence[int]], *, with_targets: bool = True) -> Sequences:
    """Histories as training sequences (each item's target is the next) or as requests."""
    cut = [history[:-1] if with_targets else history for history in histories]
    targets = np.array([item for history in histories for item in history[1:]])
    return Sequences(
        items=np.array([item for history in cut for item in history]),
        offsets=np.cumsum([0] + [len(history) for history in cut]),
        targets=targets if with_targets else None,
    )


def cycle_walks(
    count: int, *, num_items: int = NUM_ITEMS, shortest: int = 3, seed: int = 0
) -> list[list[int]]:
    """Walks around a ring of items 1..V, in which item i is always followed by item i + 1."""
    rng = np.random.default_rng(seed)
    walks = []
    for _ in range(count):
        start, steps = rng.integers(num_items), rng.integers(shortest, LENGTH + 1)
        walks.append([int(start + step) % num_items + 1 for step in range(steps)])
    return walks


def small_costs(*, num_cells: int = 2, num_nodes: int = 2, **changed: object) -> CostModel:
    """A cost table with round numbers: conv3 costs 3, conv5 and dilconv5 5, pools 2, skip 1, zero
    0 at any length."""
    price = {"conv3": 3.0, "conv5": 5.0, "dilconv3": 3.0, "dilconv5": 5.0}
    price |= {"maxpool3": 2.0, "avgpool3": 2.0, "skip": 1.0, "zero": 0.0}
    fields: dict[str, object] = {
        "base": torch.tensor([price[name] for name in catalog.OP_NAMES]),
        "per_position": torch.zeros(len(catalog.OP_NAMES)),
        "fixed_base": 4.0,
        "fixed_per_position": 0.0,
        "scoring": 0.0,
        "teacher": 200.0,
        "unit": "ms",
        "num_cells": num_cells,
        "num_nodes": num_nodes,
        "length": LENGTH,
    }
    return CostModel(**(fields | changed))  # type: ignore[arg-type]


def num_edges(num_nodes: int) -> int:
    """Edges of a cell."""
    return len(cell_edges(num_nodes))


class Notes:
    """A `Watch` that keeps what it is told, and raises `error` at its tick number `stop_at`."""

    def __init__(self, stop_at: int | None = None, error: type[Exception] = StopRequested) -> None:
        self.stop_at, self.error = stop_at, error
        self.fractions: list[float] = []
        self.epochs: dict[int, dict[str, float]] = {}
        self.arrays: dict[int, dict[str, np.ndarray]] = {}

    def tick(self, *, epoch: int, epochs: int, fraction: float, message: str = "") -> None:
        """Counts, and stops when it is time."""
        del epoch, epochs, message
        self.fractions.append(fraction)
        if len(self.fractions) == self.stop_at:
            raise self.error("asked to stop")

    def epoch_done(
        self, epoch: int, metrics: Mapping[str, float], arrays: Mapping[str, np.ndarray]
    ) -> None:
        """Keeps the epoch's numbers."""
        self.epochs[epoch] = dict(metrics)
        self.arrays[epoch] = dict(arrays)
