"""Parts of a page that cost only when they are looked at: folded away, or drawn again alone."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.panels.errors import shown_errors


def draw_alone(draw: Callable[..., None], *args: Any) -> None:
    """Draws a part of the page; a change inside it draws that part again and no other."""
    st.fragment(_guarded)(draw, *args)


def _guarded(draw: Callable[..., None], *args: Any) -> None:
    # The frame around the page is not there when a part is drawn again.
    with shown_errors():
        draw(*args)


def folded(label: str, *, key: str) -> DeltaGenerator | None:
    """A closed expander; None until somebody opens it for the first time.

    From then on it is drawn also while it is closed, since widgets that are not drawn forget
    what was typed into them.
    """
    container = st.expander(label, key=key, on_change="rerun")
    was_opened = f"{key}_was_opened"
    if container.open:
        st.session_state[was_opened] = True
    return container if st.session_state.get(was_opened) else None
