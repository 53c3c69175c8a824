"""A supernet's predictions: computed once, and kept over an interruption."""

from pathlib import Path

import numpy as np
import pytest
from torch import nn

from adarec.nets.checkpoint import Checkpoint
from adarec.nets.prediction import Predictor
from adarec.nets.training import Validation
from adarec.ranking import ndcg_per_user
from tests.nets.schedules import validation_of
from tests.nets.small_models import cycle_walks, small_supernet

CELLS = [("conv3", "skip", "skip"), ("skip", "zero", "conv5"), ("conv3", "zero", "zero")]


class Counted(Validation):
    """Counts how often it is asked."""

    def ranks(self, model: nn.Module, **call: object) -> np.ndarray:
        asked.append(call["choice"])
        return super().ranks(model, **call)


asked: list[object] = []


@pytest.fixture
def validation() -> Validation:
    asked.clear()
    parts = validation_of(cycle_walks(20))
    return Counted(parts.histories, parts.targets)


def test_a_cell_is_validated_once(validation: Validation) -> None:
    supernet = small_supernet()
    predictor = Predictor(supernet, validation)
    for ops in CELLS * 2:
        ranks = validation_of(cycle_walks(20)).ranks(supernet.student, choice=ops)
        np.testing.assert_array_equal(predictor.ranks(ops), ranks)
        assert predictor.ndcg(list(ops)) == ndcg_per_user(ranks, 10).mean()
        assert predictor.log_rank(ops) == np.log(ranks).mean()
    assert asked == CELLS
    assert len(predictor) == 3


def test_an_interrupted_predictor_goes_on_from_its_checkpoint(
    validation: Validation, tmp_path: Path
) -> None:
    clock = iter(range(0, 1000, 10))  # every question finds the last checkpoint ten seconds old
    first = Predictor(
        small_supernet(), validation, Checkpoint(tmp_path, clock=lambda: next(clock))
    )
    before = [first.ranks(ops) for ops in CELLS]
    again = Predictor(small_supernet(), validation, Checkpoint(tmp_path))
    assert len(again) == 3
    for ops, ranks in zip(CELLS, before, strict=True):
        np.testing.assert_array_equal(again.ranks(ops), ranks)
    assert asked == CELLS
