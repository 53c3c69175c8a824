"""Choosing the run that a page looks at."""

import streamlit as st

from adarec.runs.records import RunRecord, RunSummary
from app import gateway, state
from app.panels.errors import as_text
from app.panels.links import empty_state

_STATE_WORDS = {
    "queued": "waiting",
    "running": "running",
    "succeeded": "finished",
    "failed": "failed",
    "cancelled": "stopped",
}


def state_word(run_state: str) -> str:
    """The word that pages use for a run's state."""
    return _STATE_WORDS.get(run_state, run_state)


def run_label(run: RunSummary) -> str:
    """One line that tells a run from the others."""
    parts = [run.run, run.scene, run.teacher or "", run.preset or "", f"seed {run.seed}"]
    if run.speedup_p50:
        parts.append(f"{run.speedup_p50:.1f}× faster")
    if run.state != "succeeded":
        parts.append(state_word(run.state))
    return " · ".join(part for part in parts if part)


def pick_run(runs: list[RunSummary] | None = None) -> RunRecord | None:
    """The run in the address, else the last one chosen, else the newest, with a box to change it.

    Draws an empty state and gives None when the workspace has no run. `?scene=` alone means the
    newest
    run of that scene.
    """
    runs = gateway.runs() if runs is None else runs
    if not runs:
        empty_state(
            "**No run yet.** Start a search for a scene; this page fills while it goes on.",
            url_path="search",
            label="Start a search",
            scene=state.asked_for(state.SCENE),
        )
        return None
    labels = {run.run: run_label(run) for run in runs}
    chosen = _wanted_run(runs)
    if chosen is not None and chosen not in labels:
        labels[chosen] = run_label(gateway.run(chosen))
    st.session_state[state.RUN_PICKER] = chosen
    st.selectbox(
        "Run",
        list(labels),
        format_func=lambda run: labels.get(run, run),
        key=state.RUN_PICKER,
        on_change=state.choose_from,
        args=(state.RUN, state.RUN_PICKER),
        placeholder="Choose a run",
        index=None if chosen is None else 0,
        help="Every run of this workspace, newest first. Type to filter by scene or teacher.",
    )
    if chosen is None:
        scene = state.asked_for(state.SCENE)
        empty_state(
            f"**Scene {as_text(scene or '')} has no run yet.** Start a search for it, or choose "
            f"a run above.",
            url_path="search",
            label="Start a search",
            scene=scene,
        )
        return None
    state.choose(state.RUN, chosen)
    state.forget(state.SCENE)
    return gateway.run(chosen)


def _wanted_run(runs: list[RunSummary]) -> str | None:
    asked = state.asked_for(state.RUN)
    if asked:
        return asked
    scene = state.asked_for(state.SCENE)
    if scene:
        of_scene = [run.run for run in runs if run.scene == scene]
        return of_scene[0] if of_scene else None
    last = state.remembered(state.RUN)
    return last if last and any(run.run == last for run in runs) else runs[0].run
