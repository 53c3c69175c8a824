"""Choosing the run that a page looks at."""

import streamlit as st

from adarec.errors import RunError
from adarec.runs.records import RunRecord, RunSummary
from app import gateway, state
from app.panels.errors import as_text
from app.panels.example_note import show_example_note
from app.panels.links import empty_state

NO_RUN = "**No run yet.** Start a search for a scene; this page fills while it goes on."
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
    parts = [run.name or "", "example" if run.is_example else run.run, run.scene]
    parts += [run.taught_by, run.preset or "", f"seed {run.seed}"]
    parts += [f"adapted from {run.adapted_from}"] if run.adapted_from else []
    if run.speedup_p50:
        parts.append(gateway.speed(run.speedup_p50))
    if run.state != "succeeded":
        parts.append(state_word(run.state))
    if run.archived:
        parts.append("archived")
    return " · ".join(part for part in parts if part)


def pick_run(
    runs: list[RunSummary] | None = None,
    *,
    none_yet: str = NO_RUN,
    on_search_page: bool = False,
    finished_only: bool = False,
) -> RunRecord | None:
    """The run in the address, else the last one chosen, else the newest that has something to
    show, with a box to change it.

    `?scene=` alone means the newest run of that scene. Where there is no run to show, an empty
    state leads on and None comes back.

    Args:
        runs: The runs to choose from, newest first; all of the workspace by default.
        none_yet: What to say when there are none.
        on_search_page: The page itself can start a run, so no link to it is needed.
        finished_only: `runs` are those that have finished. One that goes on stays the run of this
            visit meanwhile, so that other pages lead back to it.
    """
    runs = gateway.runs() if runs is None else runs
    way_on = None if on_search_page else "search"
    if not runs:
        scene = state.asked_for(state.SCENE)
        empty_state(none_yet, url_path=way_on, label="Start a search", scene=scene)
        return None
    chosen, problem = _wanted_run(runs, with_stopped=on_search_page)
    labels = {run.run: run_label(run) for run in runs}
    scene_keys = {run.run: run.scene_key for run in runs}
    if chosen is not None:
        labels.setdefault(chosen.run, run_label(chosen))
        scene_keys[chosen.run] = chosen.scene_key
    st.session_state[state.RUN_PICKER] = chosen.run if chosen else None
    st.selectbox(
        "Run",
        list(labels),
        format_func=lambda run: labels.get(run, run),
        key=state.RUN_PICKER,
        on_change=state.choose_run,
        args=(scene_keys,),
        placeholder="Choose a run",
        index=None if chosen is None else 0,
        help="Every run of this workspace, newest first. Type to filter by name, scene, teacher.",
    )
    if chosen is None:
        scene = state.asked_for(state.SCENE)
        empty_state(problem, url_path=way_on, label="Start a search", scene=scene)
        return None
    watched = _watched_elsewhere(runs) if finished_only else None
    if watched is None:
        state.choose(state.RUN, chosen.run)
    else:
        state.rewrite({state.RUN: [chosen.run]})
        st.info(
            f"{as_text(watched.title)} has not finished: what it finds comes here when it has. "
            "This is another run meanwhile."
        )
    if chosen.is_example:
        show_example_note(chosen, with_link=not on_search_page)
    return chosen


def _watched_elsewhere(finished: list[RunSummary]) -> RunRecord | None:
    """The run of this visit, where it still goes on and is none of these."""
    last = state.remembered(state.RUN)
    if last is None or any(run.run == last for run in finished):
        return None
    return gateway.run(last) if gateway.run_state(last) in ("queued", "running") else None


def _wanted_run(runs: list[RunSummary], *, with_stopped: bool) -> tuple[RunRecord | None, str]:
    """The run to show, or None with the reason why there is none.

    Where nobody asked for one, a run that waits, failed or was stopped gives way to one that goes
    on or has finished, unless `with_stopped`: it may have nothing to show but a way to resume it.
    """
    asked = state.asked_for(state.RUN)
    if asked:
        try:
            return gateway.run(asked), ""
        except RunError:
            return (
                None,
                f"**There is no run {as_text(asked)} in this workspace.** Choose one above.",
            )
    scene = state.asked_for(state.SCENE)
    if scene:
        of_scene = [run.run for run in runs if run.scene == scene]
        if of_scene:
            return gateway.run(of_scene[0]), ""
        return (
            None,
            f"**Scene {as_text(scene)} has no run yet.** Start one, or choose a run above.",
        )
    last = state.remembered(state.RUN)
    known = last if any(run.run == last for run in runs) else None
    telling = [] if with_stopped else [r for r in runs if r.state in ("running", "succeeded")]
    return gateway.run(known or (telling or runs)[0].run), ""
