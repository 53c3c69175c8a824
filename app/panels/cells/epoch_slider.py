"""Choosing the epoch that matrices and heat maps show, and playing all of them like a film."""

import time
from collections.abc import Callable, Hashable

import numpy as np
import streamlit as st

from app import state

PACE_S = 0.7
_PLAYING = "epochs_playing"
_SHOWN_AT = "epoch_shown_at"
_FILM = "epoch_film"
_IN_ADDRESS = "epoch_in_address"  # as the slider left it there, or found it


def play_epochs(epochs: np.ndarray, draw: Callable[[int], None], *, film: Hashable) -> None:
    """A slider over `epochs` [E] with a play button; below them what `draw` draws for the place in
    `epochs` that is looked at: the one in the address, else the newest one at first.

    Only this part of the page is drawn again when the slider moves. The address follows the hand
    and the end of a film, not the film itself: each change of it is a step of the back button.

    Args:
        epochs: [E], ascending.
        draw: Called with a place in `epochs`.
        film: What the epochs are of; another film starts at its own newest epoch.
    """
    numbers = [int(epoch) for epoch in epochs]
    _obey_address(numbers, film)
    if len(epochs) < 2:
        st.caption(f"Only epoch {int(epochs[0])} is recorded so far.")
        draw(0)
        return
    is_playing = bool(st.session_state.get(_PLAYING))
    player = st.fragment(_player, run_every=PACE_S if is_playing else None)
    player(numbers, draw, is_playing)


def epoch_after(numbers: list[int], current: int) -> int:
    """The next epoch of a film that stops at its end."""
    return numbers[min(numbers.index(current) + 1, len(numbers) - 1)]


def _obey_address(numbers: list[int], film: Hashable) -> None:
    """Puts the slider where a link, a reload or the back button wants it, and a new film to its
    end."""
    asked = state.asked_for(state.EPOCH)
    is_news = asked != st.session_state.get(_IN_ADDRESS)
    is_new_film = st.session_state.get(_FILM) != film
    # Pages share the key of the slider. Streamlit forgets its place on a page without it, and puts
    # one that it meets on another page to its first epoch unless it is told a place.
    place = st.session_state.get(state.EPOCH_SLIDER)
    if not (is_news or is_new_film) and place is not None:
        # Told again: a click elsewhere may have ended the run in which it was told first.
        st.session_state[state.EPOCH_SLIDER] = place
        return
    st.session_state[_FILM] = film
    wanted = int(asked) if asked and asked.isdecimal() else None
    if wanted not in numbers or (is_new_film and not is_news):
        # Another film's epoch, or one that is none: the address would say what is not shown.
        state.forget(state.EPOCH)
        wanted = numbers[-1]
    st.session_state[state.EPOCH_SLIDER] = wanted
    st.session_state[_IN_ADDRESS] = state.asked_for(state.EPOCH)
    _pause()


def _player(numbers: list[int], draw: Callable[[int], None], drawn_playing: bool) -> None:
    if st.session_state.get(state.EPOCH_SLIDER) not in numbers:
        st.session_state[state.EPOCH_SLIDER] = numbers[-1]
    _move_on(numbers)
    if bool(st.session_state.get(_PLAYING)) != drawn_playing:
        # The clock that calls this function belongs to the whole page.
        st.rerun()
    left, right = st.columns([6, 1], vertical_alignment="bottom")
    chosen = left.select_slider(
        "Epoch",
        numbers,
        key=state.EPOCH_SLIDER,
        on_change=_tell_address,
        help="Move it to see how the picture formed; the arrow keys work too.",
    )
    right.button(
        "Pause" if drawn_playing else "Play",
        key=state.PLAY_EPOCHS,
        on_click=_stop if drawn_playing else _play,
        args=() if drawn_playing else (numbers,),
        width="stretch",
    )
    draw(numbers.index(chosen))


def _move_on(numbers: list[int]) -> None:
    """One epoch further while the film runs and the last picture was seen long enough."""
    if not st.session_state.get(_PLAYING):
        return
    now = time.monotonic()
    if now - st.session_state.get(_SHOWN_AT, now) >= 0.7 * PACE_S:
        current = st.session_state[state.EPOCH_SLIDER]
        st.session_state[state.EPOCH_SLIDER] = epoch_after(numbers, current)
        st.session_state[_SHOWN_AT] = now
    if st.session_state[state.EPOCH_SLIDER] == numbers[-1]:
        _stop()


def _play(numbers: list[int]) -> None:
    if st.session_state.get(state.EPOCH_SLIDER) == numbers[-1]:
        st.session_state[state.EPOCH_SLIDER] = numbers[0]
    st.session_state[_PLAYING] = True
    st.session_state[_SHOWN_AT] = time.monotonic()


def _pause() -> None:
    st.session_state[_PLAYING] = False


def _stop() -> None:
    _pause()
    _tell_address()


def _tell_address() -> None:
    """The epoch that is looked at becomes part of the address."""
    state.choose(state.EPOCH, str(st.session_state[state.EPOCH_SLIDER]))
    st.session_state[_IN_ADDRESS] = state.asked_for(state.EPOCH)
