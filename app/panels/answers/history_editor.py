"""A history built item by item: each place can be removed, moved or given to another item."""

import re
import textwrap
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import streamlit as st

from app import gateway, state
from app.panels.answers.history_address import MOST_ITEMS, choose_items, read_asked
from app.panels.errors import as_text

_NEWEST = 20  # places that are shown of a long history
_NAME_WIDTH = 60
_UNDO_STEPS = 100
# Letters that a chip's edges take up, and that stand in a row; a box is as high as its rows.
_CHIP_EDGE, _ROW_WIDTH, _MOST_ROWS, _BOX_HEIGHT = 5, 56, 8, 300


def edit_history(scene_key: str, items: list[str]) -> None:
    """The places of the history `items` with what can be done to them, beside a search among all
    items of the scene; every change goes into the address."""
    names = gateway.item_names(scene_key)
    left, right = st.columns(2)
    with left:
        place = _show_places(items, names)
        _show_actions(scene_key, items, place)
    with right:
        _search_items(scene_key, names, place)


def start_from(scene_key: str, items: list[str]) -> None:
    """Callback: these items become the history to edit."""
    _change(scene_key, lambda _: items)


def short_name(name: str, width: int = _NAME_WIDTH) -> str:
    """An item's `title (id)` with a long title cut; the id stays whole."""
    title, bracket, rest = name.rpartition(" (")
    if not bracket or len(name) <= width:
        return name
    return f"{textwrap.shorten(title, width, placeholder=' …')} ({rest}"


def label_of(name: str) -> str:
    """A name for a chip, on which Markdown signs show as they are."""
    # A number with a dot, or a dash, at the beginning would make a list.
    return re.sub(r"^(\d*)([-+.)])(?=\s)", r"\1\\\2", as_text(name))


def _show_places(items: list[str], names: Mapping[str, str]) -> int | None:
    """The history's chips, the newest ones of a long history; gives the chosen place, from 0."""
    older = max(0, len(items) - _NEWEST)
    first = 0 if st.session_state.get(state.ALL_PLACES) else older
    place = st.session_state.get(state.HISTORY_ITEMS)
    if place is not None and not first <= place < len(items):
        st.session_state[state.HISTORY_ITEMS] = None
    labels = [
        f"{number} · {short_name(names[item])}" for number, item in enumerate(items, start=1)
    ]
    with _chip_box(labels[first:]):
        chosen: int | None = st.pills(
            "History, oldest first",
            range(first, len(items)),
            format_func=lambda place: label_of(labels[place]),
            key=state.HISTORY_ITEMS,
            wrap=True,
            help="Choose a place to remove it, to move it, or to put another item there.",
        )
    if older:
        st.toggle(f"Show the {older} older ones, too", key=state.ALL_PLACES)
    return chosen


def _chip_box(labels: list[str]) -> AbstractContextManager[object]:
    """Where chips with these labels stand: many long ones scroll, so that the answers below stay
    in sight."""
    is_tall = sum(len(label) + _CHIP_EDGE for label in labels) > _ROW_WIDTH * _MOST_ROWS
    return st.container(height=_BOX_HEIGHT if is_tall else "content", border=False)


def _show_actions(scene_key: str, items: list[str], place: int | None) -> None:
    """What can be done to the chosen place, and to the history."""

    def button(label: str, key: str, on_click: Callable[[str], None], *, works: bool) -> None:
        st.button(label, key=key, on_click=on_click, args=(scene_key,), disabled=not works)

    is_chosen = place is not None
    with st.container(horizontal=True, gap="small"):
        button("Remove", state.REMOVE_PLACE, _remove, works=is_chosen)
        button("← Earlier", state.MOVE_EARLIER, _move_earlier, works=is_chosen and place != 0)
        is_last = place == len(items) - 1
        button("Later →", state.MOVE_LATER, _move_later, works=is_chosen and not is_last)
        could_undo = bool(st.session_state[state.EARLIER_HISTORIES])
        button("Undo", state.UNDO_EDIT, _undo, works=could_undo)
        button("Clear", state.CLEAR_HISTORY, _clear, works=bool(items))
    if not is_chosen and items:
        st.caption("Choose an item above to remove, move or replace it.")
    if len(items) == MOST_ITEMS:
        st.caption(f"{MOST_ITEMS} items are the most: one more pushes the oldest out.")


def _search_items(scene_key: str, names: Mapping[str, str], place: int | None) -> None:
    """The search, and what it found; a click takes an item into the history."""
    words = st.text_input(
        "Find items",
        key=state.FIND_ITEMS,
        type="search",
        placeholder="words of a title, or an id",
        live=True,
        help=f"Searches all {len(names):,} items of the scene; every word must occur.",
    )
    found = gateway.find_items(scene_key, words or "")
    if not found.ids:
        st.caption("No item has all of these words.")
        return
    labels = {item: short_name(names[item]) for item in found.ids}
    does = "A click adds it" if place is None else f"A click puts it in place {place + 1}"
    with _chip_box(list(labels.values())):
        st.pills(
            f"{'Matches' if words else 'Most frequent items'}. {does}.",
            found.ids,
            format_func=lambda item: label_of(labels[item]),
            key=state.FOUND_ITEMS,
            on_change=_take_found,
            args=(scene_key,),
            wrap=True,
        )
    if found.more:
        st.caption(f"… and {found.more:,} more: type more words.")


def _change(scene_key: str, edit: Callable[[list[str]], list[str]]) -> None:
    """Edits the history that the address has now, and remembers it for undo."""
    items = _items_now(scene_key)
    before = st.session_state[state.EARLIER_HISTORIES]
    st.session_state[state.EARLIER_HISTORIES] = [*before, items][-_UNDO_STEPS:]
    choose_items(edit(items))


def _items_now(scene_key: str) -> list[str]:
    return read_asked(gateway.open_scene(scene_key), gateway.item_names(scene_key)).items


def _take_found(scene_key: str) -> None:
    """Callback: the item that was clicked goes to the chosen place, else to the end."""
    item, place = st.session_state[state.FOUND_ITEMS], st.session_state[state.HISTORY_ITEMS]
    st.session_state[state.FOUND_ITEMS] = st.session_state[state.HISTORY_ITEMS] = None
    if item is None:
        return
    if place is None:
        _change(scene_key, lambda items: [*items, item])
    else:
        _change(scene_key, lambda items: [*items[:place], item, *items[place + 1 :]])


def _remove(scene_key: str) -> None:
    place = st.session_state[state.HISTORY_ITEMS]
    st.session_state[state.HISTORY_ITEMS] = None
    if place is not None:
        _change(scene_key, lambda items: items[:place] + items[place + 1 :])


def _move_earlier(scene_key: str) -> None:
    _move(scene_key, -1)


def _move_later(scene_key: str) -> None:
    _move(scene_key, 1)


def _move(scene_key: str, step: int) -> None:
    """Moves the chosen place, which stays chosen, so that it can go on."""
    place = st.session_state[state.HISTORY_ITEMS]
    if place is None:
        return

    def swapped(items: list[str]) -> list[str]:
        moved = list(items)
        if 0 <= place + step < len(moved):
            moved[place], moved[place + step] = moved[place + step], moved[place]
            st.session_state[state.HISTORY_ITEMS] = place + step
        return moved

    _change(scene_key, swapped)


def _undo(scene_key: str) -> None:
    """Callback: the history before the last edit; the back button may have been there already."""
    st.session_state[state.HISTORY_ITEMS] = None
    earlier = list(st.session_state[state.EARLIER_HISTORIES])
    now = _items_now(scene_key)
    while earlier:
        items = earlier.pop()
        if items != now:
            choose_items(items)
            break
    st.session_state[state.EARLIER_HISTORIES] = earlier


def _clear(scene_key: str) -> None:
    st.session_state[state.HISTORY_ITEMS] = None
    _change(scene_key, lambda _: [])
