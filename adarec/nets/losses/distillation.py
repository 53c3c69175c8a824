"""AdaRec's distillation from one batch: embeddings, hidden layers, and the scores shared with the
task.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adarec.nets.batches import Batch
from adarec.nets.encoding import Encoded, SequenceModel, score_chunks
from adarec.nets.losses.hidden import HIDDEN_DISTANCES, HiddenBatch, Phase
from adarec.nets.losses.hidden import Mapping as LayerMapping
from adarec.nets.losses.logit_sample import LogitSample
from adarec.nets.losses.scores import score_losses, with_target


@dataclass(frozen=True)
class LossWeights:
    """Factors of the parts of the loss, the distance of hidden layers, the items whose logits are
    distilled, and whether a blended teacher's counts leave out the pair that is learned; see
    `adarec.config.LossSettings`.
    """

    task: float
    embedding: float
    hidden: float
    logit: float
    distill_temperature: float
    hidden_distance: str = "mse"
    logits: str = "full"
    top_items: int = 1
    sampled_items: int = 0
    leave_one_out: bool = False

    @classmethod
    def from_settings(cls, losses: Mapping[str, Any]) -> "LossWeights":
        """From the plain data of `LossSettings`; the name of the layer mapping is left out.

        A run that was planned before there was a choice of distances has none: it goes on with
        the default. So does one that draws no items.
        """
        return cls(**{name: losses[name] for name in cls.__dataclass_fields__ if name in losses})

    def drawn_items(self, num_items: int) -> LogitSample | None:
        """The items of one batch whose logits are distilled; None = all."""
        if self.logits == "full":
            return None
        return LogitSample.drawn(
            num_items, top_items=self.top_items, sampled_items=self.sampled_items
        )


class Projections(nn.Module):
    """Linear maps from the student's width to the teacher's, used in training only."""

    def __init__(self, student_width: int, teacher_width: int) -> None:
        super().__init__()
        self.embedding = nn.Linear(student_width, teacher_width)
        self.hidden = nn.Linear(student_width, teacher_width)  # one for all layers


def distillation_losses(
    student: Encoded,
    teacher: Encoded,
    batch: Batch,
    *,
    student_table: Tensor,
    teacher_model: SequenceModel,
    projections: Projections,
    mapping: LayerMapping,
    weights: LossWeights,
    phase: Phase = "weights",
) -> tuple[Tensor, dict[str, float]]:
    """The whole loss but for the cost term, and its parts by record name.

    Positions without a target (0) are in none of the parts.

    Args:
        student: Packed outputs with gradient.
        teacher: Packed outputs of the frozen teacher on the same batch.
        batch: What both have encoded.
        student_table: [V, D_s] candidates of the student.
        teacher_model: The frozen teacher, which scores its states; some mappings let it go on
            from a hidden layer.
        projections: Student width -> teacher width.
        mapping: The layer mapping, which also keeps the epoch's mean flow.
        weights: Factor of each part, and the distance of hidden layers.
        phase: What the step moves.
    """
    scored = score_losses(
        student.output,
        student_table,
        batch.targets,
        teacher_scores=score_chunks(
            teacher_model,
            teacher,
            batch.items,
            batch.mask,
            left_out=batch.counted_targets if weights.leave_one_out else None,
        ),
        task_weight=weights.task,
        logit_weight=weights.logit,
        distill_temperature=weights.distill_temperature,
        logit_sample=weights.drawn_items(len(student_table)),
    )
    loss = scored.total
    embedded, taught = student.embedded, teacher.embedded
    chosen = with_target(batch.targets)
    if chosen is not None:
        embedded, taught = embedded[chosen], taught[chosen]
    embedding = embedding_loss(projections.embedding(embedded), taught)
    loss = loss + weights.embedding * embedding
    hidden = mapping.hidden_loss(
        HiddenBatch(
            student_layers=torch.stack(student.layers),
            projection=projections.hidden,
            teacher_layers=torch.stack(teacher.layers),
            teacher_output=teacher.output,
            items=batch.items,
            mask=batch.mask,
            targets=batch.targets,
            distance=HIDDEN_DISTANCES[weights.hidden_distance],
            teacher=teacher_model,
            phase=phase,
        )
    )
    loss = loss + weights.hidden * hidden
    parts = {
        "task_loss": scored.task,
        "logit_loss": scored.logit,
        "embedding_loss": embedding.item(),
        "hidden_loss": hidden.item(),
    }
    return loss, parts


def embedding_loss(projected: Tensor, teacher_embedded: Tensor) -> Tensor:
    """Mean squared error of layer-normed embeddings [P, D]; zero when the projection matches up to
    scale.
    """
    width = (projected.shape[-1],)
    return F.mse_loss(F.layer_norm(projected, width), F.layer_norm(teacher_embedded, width))
