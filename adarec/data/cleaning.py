"""Filters a log passes on its way to a scene, each with a count of what it dropped."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adarec.data.events import Events
from adarec.data.settings import MIN_EVENTS, IngestSettings
from adarec.data.timestamps import parse_moment
from adarec.errors import LogError

EXACT_REPEAT = "same user, item and time again"
CONSECUTIVE_REPEAT = "same item twice in a row"
REPEATS_DROPPED = frozenset((EXACT_REPEAT, CONSECUTIVE_REPEAT))


@dataclass
class Cleaning:
    """Events on their way; `keep` counts what leaves, and why."""

    events: Events
    dropped: list[dict[str, Any]] = field(default_factory=list)

    def keep(self, rows: np.ndarray, reason: str) -> None:
        """Go on with the rows of this mask only."""
        if rows.all():
            return
        before = np.count_nonzero(np.bincount(self.events.users))
        remaining = self.events.select(rows)
        after = np.count_nonzero(np.bincount(remaining.users)) if len(remaining) else 0
        self.dropped.append(
            {"reason": reason, "rows": int((~rows).sum()), "users": int(before - after)}
        )
        self.events = remaining


def clean(events: Events, settings: IngestSettings) -> tuple[Events, list[dict[str, Any]]]:
    """The events that make the scene, sorted by user, then time, ties in file order.

    Users are numbered by first appearance in the file. Returns the events and the list of
    {"reason", "rows", "users"}: rows dropped, and users who lost their last event by it.
    """
    state = Cleaning(events)
    if settings.min_rating is not None and events.ratings is not None:
        state.keep(events.ratings >= settings.min_rating, f"rated below {settings.min_rating:g}")
    if settings.since is not None:
        state.keep(state.events.times >= _moment(settings.since), f"before {settings.since}")
    if settings.until is not None:
        state.keep(state.events.times < _moment(settings.until), f"at or after {settings.until}")
    # Stable, so equal times of one user stay in the order of the file.
    state.events = state.events.select(np.lexsort((state.events.times, state.events.users)))
    if settings.deduplicate == "exact":
        state.keep(~exact_repeats(state.events), EXACT_REPEAT)
    elif settings.deduplicate == "consecutive":
        state.keep(~_consecutive_repeats(state.events), CONSECUTIVE_REPEAT)
    _keep_core(state, settings.min_user_interactions, settings.min_item_interactions)
    lengths = np.bincount(state.events.users, minlength=1)[state.events.users]
    if settings.max_length is not None:
        state.keep(lengths <= settings.max_length, f"history over {settings.max_length} events")
        lengths = lengths[lengths <= settings.max_length]
    least = max(settings.min_length, MIN_EVENTS)
    state.keep(lengths >= least, f"history under {least} events")
    return state.events, state.dropped


def check_enough(
    events: Events, read: Events, dropped: list[dict[str, Any]], file_name: str
) -> None:
    """Raises a LogError unless the cleaned events can make a scene.

    Args:
        events: After cleaning.
        read: Before cleaning.
        dropped: What cleaning dropped, to say where the events went.
        file_name: For the message.
    """
    if not len(events):
        most = max(dropped, key=lambda drop: drop["rows"], default=None)
        why = f"; most went because of: {most['reason']}" if most else ""
        raise LogError(
            f"{file_name}: none of {len(read):,} events of {_distinct(read.users):,} user(s) is "
            f"left{why}. Users with at least {MIN_EVENTS} events are needed. Loosen the filters, "
            "or check that the user column is the right one."
        )
    users, items = _distinct(events.users), _distinct(events.items)
    for count, what in ((users, "user"), (items, "item")):
        if count < 2:
            raise LogError(
                f"{file_name}: found {len(events):,} events of one {what} only; at least two "
                f"{what}s with {MIN_EVENTS} events each are needed. Check that the {what} column "
                "is the right one."
            )
    if np.bincount(events.users).max() <= MIN_EVENTS:
        raise LogError(
            f"{file_name}: the longest history has {MIN_EVENTS} events; two are held out for "
            f"validation and test, so {MIN_EVENTS + 1} or more are needed to learn what follows "
            "what. Bring a longer log."
        )


def exact_repeats(events: Events) -> np.ndarray:
    """bool [N], True where the same user, item and time occurred before in the file."""
    order = np.lexsort((events.times, events.items, events.users))
    same = (
        (np.diff(events.users[order]) == 0)
        & (np.diff(events.items[order]) == 0)
        & (np.diff(events.times[order]) == 0)
    )
    repeats = np.zeros(len(events), dtype=bool)
    repeats[order[1:]] = same
    return repeats


def _consecutive_repeats(events: Events) -> np.ndarray:
    repeats = np.zeros(len(events), dtype=bool)
    repeats[1:] = (np.diff(events.users) == 0) & (np.diff(events.items) == 0)
    return repeats


def _keep_core(state: Cleaning, user_minimum: int, item_minimum: int) -> None:
    """Drops rare users and items in turn until all that is left is frequent enough."""
    keep = np.ones(len(state.events), dtype=bool)
    rounds = 0
    while True:
        rounds += 1
        users = np.bincount(state.events.users[keep], minlength=len(state.events.user_ids))
        items = np.bincount(state.events.items[keep], minlength=len(state.events.item_ids))
        rare = (users[state.events.users] < user_minimum) | (
            items[state.events.items] < item_minimum
        )
        if not (rare & keep).any():
            break
        keep &= ~rare
    state.keep(
        keep,
        f"fewer than {user_minimum} events of the user or {item_minimum} of the item "
        f"({rounds - 1} rounds)",
    )


def _moment(text: str) -> float:
    moment = parse_moment(text)
    assert moment is not None  # the settings checked it
    return moment


def _distinct(values: np.ndarray) -> int:
    return len(np.unique(values))
