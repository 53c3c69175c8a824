"""What a mapping sees of a small student and a small teacher on one batch."""

import torch
from torch import Tensor, nn

from adarec.nets.encoding import SequenceModel
from adarec.nets.losses.hidden import HIDDEN_DISTANCES, HiddenBatch, Phase
from tests.nets.small_models import left_padded

HISTORIES = [[1, 2, 3, 4, 5, 6], [7, 8, 9], [3]]  # the last one has no deviation
POSITIONS = 10


def hidden_batch(
    teacher: SequenceModel,
    student_layers: Tensor,
    *,
    projection: nn.Module | None = None,
    distance: str = "mse",
    pads: int = 0,
    phase: Phase = "weights",
) -> HiddenBatch:
    """The teacher's layers on `HISTORIES` beside student layers [S, 10, D_s], which are of the
    teacher's width unless a projection is given."""
    items, mask = left_padded(HISTORIES, pads=pads)
    with torch.no_grad():
        taught = teacher(items, mask)
    return HiddenBatch(
        student_layers=student_layers,
        projection=nn.Identity() if projection is None else projection,
        teacher_layers=torch.stack(taught.layers),
        teacher_output=taught.output,
        items=items,
        mask=mask,
        targets=torch.ones(POSITIONS, dtype=torch.int64),
        distance=HIDDEN_DISTANCES[distance],
        teacher=teacher,
        phase=phase,
    )
