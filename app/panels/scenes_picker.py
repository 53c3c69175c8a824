"""Choosing several scenes at once."""

import streamlit as st

from app import state


def pick_scenes(
    names: list[str],
    *,
    key: str,
    usual: list[str],
    help_text: str,
    at_least: int = 1,
    example: str | None = None,
) -> list[str]:
    """The scenes in the address, else `usual`; a change is written into the address.

    An address that names fewer than `at_least` is filled up from `usual`. Where nothing is usual,
    an empty choice means all scenes. The scene `example` is marked as shown by the example run.
    """
    if key not in st.session_state:
        asked = [name for name in state.all_asked_for(state.SCENE) if name in names]
        others = [name for name in usual if name not in asked]
        st.session_state[key] = asked if len(asked) >= at_least else asked + others
    # A scene may be gone since it was chosen.
    st.session_state[key] = [name for name in st.session_state[key] if name in names]
    chosen: list[str] = st.multiselect(
        "Scenes",
        names,
        format_func=lambda name: f"{name} (example)" if name == example else name,
        key=key,
        on_change=state.choose_from,
        args=(state.SCENE, key),
        help=help_text,
        placeholder="All scenes" if not usual else "Choose scenes",
        wrap=True,
    )
    return chosen
