"""The whole distillation loss of a batch uses the hidden distance that the settings name."""

import numpy as np
import pytest
import torch

from adarec import catalog
from adarec.config import LossSettings
from adarec.errors import RegistryError
from adarec.nets.batches import pack_batch
from adarec.nets.losses.distillation import LossWeights, Projections
from adarec.nets.losses.hidden import HIDDEN_DISTANCES, MAPPINGS, HiddenBatch, Mapping
from adarec.nets.training import Training, distilled_loss, freeze
from tests.nets.schedules import small_search, small_training
from tests.nets.small_models import (
    EVERY_LOSS,
    WIDTH,
    cycle_walks,
    packed,
    small_student,
    small_teacher,
)

DISTANCES = [entry.name for entry in catalog.HIDDEN_DISTANCES]


def hidden_loss(distance: str) -> tuple[float, float]:
    """As the loss records it, and as the distance function gives it under equal flow."""
    torch.manual_seed(0)
    teacher, student = freeze(small_teacher()), small_student(["conv3", "skip", "maxpool3"])
    projections, mapping = Projections(WIDTH, WIDTH), MAPPINGS["uniform"](1, 2)
    settings = LossSettings.model_validate({"hidden_distance": distance})
    weights = LossWeights.from_settings(settings.model_dump())
    loss_of = distilled_loss(
        student, teacher, projections=projections, mapping=mapping, weights=weights
    )
    batch = pack_batch(packed(cycle_walks(3)), np.arange(3))
    with torch.no_grad():
        _, parts = loss_of(batch)
        learned = projections.hidden(torch.stack(student(batch.items, batch.mask).layers))
        taught = torch.stack(teacher(batch.items, batch.mask).layers)
        expected = HIDDEN_DISTANCES[distance](learned, taught).mean().item()
    return parts["hidden_loss"], expected


@pytest.mark.parametrize("distance", DISTANCES)
def test_the_hidden_loss_is_of_the_distance_asked_for(distance: str) -> None:
    found, expected = hidden_loss(distance)
    assert found == pytest.approx(expected, rel=1e-4)


def test_the_distances_differ() -> None:
    assert len({round(hidden_loss(distance)[0], 3) for distance in DISTANCES}) == len(DISTANCES)


class Looks(Mapping):
    """A mapping that keeps what it is shown, with a module of its own."""

    def __init__(self) -> None:
        super().__init__(2, 4)
        self.connectors = torch.nn.Linear(WIDTH, WIDTH)
        self.batches: list[HiddenBatch] = []

    def hidden_loss(self, batch: HiddenBatch) -> torch.Tensor:
        self.batches.append(batch)
        return (self.connectors(batch.student_layers)[0] - batch.teacher_layers[1]).square().mean()


def test_a_mapping_sees_the_batch_and_its_own_modules_are_trained() -> None:
    mapping, training = Looks(), small_training()
    teacher = freeze(small_teacher(num_layers=4))
    projections = Projections(WIDTH, WIDTH)
    training = Training(
        training.model,
        sequences=training.sequences,
        batch_loss=distilled_loss(
            training.model, teacher, projections=projections, mapping=mapping, weights=EVERY_LOSS
        ),
        validation=training.validation,
        schedule=training.schedule,
        extra=projections,
        mapping=mapping,
    )
    assert mapping.connectors is not None
    before = mapping.connectors.weight.detach().clone()
    training.step(training.begin_epoch(1)[0], done=0.5)
    assert not torch.equal(mapping.connectors.weight, before)
    assert "trained.connectors.weight" in training.tensors()
    (batch,) = mapping.batches
    positions = len(batch.targets)
    assert batch.student_layers.shape == batch.projected.shape == (2, positions, WIDTH)
    assert batch.teacher_layers.shape == (4, positions, WIDTH)
    assert not batch.teacher_layers.requires_grad
    assert (batch.items != 0).sum() == positions
    assert batch.teacher is teacher
    assert batch.phase == "weights"
    assert torch.equal(batch.projected, projections.hidden(batch.student_layers))
    assert torch.equal(batch.teacher_output, teacher.output_norm(batch.teacher_layers[-1]))


def test_a_search_says_what_its_step_moves() -> None:
    search, mapping = small_search(), Looks()
    search.mapping = mapping
    for epoch in (1, 2):
        for kind in ("weight", "alpha"):
            item = next(step for step in search.begin_epoch(epoch) if step[0] == kind)
            search.step(item, done=0.5)
    # In the warm-up an alpha step does nothing.
    assert [batch.phase for batch in mapping.batches] == ["warm-up", "weights", "alphas"]


def test_settings_without_a_distance_mean_the_default() -> None:
    planned_earlier = LossSettings().model_dump(exclude={"hidden_distance"})
    assert LossWeights.from_settings(planned_earlier) == LossWeights.from_settings(
        LossSettings().model_dump()
    )


def test_an_unknown_distance_is_refused() -> None:
    with pytest.raises(RegistryError, match="No hidden distance is called 'cosine'. Known: mse"):
        HIDDEN_DISTANCES["cosine"]
