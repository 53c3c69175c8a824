"""Choosing several scenes at once."""

import streamlit as st

from app import state


def pick_scenes(
    names: list[str],
    *,
    key: str,
    usual: list[str],
    help_text: str,
    example: str | None = None,
) -> list[str]:
    """The scenes in the address, else `usual`; a change is written into the address.

    Where nothing is usual, an empty choice means all scenes. The scene `example` is marked as
    shown by the example run.
    """
    asked = state.all_asked_for(state.SCENE)
    # At every drawing, so that the back button moves the box, too. A scene may be gone since.
    st.session_state[key] = [name for name in (usual if asked is None else asked) if name in names]
    chosen: list[str] = st.multiselect(
        "Scenes",
        names,
        format_func=lambda name: f"{name} (example)" if name == example else name,
        key=key,
        on_change=_choose,
        args=(key, not usual),
        help=help_text,
        placeholder="All scenes" if not usual else "Choose scenes",
        wrap=True,
    )
    return chosen


def _choose(key: str, is_usual_empty: bool) -> None:
    """What the box holds goes into the address; an emptied box as none at all, where that is not
    what the page shows unasked."""
    chosen = st.session_state[key]
    if chosen or not is_usual_empty:
        state.choose(state.SCENE, chosen or [""])
    else:
        state.forget(state.SCENE)
