"""The history of the Try page in the address: a user's or items one by one, and the switch."""

from collections.abc import Collection
from dataclasses import dataclass

import streamlit as st

from adarec.data.scene import Scene
from app import state

MOST_ITEMS = 50  # of a history in the address: a link has to stay sendable
A_USER, ITEMS = "A user", "Items"
_RARE_REPEATS = 0.01  # below it people hardly come back to an item, so lists leave it out


@dataclass(frozen=True)
class Asked:
    """What the address asks for, as far as the scene knows it, with the scene's defaults.

    Attributes:
        way: A_USER or ITEMS.
        user: Whose history; None in a scene without users.
        items: The history in way ITEMS, oldest first.
        hides: Whether items of the history are left out of the lists.
        problem: A sentence on what was left out; empty where nothing was.
    """

    way: str
    user: str | None
    items: list[str]
    hides: bool
    problem: str


def enter_scene(scene_key: str) -> None:
    """Forgets what widgets and undo hold of another scene, and brings back what this session had
    chosen in this one when the page is opened anew without a history in its address."""
    if st.session_state.get(state.TRIED_SCENE) != scene_key:
        st.session_state[state.TRIED_SCENE] = scene_key
        st.session_state[state.EARLIER_HISTORIES] = []
        st.session_state[state.HISTORY_ITEMS] = None
        st.session_state[state.FIND_ITEMS] = st.session_state[state.FIND_USER] = ""
    # Streamlit forgets the widgets of a page that was left.
    is_opened = state.HISTORY_WAY not in st.session_state
    if is_opened and not any(name in st.query_params for name in state.OF_ONE_SCENE):
        state.rewrite(st.session_state.get(state.TRIED_HISTORIES, {}).get(scene_key, {}))
    tried = st.session_state.setdefault(state.TRIED_HISTORIES, {})
    tried[scene_key] = {name: (state.all_asked_for(name) or []) for name in state.OF_ONE_SCENE}


def read_asked(scene: Scene, known_items: Collection[str]) -> Asked:
    """The history that the address asks for.

    Args:
        scene: The scene of the run.
        known_items: Its item ids.
    """
    user = state.asked_for(state.HISTORY_USER)
    named = state.all_asked_for(state.HISTORY_ITEMS) or []
    known = [item for item in named if item in known_items]
    problems = []
    if user is not None and user not in scene.user_ids:
        problems.append(f"User {user} is not in this scene.")
        user = None
    if len(known) < len(named):
        unknown = [item for item in named if item not in known_items]
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        problems.append(
            f"Items that this scene does not have are left out: {', '.join(unknown[:3])}{more}."
        )
    if len(known) > MOST_ITEMS:
        problems.append(f"Of {len(known)} items in the address the last {MOST_ITEMS} are used.")
    way = state.asked_for(state.HISTORY_WAY)
    hides = state.asked_for(state.HIDE_CONSUMED)
    return Asked(
        way=way if way in (A_USER, ITEMS) else ITEMS if named else A_USER,
        user=user or next(iter(scene.user_ids), None),
        items=known[-MOST_ITEMS:],
        hides=hides == "true" if hides in ("true", "false") else hides_by_default(scene),
        problem=" ".join(problems),
    )


def hides_by_default(scene: Scene) -> bool:
    """Whether consumed items are left out while nobody has switched."""
    share: float = scene.summary["repeat_share"]
    return share < _RARE_REPEATS


def choose_items(items: list[str]) -> None:
    """Makes these the history of way ITEMS, newest last; more than MOST_ITEMS lose the oldest."""
    state.rewrite({state.HISTORY_WAY: [ITEMS], state.HISTORY_ITEMS: items[-MOST_ITEMS:]})
