"""A history to recommend for: a user of the scene, or items one by one."""

import streamlit as st

from adarec.data.scene import Scene
from app import state
from app.panels.errors import as_text

_OFFERED = 2000


def pick_history(scene: Scene) -> list[str]:
    """Raw item ids, oldest first; empty while nothing is chosen.

    A user's history leaves out the last item, which is the one to be recommended.
    """
    way = st.segmented_control(
        "History from",
        ["A user", "Items"],
        default="A user",
        required=True,
        key="history_way",
        help="Take a user of the log, or build a history item by item.",
    )
    if way == "Items":
        return _pick_items(scene)
    return _pick_user(scene)


def _label(titles: dict[str, str | None], item_id: str) -> str:
    title = titles.get(item_id)
    return f"{title} ({item_id})" if title else item_id


def _titles(scene: Scene) -> dict[str, str | None]:
    return dict(zip(scene.item_ids, scene.titles, strict=True))


def _pick_user(scene: Scene) -> list[str]:
    users = scene.user_ids[:_OFFERED]
    user = st.selectbox(
        "User",
        users,
        key=state.HISTORY_USER,
        help=f"The first {len(users):,} users of the scene; type to filter.",
    )
    if user is None:
        return []
    history = [scene.item_ids[index - 1] for index in scene.history(users.index(user))]
    st.markdown(f"**Held out (what came next):** {as_text(_label(_titles(scene), history[-1]))}")
    return history[:-1]


def _pick_items(scene: Scene) -> list[str]:
    titles = _titles(scene)
    return st.multiselect(
        "Items, oldest first",
        scene.item_ids[:_OFFERED],
        format_func=lambda item_id: _label(titles, item_id),
        key=state.HISTORY_ITEMS,
        help=f"Type to search by title or id among the first {min(_OFFERED, scene.num_items):,} "
        f"items.",
    )
