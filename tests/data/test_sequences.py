"""Windows and histories: every pair once, nothing of the held-out items in training."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from adarec.data.sequences import evaluation_histories, training_windows

histories_of_any_shape = st.lists(
    st.lists(st.integers(1, 9), min_size=3, max_size=25), min_size=1, max_size=8
)


def test_windows_are_cut_from_the_newest_end(make_scene) -> None:
    scene = make_scene([[1, 2, 3, 4, 5, 6, 7, 8, 9], [5, 6, 7]])
    windows = training_windows(scene, length=4)
    # The prefix 1..7 has six pairs: the newest four, and two older ones.
    assert windows.offsets.tolist() == [0, 2, 6]
    assert windows.items.tolist() == [1, 2, 3, 4, 5, 6]
    assert windows.targets.tolist() == [2, 3, 4, 5, 6, 7]
    assert windows.users.tolist() == [0, 0]
    assert len(windows) == 2


def test_users_can_be_chosen_in_any_order(make_scene) -> None:
    scene = make_scene([[1, 2, 3, 4, 5], [6, 7, 8, 9, 1]])
    windows = training_windows(scene, length=10, users=np.array([1, 0]))
    assert windows.items.tolist() == [6, 7, 1, 2]
    assert windows.users.tolist() == [1, 0]


def test_no_users_give_no_windows(make_scene) -> None:
    scene = make_scene([[1, 2, 3, 4]])
    windows = training_windows(scene, length=3, users=np.array([], int))
    assert len(windows) == 0
    assert windows.offsets.tolist() == [0]


@given(histories_of_any_shape, st.integers(1, 12))
def test_every_training_pair_is_a_target_exactly_once(make_scene, histories, length) -> None:
    scene = make_scene(histories, num_items=9)
    windows = training_windows(scene, length=length)
    expected = Counter(
        (user, item, following)
        for user, history in enumerate(histories)
        for item, following in zip(history[:-3], history[1:-2], strict=True)
    )
    lengths = np.diff(windows.offsets)
    owners = np.repeat(windows.users, lengths).tolist()
    pairs = zip(owners, windows.items.tolist(), windows.targets.tolist(), strict=True)
    assert Counter(pairs) == expected
    assert ((lengths >= 1) & (lengths <= length)).all()
    # Only the oldest window of a user may be short.
    for window in range(len(windows)):
        is_oldest = window == 0 or windows.users[window - 1] != windows.users[window]
        assert is_oldest or lengths[window] == length


@given(histories_of_any_shape, st.integers(1, 12), st.sampled_from(["validation", "test"]))
def test_a_history_ends_where_its_target_begins(make_scene, histories, length, split) -> None:
    scene = make_scene(histories, num_items=9)
    result = evaluation_histories(scene, length=length, split=split)
    for user, history in enumerate(histories):
        known = history[:-1] if split == "test" else history[:-2]
        shown = result.items[result.offsets[user] : result.offsets[user + 1]]
        assert shown.tolist() == known[-length:]
        assert result.targets[user] == history[len(known)]
        start, end = result.consumed_offsets[user : user + 2]
        assert result.consumed_items[start:end].tolist() == sorted(set(known))


@given(histories_of_any_shape)
def test_held_out_items_never_reach_a_training_window(make_scene, histories) -> None:
    # The two held-out items are replaced by items that occur nowhere else.
    marked = [[*history[:-2], 10, 11] for history in histories]
    scene = make_scene(marked, num_items=11)
    windows = training_windows(scene, length=5)
    assert windows.items.max(initial=0) < 10
    assert windows.targets.max(initial=0) < 10
    assert 11 not in evaluation_histories(scene, length=30, split="validation").items


def test_chosen_users_keep_their_own_histories(make_scene) -> None:
    scene = make_scene([[1, 2, 3], [4, 5, 6, 7]])
    result = evaluation_histories(scene, length=9, split="test", users=np.array([1]))
    assert result.users.tolist() == [1]
    assert result.items.tolist() == [4, 5, 6]
    assert result.targets.tolist() == [7]
    assert len(result) == 1
