"""A history to recommend for: a user of the scene, or items one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import streamlit as st

from adarec.data.scene import Scene
from app import state
from app.panels.errors import as_text

_OFFERED = 2000
_RARE_REPEATS = (
    0.01  # below it people hardly come back to an item, so lists leave consumed ones out
)


class Again(NamedTuple):
    """An item once more: a choice of its own, since a choice can be made only once."""

    item_id: str
    time: int


@dataclass(frozen=True)
class History:
    """Raw item ids, oldest first; `held_out` is what came next and `user` whose history it is,
    where that is known."""

    items: list[str]
    held_out: str | None
    hide_consumed: bool
    user: str | None = None


def pick_history(scene: Scene) -> History:
    """What the visitor chose; no items while nothing is chosen.

    A user's history leaves out the last item, which is the one to be recommended.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = st.segmented_control(
            "History from",
            ["A user", "Items"],
            default="A user",
            required=True,
            key="history_way",
            help="Take a user of the log, or build a history item by item.",
        )
        hide = st.toggle(
            "Hide items of the history",
            value=scene.summary["repeat_share"] < _RARE_REPEATS,
            key="hide_consumed",
            help="On by default where less than 1 % of the events repeat an item.",
        )
    if way == "Items":
        return History(_pick_items(scene), None, hide)
    user, items = _pick_user(scene)
    if not items:
        return History([], None, hide)
    return History(items[:-1], items[-1], hide, user)


def titles_of(scene: Scene) -> dict[str, str]:
    """What to call each item: title and id, or the id alone."""
    return {
        item_id: f"{title} ({item_id})" if title else item_id
        for item_id, title in zip(scene.item_ids, scene.titles, strict=True)
    }


def _pick_user(scene: Scene) -> tuple[str | None, list[str]]:
    """The chosen user and all items, the one to be recommended too."""
    users = scene.user_ids[:_OFFERED]
    user = st.selectbox(
        "User",
        users,
        key=state.HISTORY_USER,
        help=f"The first {len(users):,} users of the scene; type to filter.",
    )
    if user is None:
        return None, []
    history = [scene.item_ids[index - 1] for index in scene.history(users.index(user))]
    titles = titles_of(scene)
    newest = ", ".join(titles[item] for item in history[-6:-1])
    st.markdown(
        f"History of {len(history) - 1} items, newest last: … {as_text(newest)}.  \nWhat came "
        f"next, kept out of it: **{as_text(titles[history[-1]])}**"
    )
    return user, history


def _pick_items(scene: Scene) -> list[str]:
    titles = titles_of(scene)
    repeats = scene.summary["repeat_share"] >= _RARE_REPEATS

    def label(choice: str | Again) -> str:
        if isinstance(choice, Again):
            return f"{titles.get(choice.item_id, choice.item_id)}, time {choice.time}"
        return titles.get(choice, choice)

    had = st.session_state.get(state.HISTORY_ITEMS) or []
    once_more = _once_more(had) if repeats else []
    chosen: list[str | Again] = st.multiselect(
        "Items, oldest first",
        [*once_more, *scene.item_ids[:_OFFERED]],
        format_func=label,
        key=state.HISTORY_ITEMS,
        help="Type to search by title or id among the first "
        f"{min(_OFFERED, scene.num_items):,} items."
        + (" A chosen item can be added again." if repeats else ""),
    )
    return [each.item_id if isinstance(each, Again) else each for each in chosen]


def _once_more(chosen: Sequence[str | Again]) -> list[Again]:
    """What was chosen again already, and each chosen item one time more."""
    times: dict[str, int] = {}
    again = [each for each in chosen if isinstance(each, Again)]
    for each in chosen:
        item_id, time = each if isinstance(each, Again) else (each, 1)
        times[item_id] = max(times.get(item_id, 1), time)
    return again + [Again(item_id, time + 1) for item_id, time in times.items()]
