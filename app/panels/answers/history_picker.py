"""A history to recommend for: a user of the scene, or items one by one. The address keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from adarec.data.scene import Scene
from app import gateway, state
from app.panels.answers.history_address import (
    A_USER,
    ITEMS,
    MOST_ITEMS,
    Asked,
    enter_scene,
    read_asked,
)
from app.panels.answers.history_editor import edit_history, short_name, start_from
from app.panels.errors import as_text

_NEWEST = 20  # items that are shown of a long history
_NAME_WIDTH = 40


@dataclass(frozen=True)
class History:
    """Raw item ids, oldest first; `held_out` is what came next and `user` whose history it is,
    where that is known."""

    items: list[str]
    held_out: str | None
    hide_consumed: bool
    user: str | None = None


def pick_history(scene_key: str) -> History:
    """What the address says and the visitor changes; no items while nothing is chosen.

    A user's history leaves out the last item, which is the one to be recommended.
    """
    scene = gateway.open_scene(scene_key)
    enter_scene(scene_key)
    asked = read_asked(scene, gateway.item_names(scene_key))
    if asked.problem:
        st.warning(as_text(asked.problem))
    _show_switches(asked)
    if asked.way == ITEMS:
        edit_history(scene_key, asked.items)
        return History(asked.items, None, asked.hides)
    if asked.user is None:
        return History([], None, asked.hides)
    items = _pick_user(scene_key, scene, asked.user)
    return History(items[:-1], items[-1], asked.hides, asked.user)


def _show_switches(asked: Asked) -> None:
    st.session_state[state.HISTORY_WAY] = asked.way
    st.session_state[state.HIDE_CONSUMED] = asked.hides
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "History from",
            [A_USER, ITEMS],
            required=True,
            key=state.HISTORY_WAY,
            on_change=_choose,
            args=(state.HISTORY_WAY,),
            help="Take a user of the log, or build a history item by item.",
        )
        st.toggle(
            "Hide items of the history",
            key=state.HIDE_CONSUMED,
            on_change=_choose_hiding,
            help="On by default where less than 1 % of the events repeat an item.",
        )


def _pick_user(scene_key: str, scene: Scene, user: str) -> list[str]:
    """The search for users and the chosen one's history; gives all items, the one to be
    recommended too."""
    search, choice, edit = st.columns([2, 2, 1], vertical_alignment="bottom")
    words = search.text_input(
        "Find a user",
        key=state.FIND_USER,
        type="search",
        placeholder="an id, or a part of it",
        on_change=_choose_found_user,
        args=(scene_key,),
        help=f"Searches all {scene.num_users:,} users of the scene and takes the best match.",
    )
    found = gateway.find_users(scene_key, words or "")
    st.session_state[state.HISTORY_USER] = user
    choice.selectbox(
        "User",
        found.ids if user in found.ids else [user, *found.ids],
        key=state.HISTORY_USER,
        on_change=_choose,
        args=(state.HISTORY_USER,),
        help="Those that match.",
    )
    if words and not found.ids:
        st.caption(f"No user's id contains {as_text(words)}.")
    elif found.more:
        st.caption(f"{len(found.ids)} users are listed, {found.more:,} more are found by id.")
    history = [scene.item_ids[index - 1] for index in scene.history(scene.user_ids.index(user))]
    _show_history(history, gateway.item_names(scene_key))
    items = history[:-1]
    part = f"the newest {MOST_ITEMS} items" if len(items) > MOST_ITEMS else "the items"
    edit.button(
        "Edit this history",
        key=state.EDIT_HISTORY,
        on_click=start_from,
        args=(scene_key, items),
        width="stretch",
        help=f"Takes {part} to Items, where each can be removed, moved or replaced.",
    )
    return history


def _show_history(history: list[str], names: Mapping[str, str]) -> None:
    """The items, those before the newest ones folded, and what came next."""
    *items, held_out = history

    def listed(some: list[str]) -> str:
        return as_text(" · ".join(short_name(names[item], _NAME_WIDTH) for item in some))

    older, newest = items[:-_NEWEST], items[-_NEWEST:]
    beginning = f"the newest {_NEWEST}" if older else "oldest first"
    st.markdown(
        f"History of {len(items):,} items, {beginning}: {listed(newest)}  \n"
        f"What came next, kept out of it: **{as_text(names[held_out])}**"
    )
    if older:
        with st.expander(f"The {len(older):,} items before"):
            st.markdown(listed(older))


def _choose(name: str) -> None:
    """Callback: what the widget `name` holds goes into the address, under the same name."""
    state.rewrite({name: [st.session_state[name]]})


def _choose_hiding() -> None:
    hides = st.session_state[state.HIDE_CONSUMED]
    state.rewrite({state.HIDE_CONSUMED: [str(hides).lower()]})


def _choose_found_user(scene_key: str) -> None:
    """Callback: the best match is taken at once; the box offers the others."""
    found = gateway.find_users(scene_key, st.session_state[state.FIND_USER] or "")
    if found.ids and st.session_state[state.FIND_USER]:
        state.rewrite({state.HISTORY_USER: found.ids[:1]})
