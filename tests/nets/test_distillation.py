"""The whole distillation loss of a batch uses the hidden distance that the settings name."""

import numpy as np
import pytest
import torch

from adarec import catalog
from adarec.config import LossSettings
from adarec.errors import RegistryError
from adarec.nets.batches import pack_batch
from adarec.nets.losses.distillation import LossWeights, Projections
from adarec.nets.losses.hidden import HIDDEN_DISTANCES, MAPPINGS
from adarec.nets.training import distilled_loss, freeze
from tests.nets.small_models import WIDTH, cycle_walks, packed, small_student, small_teacher

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


def test_settings_without_a_distance_mean_the_default() -> None:
    planned_earlier = LossSettings().model_dump(exclude={"hidden_distance"})
    assert LossWeights.from_settings(planned_earlier) == LossWeights.from_settings(
        LossSettings().model_dump()
    )


def test_an_unknown_distance_is_refused() -> None:
    with pytest.raises(RegistryError, match="No hidden distance is called 'cosine'. Known: mse"):
        HIDDEN_DISTANCES["cosine"]
