"""On a scene of which the student sees too little, a mapping that works makes up for it.

A user likes one of four genres and takes every second item from anywhere. The teacher has seen 500
users, the student 40; embeddings and logits are not distilled, so that hidden layers alone can
tell it more.
"""

import numpy as np
import pytest
import torch
from torch import nn

from adarec.genotype import Genotype
from adarec.nets.aggregation import AggregationSearch
from adarec.nets.encoding import SequenceModel
from adarec.nets.evaluation import history_ranks
from adarec.nets.losses.dfa import BridgeConnectors, aggregation_window
from adarec.nets.losses.distillation import LossWeights, Projections
from adarec.nets.losses.hidden import MAPPINGS, layer_distances
from adarec.nets.students.student import Student, build_student
from adarec.nets.teachers import build_teacher
from adarec.nets.training import BatchLoss, Training, distilled_loss, freeze, next_item_loss
from adarec.ranking import metrics_from_ranks
from tests.nets.schedules import aggregation_schedule, schedule, validation_of
from tests.nets.small_models import packed

NUM_ITEMS, GENRES, LENGTH, CELLS, LAYERS = 24, 4, 12, 2, 4
ONLY_HIDDEN = LossWeights(task=0.3, embedding=0.0, hidden=1.0, logit=0.0, distill_temperature=1.0)
SEEDS = (0, 1)


def histories(count: int, *, seed: int) -> list[list[int]]:
    """The last item of each is from the user's genre, so that it can be found."""
    rng, size, found = np.random.default_rng([9, seed]), NUM_ITEMS // GENRES, []
    for _ in range(count):
        genre, length = rng.integers(GENRES), rng.integers(6, LENGTH + 2)
        own = genre * size + rng.integers(size, size=length)
        is_own = rng.random(length) < 0.5
        is_own[-1] = True
        items = np.where(is_own, own, rng.integers(NUM_ITEMS, size=length))
        found.append((items + 1).tolist())
    return found


FEW, UNSEEN = histories(40, seed=3), histories(400, seed=7)


def trained(training: Training, epochs: int, seed: int) -> None:
    """Runs all epochs; the last weights count, as nobody validates on so few users."""
    for epoch in range(1, epochs + 1):
        torch.manual_seed(100 * seed + epoch)
        batches = training.begin_epoch(epoch)
        for index, rows in enumerate(batches):
            training.step(rows, (epoch - 1 + index / len(batches)) / epochs)


def training_of(
    model: SequenceModel, users: list[list[int]], loss: BatchLoss, epochs: int, **more: object
) -> Training:
    return Training(
        model,
        sequences=packed(users),
        batch_loss=loss,
        validation=validation_of(users[:2]),
        schedule=schedule(epochs=epochs, learning_rate=5e-3, batch_positions=128),
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def teacher() -> SequenceModel:
    torch.manual_seed(0)
    sizes = {"num_blocks": LAYERS, "width": 32, "num_heads": 2, "num_layers": LAYERS}
    model = build_teacher(
        "nextitnet", num_items=NUM_ITEMS, length=LENGTH, sizes=sizes, dropout=0.1
    )
    training = training_of(model, histories(500, seed=1), next_item_loss(model), 10)
    trained(training, 10, seed=0)
    return freeze(model)  # type: ignore[return-value]


def new_student(seed: int) -> Student:
    torch.manual_seed(seed)
    cell = Genotype(2, ("conv3", "skip", "conv3"))
    return build_student(
        num_items=NUM_ITEMS, width=16, num_cells=CELLS, genotype=cell, dropout=0.1
    )


def searched_aggregation(teacher: SequenceModel, seed: int) -> np.ndarray:
    """Of 32 users' weights and 8 users' layers."""
    search = AggregationSearch(
        new_student(seed),
        teacher,
        weight_sequences=packed(FEW[:32]),
        slice_sequences=packed(FEW[32:]),
        connectors=BridgeConnectors(nn.Linear(16, 32), CELLS),
        inside=aggregation_window(CELLS, LAYERS, window="group"),
        distance=layer_distances,
        schedule=aggregation_schedule(epochs=6, learning_rate=5e-3, batch_positions=128),
    )
    for epoch in range(1, 7):
        for item in search.begin_epoch(epoch):
            search.step(item, epoch / 7)
    return search.aggregation


def ndcg(teacher: SequenceModel, name: str) -> float:
    """NDCG@10 of students distilled by the mapping, on unseen users, mean over the seeds."""
    found = []
    for seed in SEEDS:
        own = {"adain": {"weight": 1.0}}.get(name, {})
        if name == "dfa":
            own = {"aggregation": searched_aggregation(teacher, seed)}
        student, projections = new_student(seed), Projections(16, 32)
        mapping = MAPPINGS[name](CELLS, LAYERS, seed=seed)
        mapping.set_up(own, projections.hidden)
        loss = distilled_loss(
            student, teacher, projections=projections, mapping=mapping, weights=ONLY_HIDDEN
        )
        training = training_of(student, FEW, loss, 30, extra=projections, mapping=mapping)
        trained(training, 30, seed)
        asked = packed([history[:-1] for history in UNSEEN], with_targets=False)
        ranks = history_ranks(student, asked, np.array([history[-1] for history in UNSEEN]))
        found.append(metrics_from_ranks(ranks)["ndcg@10"])
    return float(np.mean(found))


@pytest.fixture(scope="module")
def undistilled(teacher: SequenceModel) -> float:
    return ndcg(teacher, "none")


@pytest.mark.parametrize(("name", "margin"), [("dfa", 0.07), ("adain", 0.03)])
def test_a_student_of_few_users_gains(
    name: str, margin: float, teacher: SequenceModel, undistilled: float
) -> None:
    assert ndcg(teacher, name) > undistilled + margin
