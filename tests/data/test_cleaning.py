"""Filters: what stays, in which order, and what the report says of the rest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adarec.data.cleaning import clean, exact_repeats
from adarec.data.events import Events
from adarec.data.settings import IngestSettings


def make_events(rows: list[tuple[int, int, float]], ratings: list[float] | None = None) -> Events:
    """Events of (user, item, time); ids are the numbers as text."""
    users, items, times = (np.array(column) for column in zip(*rows, strict=True))
    return Events(
        users.astype(np.int64),
        items.astype(np.int64),
        times.astype(float),
        None if ratings is None else np.array(ratings),
        [f"u{u}" for u in range(int(users.max()) + 1)],
        [f"i{i}" for i in range(int(items.max()) + 1)],
    )


def kept(events: Events, **settings: object) -> tuple[list[tuple[int, int]], list[dict]]:
    result, dropped = clean(events, IngestSettings(**settings))
    return list(zip(result.users.tolist(), result.items.tolist(), strict=True)), dropped


def test_events_are_sorted_by_time_and_ties_stay_in_file_order() -> None:
    events = make_events(
        [(0, 3, 9), (0, 1, 5), (1, 7, 1), (0, 2, 5), (1, 6, 1), (0, 4, 5), (1, 5, 1)]
    )
    rows, dropped = kept(events)
    assert rows == [(0, 1), (0, 2), (0, 4), (0, 3), (1, 7), (1, 6), (1, 5)]
    assert dropped == []


def test_users_with_fewer_than_three_events_go() -> None:
    events = make_events([(0, 1, 0), (0, 2, 1), (0, 3, 2), (1, 1, 0), (1, 2, 1)])
    rows, dropped = kept(events)
    assert {user for user, _ in rows} == {0}
    assert dropped == [{"reason": "history under 3 events", "rows": 2, "users": 1}]


def test_lengths_are_limited_on_both_sides() -> None:
    events = make_events([(u, t, t) for u, n in enumerate([3, 4, 5, 6]) for t in range(n)])
    rows, dropped = kept(events, min_length=4, max_length=5)
    assert {user for user, _ in rows} == {1, 2}
    assert [drop["rows"] for drop in dropped] == [6, 3]


def test_ratings_and_moments_are_filtered() -> None:
    rows = [(0, t, 100.0 + t) for t in range(8)]
    events = make_events(rows, ratings=[5, 1, 4, 5, 5, 3, 5, 5])
    result, dropped = kept(events, min_rating=4, since="101", until="107")
    assert [item for _, item in result] == [2, 3, 4, 6]
    assert [(drop["reason"], drop["rows"]) for drop in dropped] == [
        ("rated below 4", 2),
        ("before 101", 1),
        ("at or after 107", 1),
    ]


def test_repeats_are_dropped_only_when_asked() -> None:
    rows = [(0, 1, 0), (0, 1, 0), (0, 2, 1), (0, 1, 2), (0, 1, 3)]
    events = make_events(rows)
    assert exact_repeats(events).tolist() == [False, True, False, False, False]
    assert [item for _, item in kept(events)[0]] == [1, 1, 2, 1, 1]
    assert [item for _, item in kept(events, deduplicate="exact")[0]] == [1, 2, 1, 1]
    assert [item for _, item in kept(events, deduplicate="consecutive")[0]] == [1, 2, 1]


def test_the_core_is_found_in_several_rounds() -> None:
    # Item 9 is rare; without it user 2 is short; without user 2 item 8 is rare; and so on.
    rows = [(u, i, i) for u in (0, 1) for i in (1, 2, 3)]
    rows += [(2, 9, 0), (2, 8, 1), (2, 1, 2), (3, 8, 0), (3, 2, 1), (3, 3, 2)]
    result, dropped = kept(make_events(rows), min_user_interactions=3, min_item_interactions=2)
    assert result == [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)]
    assert dropped[0]["rows"] == 6
    assert dropped[0]["users"] == 2
    assert "rounds" in dropped[0]["reason"]


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 9)), min_size=1, max_size=60
    ),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_a_core_is_a_core_and_every_row_is_accounted_for(rows, user_minimum, item_minimum) -> None:
    events = make_events(rows)
    settings = IngestSettings(
        min_user_interactions=user_minimum, min_item_interactions=item_minimum
    )
    result, dropped = clean(events, settings)
    assert len(result) + sum(drop["rows"] for drop in dropped) == len(rows)
    gone = len(set(events.users.tolist())) - len(set(result.users.tolist()))
    assert sum(drop["users"] for drop in dropped) == gone
    if len(result):
        assert np.bincount(result.users)[np.unique(result.users)].min() >= max(3, user_minimum)
        order = np.lexsort((result.times, result.users))
        np.testing.assert_array_equal(order, np.arange(len(result)))


@pytest.mark.parametrize("minimum", [0, 1])
def test_no_core_drops_nothing(minimum: int) -> None:
    events = make_events([(0, i, i) for i in range(5)])
    _, dropped = kept(events, min_item_interactions=minimum)
    assert dropped == []
