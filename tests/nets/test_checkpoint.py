"""Stopped, killed and resumed training gives what undisturbed training gives, bit for bit."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from adarec.errors import StopRequested
from adarec.nets.checkpoint import Checkpoint
from adarec.nets.epochs import EpochWork, run_epochs
from tests.nets.schedules import small_aggregation, small_in_turn, small_search, small_training
from tests.nets.small_models import Notes

MAKERS: dict[str, Callable[[], EpochWork]] = {
    "training": small_training,
    "search": small_search,
    "masked, then causal": small_in_turn,
    "aggregation": small_aggregation,
    "training (dfa)": partial(small_training, mapping="dfa"),
    "training (adain)": partial(small_training, mapping="adain"),
    "search (adain)": partial(small_search, mapping="adain"),
    "search (joint)": partial(small_search, order="joint"),
}


class Seconds:
    """A clock that goes on by one second each time it is read."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[EpochWork, Notes]]:
    """Each kind of work, run to its end, and what its watch was told."""
    found = {}
    for kind, make in MAKERS.items():
        work, notes = make(), Notes()
        run_epochs(work, Checkpoint(tmp_path_factory.mktemp(kind)), notes)
        found[kind] = work, notes
    return found


def assert_same(work: EpochWork, notes: list[Notes], other: EpochWork, expected: Notes) -> None:
    """Same tensors (weights, moments, mapping), same progress, same records."""
    found, wanted = work.tensors(), other.tensors()
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert torch.equal(found[name], value), name
    assert work.progress() == other.progress()
    metrics, arrays = {}, {}
    for note in notes:
        metrics |= note.epochs
        arrays |= note.arrays
    assert metrics == expected.epochs
    assert arrays.keys() == expected.arrays.keys()
    for epoch, recorded in expected.arrays.items():
        for name, array in recorded.items():
            np.testing.assert_array_equal(arrays[epoch][name], array, err_msg=name)


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("where", ["first batch", "in epoch 1", "end of epoch 1", "in epoch 3"])
def test_stopped_and_resumed(kind: str, where: str, undisturbed, tmp_path: Path) -> None:
    whole, expected = undisturbed[kind]
    steps = len(expected.fractions) // 3
    stop_at = {"first batch": 1, "in epoch 1": 3, "end of epoch 1": steps, "in epoch 3": 2 * steps}
    before = Notes(stop_at=stop_at[where] + (where == "in epoch 3") * 2)
    with pytest.raises(StopRequested):
        run_epochs(MAKERS[kind](), Checkpoint(tmp_path), before)
    torch.manual_seed(999)  # another process starts with another random state
    resumed, after = MAKERS[kind](), Notes()
    run_epochs(resumed, Checkpoint(tmp_path), after)
    assert len(before.fractions) + len(after.fractions) == len(expected.fractions)
    assert_same(resumed, [before, after], whole, expected)


@pytest.mark.parametrize("kind", MAKERS)
def test_killed_and_resumed_from_the_last_checkpoint(kind: str, undisturbed, tmp_path) -> None:
    """A crash loses the steps since the last checkpoint; they are done again, with the same
    result."""
    whole, expected = undisturbed[kind]
    crash = Notes(stop_at=len(expected.fractions) // 2, error=KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        run_epochs(MAKERS[kind](), Checkpoint(tmp_path, clock=Seconds()), crash)
    resumed, after = MAKERS[kind](), Notes()
    run_epochs(resumed, Checkpoint(tmp_path), after)
    assert len(crash.fractions) + len(after.fractions) > len(expected.fractions)
    assert_same(resumed, [crash, after], whole, expected)


@pytest.mark.parametrize("kind", MAKERS)
def test_stopped_after_every_batch(kind: str, undisturbed, tmp_path: Path) -> None:
    whole, expected = undisturbed[kind]
    notes: list[Notes] = []
    for _ in range(len(expected.fractions)):
        notes.append(Notes(stop_at=1))
        with pytest.raises(StopRequested):
            run_epochs(MAKERS[kind](), Checkpoint(tmp_path), notes[-1])
    last = MAKERS[kind]()
    notes.append(Notes())
    run_epochs(last, Checkpoint(tmp_path), notes[-1])
    assert notes[-1].fractions == []
    assert_same(last, notes, whole, expected)


def test_finished_work_does_nothing_again(tmp_path: Path) -> None:
    run_epochs(small_training(), Checkpoint(tmp_path), Notes())
    again, notes = small_training(), Notes()
    run_epochs(again, Checkpoint(tmp_path), notes)
    assert notes.fractions == []
    assert again.last_epoch == 3


def test_a_checkpoint_is_replaced_whole_and_can_be_removed(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path, clock=Seconds())
    assert checkpoint.read() is None
    checkpoint.write({"a": torch.arange(6).view(2, 3).T}, {"epoch": 1, "sum": 0.1})
    checkpoint.write({"a": torch.ones(2)}, {"epoch": 2, "sum": 0.1 + 0.2})
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.safetensors"]
    stored = checkpoint.read()
    assert stored is not None
    tensors, progress = stored
    assert torch.equal(tensors["a"], torch.ones(2))
    assert progress == {"epoch": 2, "sum": 0.1 + 0.2}
    checkpoint.remove()
    checkpoint.remove()
    assert checkpoint.read() is None


def test_a_checkpoint_is_due_by_the_clock_and_keeps_the_random_state(tmp_path: Path) -> None:
    now = [0.0]
    checkpoint = Checkpoint(tmp_path, clock=lambda: now[0])
    now[0] = 4.9
    assert not checkpoint.is_due
    now[0] = 5.0
    assert checkpoint.is_due
    torch.manual_seed(3)
    checkpoint.write({}, {})
    assert not checkpoint.is_due
    drawn = torch.rand(4)
    torch.manual_seed(4)
    checkpoint.read()
    assert torch.equal(torch.rand(4), drawn)


@pytest.mark.parametrize("left", [0, 0.5])
def test_a_damaged_checkpoint_is_none(tmp_path: Path, left: float) -> None:
    checkpoint = Checkpoint(tmp_path)
    checkpoint.write({"weight": torch.ones(8)}, {"epoch": 3})
    content = checkpoint.path.read_bytes()
    checkpoint.path.write_bytes(content[: int(left * len(content))])
    assert checkpoint.read() is None
    assert not checkpoint.path.exists()
