"""Accuracy by history length: each user in one bucket, by real training items."""

from pathlib import Path

import numpy as np
import pytest

from adarec.data.by_length import BUCKETS, metrics_by_length, training_lengths
from adarec.data.pseudo_priors import with_pseudo_priors
from adarec.data.scene import write_scene
from adarec.errors import ArtefactError
from adarec.ranking import metrics_from_ranks

LENGTHS = [1, 3, 4, 7, 8, 19, 20, 55]  # both ends of every bucket


@pytest.fixture
def folder(make_scene, tmp_path: Path) -> Path:
    """A scene whose prefixes have these lengths, and ranks of its users."""
    scene = make_scene([[1] * (length + 2) for length in LENGTHS], num_items=9)
    write_scene(scene, tmp_path)
    ranks = np.arange(1, 9)
    np.savez(
        tmp_path / "ranks.npz",
        teacher=ranks,
        student=ranks[::-1],
        **{"baseline.popularity": ranks + 1, "teacher.masked": ranks, "student.sampled": ranks},
    )
    return tmp_path


def test_buckets_hold_their_users_metrics(folder: Path) -> None:
    found = metrics_by_length(folder, folder)
    assert [(entry["from"], entry["to"]) for entry in found] == list(BUCKETS)
    assert [entry["users"] for entry in found] == [2, 2, 2, 2]
    for place, entry in enumerate(found):
        first = 2 * place + 1
        assert entry["teacher"] == metrics_from_ranks([first, first + 1])
        assert entry["student"] == metrics_from_ranks([8 - 2 * place, 7 - 2 * place])
        assert entry["baselines"] == {"popularity": metrics_from_ranks([first + 1, first + 2])}


def test_a_bucket_without_users_is_left_out(make_scene, tmp_path: Path) -> None:
    write_scene(make_scene([[1, 2, 3], [1] * 40]), tmp_path)
    np.savez(tmp_path / "ranks.npz", teacher=[1, 1], student=[1, 2])
    found = metrics_by_length(tmp_path, tmp_path)
    assert [(entry["from"], entry["users"]) for entry in found] == [(1, 1), (20, 1)]


def test_pseudo_priors_make_no_history_longer(make_scene, tmp_path: Path) -> None:
    scene = make_scene([[1, 2, 3], [4, 5, 6, 7]])
    counts = np.array([3, 0])
    write_scene(with_pseudo_priors(scene, np.array([5, 6, 7], np.int32), counts), tmp_path)
    assert training_lengths(tmp_path).tolist() == [1, 2]


def test_ranks_of_other_users_are_refused(folder: Path) -> None:
    np.savez(folder / "ranks.npz", teacher=[1], student=[1])
    with pytest.raises(ArtefactError, match="do not hold the same users"):
        metrics_by_length(folder, folder)


def test_a_damaged_file_is_named(folder: Path) -> None:
    (folder / "ranks.npz").write_bytes(b"junk")
    with pytest.raises(ArtefactError, match="run the search command again"):
        metrics_by_length(folder, folder)
