"""Choosing the epoch that matrices and heat maps show."""

import numpy as np
import streamlit as st

from app import state


def pick_epoch(epochs: np.ndarray) -> int:
    """The place in `epochs` [E] that is looked at; the newest one at first."""
    if len(epochs) < 2:
        st.caption(f"Only epoch {int(epochs[0])} is recorded so far.")
        return 0
    numbers = [int(epoch) for epoch in epochs]
    if st.session_state.get(state.EPOCH_SLIDER) not in numbers:
        st.session_state[state.EPOCH_SLIDER] = numbers[-1]
    chosen = st.select_slider(
        "Epoch",
        numbers,
        key=state.EPOCH_SLIDER,
        help="Move it to see how the picture formed; the arrow keys work too.",
    )
    return numbers.index(chosen)
