"""Next-item cross-entropy on a part of the catalogue, for catalogues whose whole softmax takes too
long (Jean et al., ACL 2015; the correction of Bengio and Senécal, 2008).
"""

import math

import torch
from torch import Tensor

from adarec.nets.losses.scores import ScoreLosses, score_losses, with_target


def next_item_cross_entropy(
    hidden: Tensor, candidates: Tensor, targets: Tensor, *, sampled_items: int
) -> ScoreLosses:
    """The mean cross-entropy of the targets, over the whole catalogue where `sampled_items` is 0.

    Args:
        hidden: [P, D] states.
        candidates: [V, D] item table without PAD.
        targets: [P] item indices, 1..V; 0 at positions that no loss counts.
        sampled_items: Items that are drawn beside the targets, anew at each call.
    """
    if sampled_items == 0:
        return score_losses(hidden, candidates, targets)
    drawn = draw_others(targets, num_items=len(candidates), count=sampled_items)
    return sampled_cross_entropy(hidden, candidates, targets, drawn)


def draw_others(targets: Tensor, *, num_items: int, count: int) -> Tensor:
    """[N] `count` columns of items that are no target [P], drawn uniformly without replacement;
    all of them where there are no more.
    """
    is_other = torch.ones(num_items, dtype=torch.bool)
    is_other[targets[targets > 0] - 1] = False
    others = is_other.nonzero().squeeze(1)
    return others[torch.randperm(len(others))[:count]]


def sampled_cross_entropy(
    hidden: Tensor, candidates: Tensor, targets: Tensor, drawn: Tensor
) -> ScoreLosses:
    """The mean cross-entropy of the targets over all items that are a target of the batch, and the
    drawn ones, which stand for all others.

    Every position is compared with all targets, which are about as popular as items are, so that
    no other distribution to draw from is needed. Of the R others N are drawn, each with
    probability N / R, so each counts R / N times: log(R / N) is added to its scores. Then the sum
    that normalises a position is right on average over the draws. Its logarithm, the loss, is
    a little too small on average, the less the more are drawn; with N = R it is the whole loss.

    Args:
        hidden: [P, D] states.
        candidates: [V, D] item table without PAD.
        targets: [P] item indices, 1..V; 0 at positions that no loss counts.
        drawn: [N] distinct columns of the table, none of them a target's.
    """
    chosen = with_target(targets)
    if chosen is not None:
        hidden, targets = hidden[chosen], targets[chosen]
    wanted, places = torch.unique(targets - 1, return_inverse=True)
    log_weights = hidden.new_zeros(len(wanted) + len(drawn), 1)
    if len(drawn):
        log_weights[len(wanted) :] = math.log((len(candidates) - len(wanted)) / len(drawn))
    # The weights are a dimension of their own in which all states are 1.
    table = candidates.index_select(0, torch.cat([wanted, drawn]))
    states = torch.cat([hidden, hidden.new_ones(len(hidden), 1)], dim=1)
    return score_losses(states, torch.cat([table, log_weights], dim=1), places + 1)
