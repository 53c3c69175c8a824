"""Adapt: carry a student from a labelled scene to one whose next items nobody has told it."""

import streamlit as st

from adarec import catalog
from app import gateway, state
from app.panels.errors import shown_errors
from app.panels.links import empty_state, link
from app.panels.runs.adaptation_result import show_adaptation, show_runs_of_pair
from app.panels.runs.job_progress import show_charts, show_status
from app.panels.runs.run_facts import show_result
from app.panels.runs.run_keeping import keep_run
from app.panels.runs.run_picker import pick_run
from app.panels.runs.settings_form import choose_preset, choose_settings
from app.panels.scenes.pair_picker import pick_pair

_PARADIGMS = {entry.name: entry for entry in catalog.PARADIGMS}

st.title("Adapt")
st.caption(
    "A teacher learns a labelled scene; its student also listens to it on the histories of "
    "another scene, without that scene's next items. Good for a new season, a new market or new "
    "customers with the same catalogue."
)
with st.container(border=True):
    st.header("New adaptation")
    pair = pick_pair()
    if pair is not None:
        paradigm = st.segmented_control(
            "Where the student listens to the teacher",
            list(_PARADIGMS),
            format_func=lambda name: _PARADIGMS[name].title,
            default="both",
            required=True,
            key=state.PARADIGM,
            bind="query-params",
            help="  \n".join(f"**{p.title}**: {p.description}" for p in _PARADIGMS.values()),
        )
        teacher, preset = choose_preset()
        overrides = choose_settings(preset, teacher)
        if st.button("Start adaptation", key=state.START_ADAPTATION, type="primary"):
            with shown_errors():
                started = gateway.start_adaptation(
                    pair.source,
                    pair.target,
                    paradigm=paradigm or "both",
                    items_map=pair.items_map,
                    preset=preset,
                    teacher=teacher,
                    overrides=overrides,
                )
                state.choose(state.RUN, started)
                st.rerun()

runs = gateway.adaptations()
if runs:
    st.header("Watch an adaptation")
run = pick_run(
    runs,
    none_yet="**No adaptation yet.** Here you see what the target's histories were worth: the "
    "adapted student between the one that never saw them and the one that knew their labels. "
    "Choose two scenes above and start; quick takes minutes.",
    on_search_page=True,
)
if run is None:
    st.stop()
if "adaptation" not in run.settings:
    empty_state(
        f"**{run.run} is a search of one scene.** Choose an adaptation above, or start one.",
        url_path="search",
        label="See it on the Search page",
        run=run.run,
    )
    st.stop()
show_status(run)
keep_run(run)
if run.result:
    show_result(run.result)
    show_adaptation(run)
    show_runs_of_pair(run, runs)
show_charts(run)
with st.container(horizontal=True):
    link("architecture", "Why this cell? →", run=run.run)
    link("try", "Ask the student →", run=run.run)
    link("export", "Take it away →", run=run.run)
