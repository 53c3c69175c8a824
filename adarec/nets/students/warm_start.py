"""A student's item table from its teacher's: the teacher's best view in the student's width."""

import torch
from torch import nn

from adarec.nets.encoding import SequenceModel


def inherit_item_table(
    student: SequenceModel, teacher: SequenceModel, projections: list[nn.Linear]
) -> None:
    """Sets the student's item table to the teacher's, projected on its leading singular vectors.

    Without it a search spends its few epochs on learning items instead of comparing cells. The
    projections back to the teacher's width start as the transposed map, so that the embedding
    loss starts near its least value.

    Args:
        student: Its table [V, D_s] is overwritten.
        teacher: Its rows [V, D_t] are read, of a Gaussian teacher means and deviations alike.
        projections: Linear maps D_s -> D_t, overwritten.
    """
    table = teacher.item_table.rows.detach()
    width = student.item_table.embedding.embedding_dim
    # Of the [D_t, D_t] second moments, because the catalogue may have a million rows.
    _, vectors = torch.linalg.eigh(table.T.double() @ table.double())
    leading = vectors.flip(1)[:, :width].float()  # [D_t, min(D_s, D_t)]
    kept = leading.shape[1]
    # Both models scale inputs by the square root of their width.
    scale = teacher.item_table.scale / student.item_table.scale
    with torch.no_grad():
        student.item_table.rows[:, :kept] = scale * (table @ leading)
        for projection in projections:
            projection.weight.zero_()
            projection.weight[:, :kept] = leading
            projection.bias.zero_()
