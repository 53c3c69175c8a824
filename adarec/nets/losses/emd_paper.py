"""The Earth Mover's mapping with the layer weights of the AdaRec paper, kept for comparison.

The weights oscillate even where the distances stand still. The cheapest layer gets nearly all
weight, has to supply the distant layers too, is dear by that, and loses the weight again.
"""

import numpy as np

from adarec.nets.losses.hidden import MAPPINGS, EmdMapping

RATIO_TEMPERATURE = 10.0  # the authors' emd_temperature
LARGEST_WEIGHT_RATIO = 1e6  # the authors divide by a weight that may be 0


class EmdPaperMapping(EmdMapping):
    """Optimal transport between layers, layer weights replaced at every step.

    An epoch's record holds the mean of the weights used, the marginals of its mean flow.
    """

    def end_batch(self, transported: np.ndarray) -> None:
        """w <- softmax(r / 10), r_i = (sum u) / u_i, u_i = transported cost of layer i / w_i."""
        unit_costs = transported.sum(1) / self.student_weights  # [S]
        self.student_weights = published_weights(unit_costs)
        unit_costs = transported.sum(0) / self.teacher_weights  # [T]
        self.teacher_weights = published_weights(unit_costs)

    def end_epoch(self) -> dict[str, np.ndarray]:
        """As the base, with the mean of the layer weights over the epoch's batches."""
        has_batches = self.num_batches > 0
        record = super().end_epoch()
        if has_batches:
            record["student_layer_weights"] = record["mapping"].sum(1)
            record["teacher_layer_weights"] = record["mapping"].sum(0)
        return record

    def update_weights(self, transported: np.ndarray) -> None:
        """Nothing is left to do after an epoch."""


def published_weights(unit_costs: np.ndarray) -> np.ndarray:
    """softmax over layers of (sum of unit costs / unit cost) / 10; a layer without cost has ratio
    0.

    Weights differ by a factor of 10^6 at most, so that none becomes 0.
    """
    costly = unit_costs > 0
    ratios = np.zeros_like(unit_costs)
    ratios[costly] = unit_costs[costly].sum() / np.maximum(unit_costs[costly], 1e-12)
    logits = ratios / RATIO_TEMPERATURE
    logits = np.maximum(logits - logits.max(), -np.log(LARGEST_WEIGHT_RATIO))
    weights: np.ndarray = np.exp(logits)
    return weights / weights.sum()


MAPPINGS.register("emd-paper")(EmdPaperMapping)
