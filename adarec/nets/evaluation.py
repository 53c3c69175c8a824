"""Ranks of the held-out item among the whole catalogue, in chunks of users."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from adarec.errors import RunError
from adarec.nets.batches import Batch, Sequences, pack_batch, request_batches
from adarec.nets.encoding import Encoded, SequenceModel
from adarec.ranking import ranks_from_scores, sampled_ranks

EVALUATION_POSITIONS = 8192  # real positions a batch
SCORE_FLOATS = 1 << 22  # scores held at a time
Ranking = Callable[[np.ndarray, slice], np.ndarray]  # scores [C, V] of rows `slice` -> ranks [C]


def newest_states(encoded: Encoded, batch: Batch) -> Tensor:
    """[B, D] the output state at each row's newest item."""
    lengths = batch.items.new_full((len(batch.items),), batch.items.shape[1])
    if batch.mask is not None:
        lengths = batch.mask.sum(1)
    return encoded.output[lengths.cumsum(0) - 1]


def encode_histories(model: SequenceModel, histories: Sequences, **call: Any) -> Tensor:
    """[N, D] the state after each history, dropout off; `call` goes to the model (a supernet's
    `choice`).
    """
    was_training = model.training
    model.eval()
    states: Tensor | None = None
    with torch.inference_mode():
        for batch in request_batches(histories, positions=EVALUATION_POSITIONS):
            newest = newest_states(model(batch.items, batch.mask, **call), batch)
            if states is None:
                states = newest.new_empty(len(histories), newest.shape[1])
            states[torch.from_numpy(batch.rows)] = newest
    model.train(was_training)
    if states is None:
        raise ValueError("encode_histories needs at least one history")
    return states


def ranks_of_targets(
    model: SequenceModel,
    states: Tensor,
    histories: Sequences,
    targets: np.ndarray,
    consumed: Sequences | None = None,
) -> np.ndarray:
    """Rank of each target among all items, [N] int64, by the convention of `adarec.ranking`; see
    `ranks_by` and `among_all`.
    """
    return ranks_by([among_all(targets, consumed)], model, states, histories)[0]


def among_all(targets: np.ndarray, consumed: Sequences | None = None) -> Ranking:
    """Ranks targets among all items.

    Args:
        targets: [N] item indices 1..V.
        consumed: Per row, item indices that count as minus infinity (a target among them ranks
            last); None = unmasked.
    """

    def rank(scores: np.ndarray, chunk: slice) -> np.ndarray:
        masked = None if consumed is None else _cells(consumed, chunk.start, chunk.stop)
        return ranks_from_scores(scores, targets[chunk] - 1, masked=masked)

    return rank


def among_samples(targets: np.ndarray, *, seed: int) -> Ranking:
    """Ranks targets [N] among themselves and 100 random items each, to compare with papers."""

    def rank(scores: np.ndarray, chunk: slice) -> np.ndarray:
        return sampled_ranks(scores, targets[chunk] - 1, seed=seed + chunk.start)

    return rank


def ranks_by(
    rankings: Sequence[Ranking], model: SequenceModel, states: Tensor, histories: Sequences
) -> list[np.ndarray]:
    """Ranks [N] int64 by each ranking; the catalogue is scored once for all.

    Args:
        rankings: Such as `among_all`.
        model: Scores the states.
        states: [N, D], what `encode_histories` gave.
        histories: The N histories behind them.

    Raises:
        RunError: A score is not finite.
    """
    ranks = [np.empty(len(states), dtype=np.int64) for _ in rankings]
    with torch.inference_mode():
        candidates = model.item_table.candidates
        rows = max(1, SCORE_FLOATS // len(candidates))
        for start in range(0, len(states), rows):
            chunk = slice(start, min(start + rows, len(states)))
            shown = None
            if model.blend is not None:
                shown = pack_batch(histories, np.arange(chunk.start, chunk.stop)).items
            scores = model.score(states[chunk], shown, candidates).numpy()  # [C, V]
            try:
                for found, rank in zip(ranks, rankings, strict=True):
                    found[chunk] = rank(scores, chunk)
            except ValueError as error:
                raise RunError(str(error)) from error
    return ranks


def _cells(consumed: Sequences, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """(row, column) of the consumed items of rows first..last - 1 in their chunk of scores."""
    rows = np.repeat(np.arange(last - first), consumed.lengths[first:last])
    items = consumed.items[consumed.offsets[first] : consumed.offsets[last]].astype(np.int64)
    return rows, items - 1


def history_ranks(
    model: SequenceModel, histories: Sequences, targets: np.ndarray, **call: Any
) -> np.ndarray:
    """Unmasked ranks [N] of the targets after the histories; see `ranks_of_targets`."""
    states = encode_histories(model, histories, **call)
    return ranks_of_targets(model, states, histories, targets)
