"""Trade-offs: accuracy against cost over all runs and scenes."""

import streamlit as st

from app import gateway, state
from app.panels.decision.tradeoff_plane import show_plane
from app.panels.errors import as_text
from app.panels.later import draw_alone
from app.panels.links import empty_state, link
from app.panels.runs.run_facts import show_result
from app.panels.runs.run_histories import show_histories
from app.panels.runs.run_picker import pick_run, state_word

st.title("Trade-offs")
st.caption(
    "What to ship: every finished run's teacher and student, with controls and count baselines "
    "beside them."
)
finished = gateway.finished_runs(state.asked_for(state.RUN))
if not finished:
    empty_state(
        "**No finished run yet.** Here every model is a point of accuracy against cost, with the "
        "front of those worth shipping: it decides which student to take. A run adds its points "
        "when it has measured its student.",
        url_path="search",
        label="Start or watch a search",
        scene=state.asked_for(state.SCENE),
    )
    st.stop()

run = pick_run(finished, finished_only=True)
draw_alone(show_plane, finished, run)
if run is not None:
    st.header(f"Run {as_text(run.title)}")
if run is not None and run.result:
    show_result(run.result)
    show_histories(run)
    with st.container(horizontal=True):
        link("architecture", "Its cell →", run=run.run)
        link("compare", "Compare scenes →", run=run.run)
        link("try", "Try it →", run=run.run)
        link("export", "Export it →", run=run.run)
elif run is not None:
    empty_state(
        f"**{as_text(run.title)} has measured nothing yet: it is {state_word(run.state)}.** Its "
        "teacher and student stand above when it has finished.",
        url_path="search",
        label="Watch it" if run.is_active else "See why, or resume it",
        run=run.run,
    )
