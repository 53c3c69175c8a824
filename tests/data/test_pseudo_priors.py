"""Reversed prefixes and augmented scenes: nothing lost, nothing twice, nothing of the future."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adarec.data.pseudo_priors import pseudo_counts, reversed_prefixes, with_pseudo_priors
from adarec.data.scene import Scene, read_scene, write_scene
from adarec.data.sequences import (
    evaluation_histories,
    reversed_pieces,
    training_windows,
)

histories_of_any_shape = st.lists(
    st.lists(st.integers(1, 9), min_size=3, max_size=14), min_size=1, max_size=8
)
PSEUDO = 100  # items from here on are pseudo-priors


def augmented(scene: Scene, *, longest: int = 8, most: int = 4) -> Scene:
    """The scene with items 101, 102, … written in front, nearest first."""
    counts = pseudo_counts(scene, longest=longest, most=most, length=longest)
    written = np.concatenate([PSEUDO + 1 + np.arange(count) for count in counts])
    return with_pseudo_priors(scene, written.astype(np.int32), counts)


@given(histories_of_any_shape)
def test_reversing_twice_changes_nothing_whatever_the_times(make_scene, histories) -> None:
    size = sum(len(history) for history in histories)
    scene = make_scene(histories, num_items=9, times=[5.0] * size)  # all events tie
    prefixes = reversed_prefixes(scene)
    for user, history in enumerate(histories):
        start, end = prefixes.offsets[user : user + 2]
        assert prefixes.items[start:end].tolist() == history[:-2][::-1]
    again = reversed_pieces(prefixes.items, prefixes.offsets)
    expected = [item for history in histories for item in history[:-2]]
    assert again.tolist() == expected


@given(histories_of_any_shape, st.integers(1, 6))
def test_reversed_windows_hold_every_pair_once(make_scene, histories, length) -> None:
    windows = reversed_prefixes(make_scene(histories, num_items=9)).windows(length=length)
    expected = Counter(
        (user, following, item)
        for user, history in enumerate(histories)
        for item, following in zip(history[:-3], history[1:-2], strict=True)
    )
    lengths = np.diff(windows.offsets)
    owners = np.repeat(windows.users, lengths).tolist()
    pairs = zip(owners, windows.items.tolist(), windows.targets.tolist(), strict=True)
    assert Counter(pairs) == expected
    assert ((lengths >= 1) & (lengths <= length)).all()


def test_the_oldest_item_can_be_kept_aside(make_scene) -> None:
    scene = make_scene([[1, 2, 3, 8, 9], [4, 8, 9], [5, 6, 7, 8, 9]])
    prefixes = reversed_prefixes(scene)
    users = np.array([0, 2])
    assert prefixes.last(users).tolist() == [1, 5]
    shown = prefixes.without_last(users)
    assert shown.items.tolist() == [3, 2, 4, 7, 6]
    assert shown.offsets.tolist() == [0, 2, 3, 5]
    assert shown.ends(users, length=1).items.tolist() == [2, 6]
    assert shown.windows(length=5).targets.tolist() == [2, 6]


@pytest.mark.parametrize(
    ("prefix", "longest", "most", "length", "expected"),
    [
        (4, 18, 15, 20, 14),  # up to the longest history that is lengthened
        (4, 18, 3, 20, 3),
        (4, 18, 15, 12, 8),  # up to L
        (12, 18, 15, 12, 0),
        (18, 18, 15, 20, 0),
        (30, 18, 15, 50, 0),
        (4, 18, 0, 20, 0),
    ],
)
def test_how_many_items_a_history_gets(
    make_scene, prefix: int, longest: int, most: int, length: int, expected: int
) -> None:
    scene = make_scene([[1] * (prefix + 2)], num_items=99)
    found = pseudo_counts(scene, longest=longest, most=most, length=length)
    assert found.tolist() == [expected]


def test_no_more_items_are_asked_for_than_there_are(make_scene) -> None:
    scene = make_scene([[1, 2, 3, 4, 5]], num_items=5)
    assert pseudo_counts(scene, longest=18, most=15, length=20).tolist() == [2]


def test_the_nearest_written_item_stands_next_to_the_history(make_scene) -> None:
    scene = augmented(make_scene([[1, 2, 3], [4, 5, 6, 7, 8]]), longest=4, most=9)
    # Prefixes of one and three items, so three and one are written.
    assert scene.history(0).tolist() == [103, 102, 101, 1, 2, 3]
    assert scene.history(1).tolist() == [101, 4, 5, 6, 7, 8]
    assert scene.is_pseudo.tolist() == [True] * 3 + [False] * 3 + [True] + [False] * 5
    assert (np.diff(scene.times) >= 0).all()


@given(histories_of_any_shape)
def test_without_its_pseudo_items_a_scene_is_as_it_was(make_scene, histories) -> None:
    scene = make_scene(histories, num_items=9)
    again = augmented(scene).without_pseudo_items()
    for name in ("items", "offsets", "times"):
        np.testing.assert_array_equal(getattr(again, name), getattr(scene, name))
    assert again.pseudo_counts is None
    assert scene.without_pseudo_items() is scene


def test_an_augmented_scene_reads_back_the_same(make_scene, tmp_path: Path) -> None:
    scene = augmented(make_scene([[1, 2, 3], [3, 2, 1, 4]]))
    write_scene(scene, tmp_path)
    again = read_scene(tmp_path)
    for name in ("items", "offsets", "times", "pseudo_counts"):
        np.testing.assert_array_equal(getattr(again, name), getattr(scene, name))


@given(histories_of_any_shape, st.integers(8, 14))
def test_every_real_item_is_a_target_once_and_no_pseudo_item_is(
    make_scene, histories, length
) -> None:
    scene = make_scene(histories, num_items=9)
    windows = training_windows(augmented(scene), length=length)
    real = windows.targets[windows.targets > 0]
    plain = training_windows(scene, length=length)
    # The first item of a lengthened history becomes a target too: something stands before it.
    lengthened = [h[0] for h in histories if len(h) - 2 < 8]
    assert Counter(real.tolist()) == Counter(plain.targets.tolist()) + Counter(lengthened)
    assert real.max(initial=0) < PSEUDO
    np.testing.assert_array_equal(windows.pseudo, windows.items >= PSEUDO)
    followers = np.append(windows.items[1:], 0)
    newest = windows.offsets[1:] - 1
    inside = np.setdiff1d(np.arange(len(windows.items)), newest)
    np.testing.assert_array_equal(windows.targets[inside] == 0, followers[inside] >= PSEUDO)
    assert (windows.targets[newest] > 0).all()  # so every window teaches something


def test_pseudo_items_are_targets_where_that_is_asked_for(make_scene) -> None:
    scene = augmented(make_scene([[1, 2, 3, 4]]), longest=4, most=9)
    windows = training_windows(scene, length=5, train_on_pseudo=True)
    assert windows.items.tolist() == [102, 101, 1]
    assert windows.targets.tolist() == [101, 1, 2]
    assert windows.pseudo is None
    assert training_windows(scene, length=5).targets.tolist() == [0, 1, 2]


def test_histories_carry_pseudo_items_but_nobody_consumed_them(make_scene) -> None:
    real = make_scene([[1, 2, 3, 4]])
    scene = augmented(real, longest=4, most=9)
    shown = {
        split: evaluation_histories(scene, length=4, split=split)
        for split in ("validation", "test")
    }
    assert shown["validation"].items.tolist() == [102, 101, 1, 2]
    assert shown["test"].items.tolist() == [101, 1, 2, 3]  # L has no room for the farthest
    for split, found in shown.items():
        plain = evaluation_histories(real, length=4, split=split)
        assert found.consumed_items.tolist() == plain.consumed_items.tolist()
        assert found.consumed_offsets.tolist() == plain.consumed_offsets.tolist()
        assert found.targets.tolist() == plain.targets.tolist()
