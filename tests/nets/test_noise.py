"""On items drawn at random nothing can be predicted, so whoever predicts at some position leaks.

This is the test that finds a position that reads its own label (the reference code's convolutions
and pools do: cross-entropy 0.02 where log I is 5.3).
"""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adarec.nets.batches import pack_batch, training_order
from adarec.nets.encoding import SequenceModel
from adarec.nets.losses.distillation import Projections
from adarec.nets.losses.hidden import MAPPINGS
from adarec.nets.ops import OPS, ConvOp
from adarec.nets.training import adamw, distilled_loss, freeze, next_item_loss
from tests.nets.small_models import (
    CARRYING,
    EVERY_LOSS,
    TEACHER_FORMS,
    WIDTH,
    packed,
    small_student,
    small_teacher,
)

NUM_ITEMS, LENGTH, STEPS = 20, 8, 80
BOUND = math.log(NUM_ITEMS) - 0.1


def noise(count: int, *, seed: int) -> list[list[int]]:
    """Histories of independent items, one longer than the inputs."""
    rng = np.random.default_rng(seed)
    return rng.integers(1, NUM_ITEMS + 1, size=(count, LENGTH + 1)).tolist()


def train(model: SequenceModel, loss_of, extra: nn.Module | None = None) -> None:
    """A few epochs over a little noise."""
    torch.manual_seed(0)
    parts = nn.ModuleList([model] if extra is None else [model, extra])
    optimizer = adamw(parts, learning_rate=2e-2, weight_decay=0.0)
    sequences, rng = packed(noise(256, seed=1)), np.random.default_rng(0)
    steps = 0
    while steps < STEPS:
        for rows in training_order(sequences, positions=512, rng=rng):
            model.train()
            optimizer.zero_grad()
            loss_of(pack_batch(sequences, rows))[0].backward()
            optimizer.step()
            steps += 1


def held_out_cross_entropy(model: SequenceModel) -> Tensor:
    """[L] cross-entropy at each position, on noise that was not trained on."""
    sequences = packed(noise(1000, seed=2))
    batch = pack_batch(sequences, np.arange(1000))
    with torch.inference_mode():
        encoded = model.eval()(batch.items, batch.mask)
        scores = model.item_table.score(encoded.output)
        losses = F.cross_entropy(scores, batch.targets - 1, reduction="none")
    return losses.view(1000, LENGTH).mean(0)


def distil_on_noise(model: SequenceModel) -> None:
    teacher = freeze(small_teacher(num_items=NUM_ITEMS, length=LENGTH))
    projections = Projections(WIDTH, WIDTH)
    loss_of = distilled_loss(
        model,
        teacher,
        projections=projections,
        mapping=MAPPINGS["uniform"](1, 2),
        weights=EVERY_LOSS,
    )
    train(model, loss_of, projections)


@pytest.mark.parametrize("name", TEACHER_FORMS)
def test_a_teacher_predicts_no_noise(name: str) -> None:
    teacher = small_teacher(name, num_items=NUM_ITEMS, length=LENGTH)
    train(teacher, next_item_loss(teacher))
    found = held_out_cross_entropy(teacher)
    assert (found >= BOUND).all(), found


@pytest.mark.parametrize("op", CARRYING)
def test_a_derived_student_predicts_no_noise(op: str) -> None:
    student = small_student([op, op, op], num_items=NUM_ITEMS)
    distil_on_noise(student)
    found = held_out_cross_entropy(student)
    assert (found >= BOUND).all(), found


class LeakingConv(ConvOp):
    """A convolution padded on both sides, as in the reference code: it reads position t + 1."""

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        return super().forward(F.pad(x, (0, 0, 0, 1)), mask)[:, 1:]


@pytest.mark.parametrize("where", ["student", "teacher"])
def test_this_test_finds_a_leak(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if where == "student":
        monkeypatch.setitem(OPS.builders, "conv3", lambda width: LeakingConv(width, 3, 1))
        model: SequenceModel = small_student(["conv3"] * 3, num_items=NUM_ITEMS)
        distil_on_noise(model)
    else:
        model = small_teacher("sasrec", num_items=NUM_ITEMS, length=LENGTH)
        attention = F.scaled_dot_product_attention
        monkeypatch.setattr(
            F,
            "scaled_dot_product_attention",
            lambda *states, dropout_p, is_causal=False, attn_mask=None: attention(
                *states, dropout_p=dropout_p
            ),
        )
        train(model, next_item_loss(model))
    found = held_out_cross_entropy(model)
    assert (found[:-1] < BOUND).all(), found
    assert found[-1] > BOUND - 0.1, "the newest position has no future to read"
