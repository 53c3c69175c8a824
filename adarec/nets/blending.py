"""Blending: a neural model's probabilities mixed with those of two count baselines.

Counting and nets know different things (on amazon-beauty last-item transitions beat SASRec, and
the two together beat both), and a blended teacher hands both to its student.
"""

import numpy as np
import torch
from torch import Tensor

from adarec.data.transitions import Transitions
from adarec.nets.batches import pack_batch
from adarec.nets.counts import BlendWeights, CountBlend
from adarec.nets.encoding import SequenceModel
from adarec.nets.evaluation import SCORE_FLOATS, encode_histories
from adarec.nets.training import Validation
from adarec.ranking import ndcg_per_user, ranks_from_scores

GRID = tuple(step / 10 for step in range(10))  # shares of a count baseline that are tried


def choose_weights(
    model: SequenceModel, transitions: Transitions, validation: Validation
) -> tuple[BlendWeights, list[dict[str, float]]]:
    """The weights of best validation NDCG@10, and all that were tried.

    First the share of the transitions, then, with it fixed, the share of the own frequency; of
    equal ones the smallest.
    """
    states = encode_histories(model, validation.histories)
    tried: list[dict[str, float]] = []
    best = {"transitions": 0.0, "own_frequency": 0.0}
    for name in best:
        options = [best | {name: share} for share in GRID]
        found = _validated(model, transitions, validation, states, options)
        tried += [
            option | {"validation_ndcg@10": ndcg}
            for option, ndcg in zip(options, found, strict=True)
        ]
        best = options[int(np.argmax(found))]
    return BlendWeights.of(**best), tried


def _validated(
    model: SequenceModel,
    transitions: Transitions,
    validation: Validation,
    states: Tensor,
    options: list[dict[str, float]],
) -> list[float]:
    """Validation NDCG@10 of each option."""
    blends = [CountBlend(transitions, BlendWeights.of(**option)) for option in options]
    candidates = model.item_table.candidates.detach()
    ranks = np.empty((len(options), len(states)), dtype=np.int64)
    rows = max(1, SCORE_FLOATS // len(candidates))
    with torch.inference_mode():
        for start in range(0, len(states), rows):
            chunk = np.arange(start, min(start + rows, len(states)))
            scores = states[chunk] @ candidates.T
            histories = pack_batch(validation.histories, chunk).items
            for index, blend in enumerate(blends):
                mixed = blend(scores, histories).numpy()
                ranks[index, chunk] = ranks_from_scores(mixed, validation.targets[chunk] - 1)
    return [float(ndcg_per_user(found, 10).mean()) for found in ranks]
