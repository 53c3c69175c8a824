"""Pseudo-labels against values computed by hand."""

import pytest
import torch

from adarec.nets.losses import pseudo_labels as module
from adarec.nets.losses.pseudo_labels import (
    NO_LABEL,
    consumed_cells,
    most_confident,
    pseudo_labels,
)
from tests.nets.small_models import left_padded

# [P, V] probabilities of four positions over four items.
PROBABILITIES = torch.tensor(
    [[0.1, 0.2, 0.6, 0.1], [0.4, 0.3, 0.2, 0.1], [0.05, 0.05, 0.1, 0.8], [0.25, 0.35, 0.3, 0.1]]
)
EVERY = torch.ones(4, dtype=torch.bool)


def labels_of(**call):  # type: ignore[no-untyped-def]
    # Scores may be shifted per position: only their softmax counts.
    scores = PROBABILITIES.log() + torch.tensor([[3.0], [0.0], [-5.0], [1.0]])
    return pseudo_labels(lambda chunk: scores[chunk], positions=4, **{"allowed": EVERY} | call)


def test_a_label_is_the_teachers_best_item_and_its_probability() -> None:
    found = labels_of()
    assert found.items.tolist() == [3, 1, 4, 2]
    torch.testing.assert_close(found.confidence, torch.tensor([0.6, 0.4, 0.8, 0.35]))


def test_an_item_that_the_source_never_showed_is_no_label() -> None:
    found = labels_of(allowed=torch.tensor([True, True, True, False]))
    assert found.items.tolist() == [3, 1, 3, 2]
    # Not renormalised: a teacher that means the forbidden item is not sure of another one.
    torch.testing.assert_close(found.confidence, torch.tensor([0.6, 0.4, 0.1, 0.35]))


def test_consumed_items_are_no_labels_where_they_were_consumed() -> None:
    consumed = (torch.tensor([0, 1, 1, 3, 3, 3, 3]), torch.tensor([2, 0, 1, 0, 1, 2, 3]))
    found = labels_of(consumed=consumed)
    assert found.items.tolist()[:3] == [2, 3, 4]
    torch.testing.assert_close(found.confidence, torch.tensor([0.2, 0.2, 0.8, NO_LABEL]))


def test_chunks_give_what_one_piece_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    scores = torch.randn(23, 9)
    positions = torch.arange(23).repeat_interleave(2)
    consumed = (positions, torch.randint(9, (46,)))
    allowed = torch.arange(9) != 4
    whole = pseudo_labels(
        lambda chunk: scores[chunk], positions=23, allowed=allowed, consumed=consumed
    )
    monkeypatch.setattr(module, "MIN_ROWS", 5)
    monkeypatch.setattr(module, "CHUNK_FLOATS", 1)
    cut = pseudo_labels(
        lambda chunk: scores[chunk], positions=23, allowed=allowed, consumed=consumed
    )
    assert torch.equal(whole.items, cut.items)
    assert torch.equal(whole.confidence, cut.confidence)
    for position in range(23):
        free = set(range(9)) - {4} - set(consumed[1][consumed[0] == position].tolist())
        assert whole.items[position] - 1 == max(free, key=lambda item: scores[position, item])


@pytest.mark.parametrize(
    ("quantile", "kept"),
    [
        (0.0, [0, 1, 2, 3, 4]),
        (0.2, [0, 1, 2, 4]),
        (0.5, [0, 2, 4]),  # floor of 2.5: two are dropped
        (0.6, [0, 2]),  # of the two at .4 the earlier stays
        (0.99, [2]),
    ],
)
def test_the_least_confident_share_of_a_batch_is_dropped(quantile: float, kept: list[int]) -> None:
    confidence = torch.tensor([0.4, 0.3, 0.9, 0.1, 0.4])
    assert most_confident(confidence, quantile=quantile).tolist() == kept


def test_a_position_without_a_label_is_never_kept() -> None:
    confidence = torch.tensor([NO_LABEL, 0.2, NO_LABEL, 0.0])
    assert most_confident(confidence, quantile=0.0).tolist() == [1, 3]
    assert most_confident(confidence[[0, 2]], quantile=0.5).tolist() == []


def test_consumed_are_the_items_up_to_a_position_of_its_own_history() -> None:
    for pads in (0, 2):
        positions, columns = consumed_cells(*left_padded([[5, 6, 5], [2], [7, 3]], pads=pads))
        assert positions.tolist() == [0, 1, 1, 2, 2, 2, 3, 4, 5, 5]
        assert columns.tolist() == [4, 4, 5, 4, 5, 4, 1, 6, 6, 2]
    items, _ = left_padded([[5, 6], [2, 3]])
    assert consumed_cells(items, None)[1].tolist() == [4, 4, 5, 1, 1, 2]
