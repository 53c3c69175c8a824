"""The first-time tour: the three steps from a log to a student, until a run has finished."""

import streamlit as st

from app import gateway
from app.panels.links import link


def show_tour(scene: str | None) -> None:
    """Three steps side by side, each with what it is for and its link; nothing where a person's
    own run has finished."""
    own = [run for run in gateway.runs(with_archived=True) if not run.is_example]
    if any(run.state == "succeeded" for run in own):
        return
    example = next((run.run for run in gateway.runs() if run.is_example), None)
    with st.container(border=True):
        st.header("Three steps to a small recommender")
        first, second, third = st.columns(3)
        with first:
            st.markdown(
                "**1 · Choose a scene.** Upload a log below, or take one of the samples. This "
                "page says what kind of scene it is and whether the log is good enough."
            )
        with second:
            st.markdown(
                "**2 · Search.** A large teacher learns the scene, then a small student's cell is "
                "searched to fit your speed target. The quick preset takes minutes."
            )
            if own:
                link("search", "Watch your run →", run=own[0].run)
            else:
                link("search", "Start a search →", scene=scene)
        with third:
            st.markdown(
                "**3 · Decide and ship.** See why it got this cell, what it loses and gains "
                "against the teacher, try it, and download a folder that answers by itself."
            )
            if example:
                link("tradeoffs", "See it on the example run →", run=example)
