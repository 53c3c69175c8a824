"""Ranks of held-out items against a plain loop; size and multiply-adds counted by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from adarec.errors import RunError
from adarec.nets import evaluation
from adarec.nets.batches import Sequences
from adarec.nets.blocks import ItemTable
from adarec.nets.cost_tables import counted_body
from adarec.nets.encoding import SequenceModel
from adarec.nets.evaluation import (
    among_samples,
    encode_histories,
    history_ranks,
    ranks_by,
    ranks_of_targets,
)
from adarec.nets.hand_made import build_hand_made
from adarec.nets.measurement import model_size, rank_test_items
from tests.nets.small_models import (
    NUM_ITEMS,
    WIDTH,
    cycle_walks,
    packed,
    small_student,
    small_supernet,
    small_teacher,
)

WALKS = cycle_walks(30, seed=5)
HISTORIES = packed([walk[:-1] for walk in WALKS], with_targets=False)
TARGETS = np.array([walk[-1] for walk in WALKS])


def plain_scores(model) -> np.ndarray:
    """[N, V], one history after the other."""
    with torch.inference_mode():
        states = [model(torch.tensor([walk[:-1]]), None).output[-1] for walk in WALKS]
        return model.item_table.score(torch.stack(states)).numpy()


def scoring_with(table: torch.Tensor) -> SequenceModel:
    """A model whose item table [V, D] is `table`; it never encodes anything."""
    model = SequenceModel()
    model.item_table = ItemTable(len(table), table.shape[1])
    with torch.no_grad():
        model.item_table.candidates.copy_(table)
    return model


def consumed() -> Sequences:
    sets = [sorted(set(walk[:-1])) for walk in WALKS]
    return packed(sets, with_targets=False)


def test_states_come_in_the_order_of_the_histories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "EVALUATION_POSITIONS", 20)
    teacher = small_teacher(dropout=0.5).train()
    states = encode_histories(teacher, HISTORIES)
    assert teacher.training, "a model is left in its mode"
    teacher.eval()
    with torch.inference_mode():
        scores = teacher.item_table.score(states).numpy()
    np.testing.assert_allclose(scores, plain_scores(teacher), atol=1e-4)


@pytest.mark.parametrize("score_floats", [1, 5 * NUM_ITEMS, 1 << 22])
def test_ranks_are_those_of_a_plain_loop(monkeypatch, score_floats: int) -> None:
    monkeypatch.setattr(evaluation, "SCORE_FLOATS", score_floats)
    teacher, scores = small_teacher(), plain_scores(small_teacher())
    wanted = [int((row >= row[t - 1]).sum()) for row, t in zip(scores, TARGETS, strict=True)]
    assert history_ranks(teacher, HISTORIES, TARGETS).tolist() == wanted
    states = encode_histories(teacher, HISTORIES)
    masked = ranks_of_targets(teacher, states, HISTORIES, TARGETS, consumed())
    for row, (walk, target) in enumerate(zip(WALKS, TARGETS, strict=True)):
        open_scores = scores[row].copy()
        open_scores[[item - 1 for item in set(walk[:-1])]] = -np.inf
        assert masked[row] == int((open_scores >= open_scores[target - 1]).sum())


def test_the_test_items_are_ranked_under_three_protocols() -> None:
    model = small_student(("conv3", "skip", "skip"))
    ranks = rank_test_items(model, HISTORIES, TARGETS, consumed())
    assert ranks.unmasked.tolist() == history_ranks(model, HISTORIES, TARGETS).tolist()
    assert (ranks.masked <= NUM_ITEMS).all()
    assert (ranks.sampled >= 1).all()
    assert (ranks.sampled <= 101).all()
    assert set(ranks.metrics()) == {"metrics", "metrics_masked", "metrics_sampled_100"}


def test_sampled_ranks_do_not_depend_on_who_else_is_measured() -> None:
    states, model = torch.eye(8), scoring_with(torch.eye(8))
    histories, targets = packed([[1]] * 8, with_targets=False), np.arange(1, 9)
    first = ranks_by([among_samples(targets, seed=3)], model, states, histories)[0]
    assert (first == 1).all()
    last = ranks_by([among_samples(targets, seed=3)], model, -states, histories)[0]
    assert (last == 101).all()


def test_a_choice_reaches_the_supernet() -> None:
    student = small_supernet().student
    ranks = [
        history_ranks(student, HISTORIES, TARGETS, choice=choice).tolist()
        for choice in (("conv3", "skip", "skip"), ("skip", "skip", "dilconv5"))
    ]
    assert ranks[0] != ranks[1]


def test_a_score_that_is_not_finite_fails_the_run() -> None:
    states = torch.ones(2, 3)
    states[1, 0] = torch.inf
    model = scoring_with(torch.ones(4, 3))
    with pytest.raises(RunError, match="1 of 2 requests"):
        ranks_of_targets(model, states, packed([[1], [2]], with_targets=False), np.array([1, 2]))


def test_multiply_adds_and_parameters_by_hand() -> None:
    """One convolution of three taps over the 3 items that the student sees, and the scoring."""
    student = small_student(("conv3", "skip", "zero"))
    size = model_size(student, length=8)
    convolution = 3 * WIDTH * WIDTH
    norms = 2 + WIDTH + 2 * WIDTH  # node logits, the cell's norm, the output norm
    assert size["params_without_embeddings"] == convolution + norms
    assert size["params"] == size["params_without_embeddings"] + (NUM_ITEMS + 1) * WIDTH
    assert size["macs"] == 3 * convolution + WIDTH * NUM_ITEMS


@pytest.mark.parametrize("length", [8, 16])
def test_multiply_adds_of_attention_are_counted(length: int) -> None:
    """Every linear layer at each position, queries by keys, weights by values, and the scoring."""
    model = build_hand_made("sasrec", num_items=NUM_ITEMS, length=length, width=WIDTH, dropout=0.0)
    linear = sum(m.weight.numel() for m in model.modules() if isinstance(m, nn.Linear))
    attention = 2 * length * length * WIDTH
    assert model_size(model, length=length)["macs"] == (
        length * linear + attention + WIDTH * NUM_ITEMS
    )
    assert counted_body("flops", model, length=length) == pytest.approx(
        (length * linear + attention) / 1e6
    )
