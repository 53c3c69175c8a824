"""A supernet's predictions: computed once, and kept over an interruption."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from adarec import catalog
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.prediction import Predictor, discretisation_gap
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


def test_the_gap_is_what_one_cell_loses_against_cells_of_the_alphas() -> None:
    supernet, validation = small_supernet(), validation_of(cycle_walks(30))
    predictor = Predictor(supernet, validation)
    found = discretisation_gap(predictor, CELLS[0], rng=np.random.default_rng(0))
    assert found["chosen_ndcg@10"] == predictor.ndcg(CELLS[0])
    assert found["users"] == 30
    assert 0.0 < found["sampled_ndcg@10"] < 1.0
    # Alphas that have decided draw one cell only: nothing is lost.
    with torch.no_grad():
        supernet.alphas.fill_(-50.0)
        for edge, op in enumerate(CELLS[0]):
            supernet.alphas[edge, catalog.OP_NAMES.index(op)] = 50.0
    decided = discretisation_gap(predictor, CELLS[0], rng=np.random.default_rng(0))
    assert decided["sampled_ndcg@10"] == decided["chosen_ndcg@10"]
