"""A run while it goes on: steps, time left, curves. Updates itself without moving the page."""

import streamlit as st

from adarec.runs.records import RunRecord
from app import gateway, state
from app.gateway.steps import CONTROL, StepProgress
from app.panels.errors import as_text, shown_errors
from app.panels.runs.live_charts import show_live_charts
from app.panels.runs.run_picker import state_word
from app.panels.runs.waiting import INTERRUPTED, NO_WORKER, has_worker, waiting_words

_STATUS_S = 1.9
_CHARTS_S = 2


def show_status(run: RunRecord) -> None:
    """Steps, time left and buttons; asks again by itself while the run waits or computes."""
    st.fragment(_status, run_every=_STATUS_S if run.is_active else None)(run.run, run.state)


def show_charts(run: RunRecord) -> None:
    """The curves so far; new points appear by themselves while the run computes."""
    st.fragment(_charts, run_every=_CHARTS_S if run.is_active else None)(run.run)


def _status(run_id: str, drawn_state: str) -> None:
    with shown_errors():
        run = gateway.run(run_id)
        if run.state != drawn_state:
            # The rest of the page (buttons, list of runs, result) belongs to the new state.
            st.rerun()
        with st.container(border=True):
            steps = gateway.progress(run)
            is_interrupted = gateway.is_interrupted(run.run)
            _show_headline(run, steps, is_interrupted=is_interrupted)
            if is_interrupted:
                st.warning(INTERRUPTED)
            _show_steps(steps)
            _show_buttons(run, is_interrupted=is_interrupted)
            _show_log(run)


def _charts(run_id: str) -> None:
    with shown_errors():
        show_live_charts(gateway.run(run_id))


def _show_headline(run: RunRecord, steps: list[StepProgress], *, is_interrupted: bool) -> None:
    done = sum(step.is_complete for step in steps)
    current = next((step for step in steps if step.is_current), None)
    if run.state == "queued":
        text = waiting_words(run)
    elif is_interrupted:
        text = "Interrupted"
    elif current is not None and run.is_active:
        left = current.seconds_left
        parts = [f"{current.title}: {current.message or 'preparing'}"]
        if left:
            parts.append(f"{gateway.duration(left)} left in this step")
        text = ", ".join(parts)
    elif run.state == "failed":
        text = "Failed"
        st.error(as_text(run.error or "The run left no cause; its log below may have one."))
    else:
        text = state_word(run.state).capitalize()
    fraction = sum(step.fraction for step in steps) / max(1, len(steps))
    st.progress(min(1.0, fraction), text=f"**{as_text(run.title)}** · {as_text(text)}")
    if not has_worker(run):
        st.warning(NO_WORKER)
    st.caption(
        f"{done} of {len(steps)} steps complete · {_clock(run)}. Steps that an earlier run "
        "already computed are used again."
    )


def _clock(run: RunRecord) -> str:
    """How long ago the run started or was resumed, or from when until when it took."""
    started = run.started_at or run.created_at
    since_start = gateway.elapsed(started, run.finished_at)
    resumed = run.queued_at if run.queued_at and run.queued_at > started else None
    if run.finished_at is not None:
        return f"{since_start} from start to end" + (", breaks included" if resumed else "")
    if resumed:
        since_resume = gateway.elapsed(resumed, None)
        return f"{since_start} since the start, {since_resume} since it was resumed"
    return f"{since_start} since the start"


def _show_steps(steps: list[StepProgress]) -> None:
    """A column a step; the controls, which may be a dozen, have one together."""
    controls = [step for step in steps if step.role.startswith(CONTROL)]
    parts = [[step] for step in steps if step not in controls]
    if controls:
        parts.insert(-1, controls)  # they are measured together, last
    for column, part in zip(st.columns(max(1, len(parts))), parts, strict=True):
        title = part[0].title if len(part) == 1 else "Distil controls"
        weight = "**" if any(step.is_current for step in part) else ""
        column.markdown(f"{weight}{title}{weight}  \n:small[{_mark(part)}]")


def _mark(part: list[StepProgress]) -> str:
    done = sum(step.is_complete for step in part)
    fraction = sum(step.fraction for step in part) / len(part)
    if done == len(part):
        return "done"
    if done:
        return f"{done} of {len(part)}"
    return f"{fraction:.0%}" if fraction else "open"


def _show_buttons(run: RunRecord, *, is_interrupted: bool) -> None:
    # No `help` on these buttons: Streamlit then draws each twice, one of them hidden.
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.is_active:
            is_ending = run.is_stopping and not is_interrupted
            if st.button("Stop", key=state.STOP_SEARCH, disabled=is_ending):
                with shown_errors():
                    gateway.stop_search(run.run)
                    st.rerun()
            st.caption("Stops within seconds and keeps what was computed; it can be resumed.")
        if run.is_resumable or is_interrupted:
            if st.button("Resume", key=state.RESUME_SEARCH, type="primary"):
                with shown_errors():
                    gateway.resume_search(run.run)
                    st.rerun()
            st.caption("Goes on from the last checkpoint.")


def _show_log(run: RunRecord) -> None:
    """The last lines of the run's process, for a run that goes on or did not finish."""
    if run.state == "succeeded":
        return
    log = st.expander(
        "Last lines of the log",
        expanded=run.state == "failed",
        key=f"{state.WORKER_LOG}_{run.run}_{run.state}",
        on_change="rerun",
    )
    if not log.open:
        return
    with log:
        lines = gateway.log_tail(run.run)
        if lines:
            st.code("\n".join(lines), language=None, wrap_lines=True)
        else:
            st.caption("No worker has written a line for this run here, so far.")
