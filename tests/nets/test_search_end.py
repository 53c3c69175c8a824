"""A search ends when its strongest ops have stopped getting better, never in its warm-up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adarec.nets.checkpoint import Checkpoint
from adarec.nets.epochs import run_epochs
from adarec.nets.search import Search
from tests.nets.schedules import small_search
from tests.nets.small_models import Notes

SCRIPT = (0.9, 0.5, 0.6, 0.4, 0.6, 0.7, 0.8)  # validation NDCG@10, epoch by epoch


def scripted(**changed: float) -> Search:
    """A search of seven epochs, the first of which is the warm-up, validated by a script."""
    search = small_search(epochs=7, **changed)
    values: Iterator[float] = iter(SCRIPT)
    validation = type(search.validation)(*vars(search.validation).values())
    object.__setattr__(
        validation, "metrics", lambda *_, **__: {"ndcg@10": next(values), "hr@10": 0.0}
    )
    search.validation = validation
    return search


@pytest.mark.parametrize(("patience", "last"), [(1, 4), (2, 5), (3, 7), (6, 7)])
def test_it_ends_after_so_many_epochs_without_a_better_one(
    patience: int, last: int, tmp_path: Path
) -> None:
    """The warm-up's .9, of ops that were drawn at random, is no value to beat."""
    notes = Notes()
    run_epochs(scripted(patience=patience), Checkpoint(tmp_path), notes)
    assert max(notes.epochs) == last


def test_without_patience_every_epoch_is_run(tmp_path: Path) -> None:
    notes = Notes()
    run_epochs(scripted(), Checkpoint(tmp_path), notes)
    assert max(notes.epochs) == len(SCRIPT)


def test_the_best_epoch_outlives_an_interruption() -> None:
    search, again = scripted(patience=2), scripted(patience=2)
    for epoch in (1, 2, 3):
        search.begin_epoch(epoch)
        search.end_epoch(epoch, {})
    again.load_progress(search.progress())
    assert (again.best_ndcg, again.best_epoch) == (0.6, 3)
    before = {name: value for name, value in search.progress().items() if name != "best"}
    fresh = scripted(patience=2)
    fresh.load_progress(before)
    assert (fresh.best_ndcg, fresh.best_epoch) == (-1.0, 1)
