"""How long one search epoch takes at the sizes of the paper, in seconds and in yardsticks."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from adarec import catalog
from adarec.bench.yardstick import yardstick_s
from adarec.data.ingest import build_scene
from adarec.data.scene import Scene
from adarec.data.sequences import evaluation_histories, training_windows
from adarec.data.settings import IngestSettings
from adarec.data.unpacking import read_log_bytes
from adarec.environment import describe_environment
from adarec.nets.batches import Sequences
from adarec.nets.costs import CostModel
from adarec.nets.losses.distillation import LossWeights, Projections
from adarec.nets.losses.hidden import EmdMapping
from adarec.nets.process import peak_rss_mb, prepare_process
from adarec.nets.search import PARTS, Search
from adarec.nets.search_schedule import SearchSchedule
from adarec.nets.students.student import Supernet
from adarec.nets.teachers import build_teacher
from adarec.nets.training import Validation

LENGTH, BATCH_POSITIONS, WARM_UP_STEPS = 50, 1536, 5
TEACHER = {"num_blocks": 16, "width": 256, "num_heads": 4, "num_layers": 8}
STUDENT = {"width": 64, "num_cells": 4, "num_nodes": 3}
LOSSES = LossWeights(task=1.0, embedding=1.0, hidden=1.0, logit=1.0, distill_temperature=1.0)


def bench_search(
    log: Path, *, threads: int = 2, precision: torch.dtype = torch.float32
) -> dict[str, Any]:
    """Seconds of one epoch: every training prefix once through a weight or an alpha step.

    Full-catalogue task and logit losses, embedding and EMD losses, an untrained teacher, all ops
    sampled uniformly. Wall time of the whole epoch, validation left out.

    Args:
        log: The log, normally amazon-beauty.
        threads: Threads of torch.
        precision: What the teacher's matrix products are computed in.
    """
    prepare_process(threads)
    scene, _ = build_scene(read_log_bytes(log), IngestSettings())
    search = _search(scene)
    search.teacher.precision = precision
    search.epoch = 2  # past the warm-up: alphas get their steps
    items = search.begin_epoch(2)
    clock = _Clock()
    search.part = clock.part
    for item in items[:WARM_UP_STEPS]:
        search.step(item, 0.5)
    _uniform(search)
    clock.seconds = dict.fromkeys(PARTS, 0.0)
    yardstick = yardstick_s(threads=threads)
    losses, positions, started = [], 0, time.perf_counter()
    for item in items:
        found, count = search.step(item, 0.5)
        _uniform(search)
        positions += count
        losses.append(round(found.get("loss", found.get("alpha_loss", 0.0)), 4))
    epoch_s = time.perf_counter() - started
    yardstick = (yardstick + yardstick_s(threads=threads)) / 2
    return {
        "epoch_s": round(epoch_s, 2),
        "yardsticks": round(epoch_s / yardstick, 1),
        "parts": {name: round(seconds, 2) for name, seconds in clock.seconds.items()},
        "positions": positions,
        "weight_steps": sum(kind == "weight" for kind, _ in items),
        "alpha_steps": sum(kind == "alpha" for kind, _ in items),
        "losses": losses,
        "yardstick_s": round(yardstick, 4),
        "peak_rss_mb": round(peak_rss_mb(), 1),
        "environment": describe_environment(threads),
    }


def _search(scene: Scene) -> Search:
    torch.manual_seed(0)
    teacher = build_teacher(
        "nextitnet", num_items=scene.num_items, length=LENGTH, sizes=TEACHER, dropout=0.0
    )
    supernet = Supernet(num_items=scene.num_items, dropout=0.1, **STUDENT)
    inside = np.flatnonzero(scene.architecture_slice)
    held_out = evaluation_histories(scene, length=LENGTH, split="validation", users=inside)
    mapping = EmdMapping(STUDENT["num_cells"], TEACHER["num_layers"])
    return Search(
        supernet,
        teacher.eval().requires_grad_(False),
        weight_sequences=_windows(scene, np.flatnonzero(~scene.architecture_slice)),
        alpha_sequences=_windows(scene, inside),
        validation=Validation(Sequences(held_out.items, held_out.offsets), held_out.targets),
        projections=Projections(STUDENT["width"], TEACHER["width"]),
        mapping=mapping,
        weights=LOSSES,
        costs=_equal_costs(),
        limit=0.0,
        schedule=SearchSchedule(
            epochs=3,
            warmup_epochs=1,
            learning_rate=1e-3,
            alpha_learning_rate=1e-3,
            weight_decay=0.01,
            batch_positions=BATCH_POSITIONS,
            clip_norm=5.0,
            start_temperature=1.0,
            end_temperature=1.0,
            efficiency_share=0.1,
            seed=0,
        ),
    )


def _windows(scene: Scene, users: np.ndarray) -> Sequences:
    windows = training_windows(scene, length=LENGTH, users=users)
    return Sequences(windows.items, windows.offsets, windows.targets)


def _equal_costs() -> CostModel:
    num_ops = len(catalog.OP_NAMES)
    return CostModel(
        base=torch.ones(num_ops),
        per_position=torch.zeros(num_ops),
        fixed_base=1.0,
        fixed_per_position=0.0,
        scoring=0.0,
        teacher=1000.0,
        unit="steps",
        num_cells=STUDENT["num_cells"],
        num_nodes=STUDENT["num_nodes"],
        length=LENGTH,
    )


def _uniform(search: Search) -> None:
    """All ops equally likely again, so that the epoch's work does not depend on what it learns."""
    with torch.no_grad():
        search.supernet.alphas.zero_()


class _Clock:
    """Adds up the seconds of the parts of a step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @property
    def part(self) -> Callable[[str], Any]:
        """A context manager by the part's name."""

        @contextmanager
        def timed(name: str) -> Iterator[None]:
            start = time.perf_counter()
            yield
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

        return timed
