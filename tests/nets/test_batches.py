"""Batches: every sequence once, left padding, aligned targets, and about the size asked for."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from adarec.nets.batches import (
    Sequences,
    pack_batch,
    positions_a_step,
    request_batches,
    training_order,
)
from tests.nets.schedules import small_search, small_training
from tests.nets.small_models import packed

lengths_lists = st.lists(st.integers(1, 30), min_size=1, max_size=60)


def sequences_of(lengths: list[int]) -> Sequences:
    offsets = np.cumsum([0, *lengths])
    items = np.arange(1, offsets[-1] + 1, dtype=np.int32)
    return Sequences(items, offsets, targets=items + 1000)


def test_a_batch_is_left_padded_and_as_wide_as_its_longest() -> None:
    batch = pack_batch(packed([[1, 2, 3, 4], [5, 6], [7, 8, 9]]), np.array([1, 0]))
    assert batch.items.tolist() == [[0, 0, 5], [1, 2, 3]]
    assert batch.mask is not None
    assert batch.mask.tolist() == [[False, False, True], [True, True, True]]
    assert batch.targets.tolist() == [6, 2, 3, 4]
    assert batch.num_positions == 4
    assert batch.items.dtype == batch.targets.dtype == torch.int64


def test_rows_of_one_length_need_no_mask() -> None:
    batch = pack_batch(packed([[1, 2, 3], [4, 5, 6]]), np.array([0, 1]))
    assert batch.mask is None
    assert batch.num_positions == 4
    assert batch.targets.tolist() == [2, 3, 5, 6]


def test_requests_have_no_targets() -> None:
    batch = pack_batch(packed([[1, 2, 3]], with_targets=False), np.array([0]))
    assert batch.items.tolist() == [[1, 2, 3]]
    assert len(batch.targets) == 0


@given(lengths_lists, st.integers(1, 100), st.integers(0, 1000))
def test_an_epoch_has_every_sequence_once(lengths: list[int], positions: int, seed: int) -> None:
    sequences = sequences_of(lengths)
    order = training_order(sequences, positions=positions, rng=np.random.default_rng(seed))
    assert sorted(np.concatenate(order).tolist()) == list(range(len(lengths)))
    for rows in order:
        # About `positions`: the last row may go over.
        assert sequences.lengths[rows].sum() < positions + max(lengths)


@given(lengths_lists, st.integers(1, 100))
def test_requests_have_every_sequence_once(lengths: list[int], positions: int) -> None:
    sequences = sequences_of(lengths)
    found = {}
    for batch in request_batches(sequences, positions=positions):
        for row, items in zip(batch.rows, batch.items, strict=True):
            found[int(row)] = items[items != 0].tolist()
    assert sorted(found) == list(range(len(lengths)))
    for row, items in found.items():
        start, end = sequences.offsets[row], sequences.offsets[row + 1]
        assert items == sequences.items[start:end].tolist()


def test_batches_pad_little_and_change_from_epoch_to_epoch() -> None:
    rng = np.random.default_rng(0)
    sequences = sequences_of(rng.integers(1, 30, 2000).tolist())
    first, second, again = (
        training_order(sequences, positions=256, rng=np.random.default_rng(seed))
        for seed in (1, 2, 1)
    )
    batches = [pack_batch(sequences, rows) for rows in first]
    real = sum(batch.num_positions for batch in batches)
    assert real / sum(batch.items.numel() for batch in batches) > 0.95
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))
    # Lengths are mixed over the epoch: it does not go from short to long.
    lengths = np.array([batch.items.shape[1] for batch in batches])
    assert abs(np.corrcoef(lengths, np.arange(len(lengths)))[0, 1]) < 0.3


@pytest.mark.filterwarnings("error")
def test_nothing_to_learn_from_gives_no_batches() -> None:
    """The architecture slice of a tiny scene may hold users with one training item only."""
    empty = Sequences(np.empty(0, np.int32), np.zeros(1, np.int64), np.empty(0, np.int32))
    assert training_order(empty, positions=64, rng=np.random.default_rng(0)) == []


@pytest.mark.parametrize(
    ("size", "most", "expected"),
    [(1_000, 1536, 256), (64_000, 1536, 1000), (10**6, 1536, 1536), (1_000, 64, 64)],
)
def test_a_small_scene_gets_enough_steps_an_epoch(size: int, most: int, expected: int) -> None:
    assert positions_a_step(sequences_of([size]), most=most) == expected


@pytest.mark.parametrize("epoch", [1, 2])
def test_training_uses_every_window_once_an_epoch(epoch: int) -> None:
    training = small_training()
    rows = np.concatenate(training.begin_epoch(epoch))
    assert sorted(rows.tolist()) == list(range(len(training.sequences)))


@pytest.mark.parametrize(("epoch_positions", "passes"), [(1, 1), (1_000, 4), (10**9, 8)])
def test_a_search_uses_every_window_once_a_pass_and_spreads_the_alpha_steps(
    epoch_positions: int, passes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adarec.nets.batches.SEARCH_POSITIONS", epoch_positions)
    search = small_search()
    steps = search.begin_epoch(1)
    for kind, sequences in (
        ("weight", search.weight_sequences),
        ("alpha", search.alpha_sequences),
    ):
        rows = np.concatenate([rows for name, rows in steps if name == kind])
        assert sorted(rows.tolist()) == sorted(list(range(len(sequences))) * passes)
    kinds = [kind for kind, _ in steps]
    half = len(kinds) // 2
    assert kinds[0] == "weight"
    assert abs(kinds[:half].count("alpha") - kinds[half:].count("alpha")) <= 1
