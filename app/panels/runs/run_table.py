"""The list of runs; choosing a row opens that run."""

import zlib
from datetime import datetime

import pandas as pd
import streamlit as st

from adarec.runs.records import RunSummary
from app import gateway, state
from app.panels.later import draw_alone, folded
from app.panels.runs.run_filter import filter_runs, is_list_asked_for
from app.panels.runs.run_groups import group_runs
from app.panels.runs.run_picker import state_word

_COLUMNS = {
    "NDCG@10 teacher": st.column_config.NumberColumn(format="%.4f", help="On the test item."),
    "NDCG@10 student": st.column_config.NumberColumn(format="%.4f", help="On the test item."),
    "student (ms)": st.column_config.NumberColumn(
        format="%.3f", help="Median of one request, onnxruntime, batch 1, one thread."
    ),
    "speed-up (×)": st.column_config.NumberColumn(format="%.1f", help="Teacher over student."),
    "tags": st.column_config.ListColumn(),
    "started": st.column_config.DatetimeColumn(format="D MMM, HH:mm"),
}


def list_runs() -> None:
    """Every run of the workspace with the widgets that narrow the list down and group it."""
    show_runs(group_runs(filter_runs(gateway.runs(with_archived=True))))


def offer_list() -> None:
    """The list in a drawer, for who came to see one run: it is open where the address asks for
    the list, and else until somebody opens it not drawn."""
    if is_list_asked_for():
        st.session_state.setdefault(state.ALL_RUNS, True)
    drawer = folded("All runs: find, filter, group", key=state.ALL_RUNS)
    if drawer is not None:
        with drawer:
            draw_alone(list_runs)


def show_runs(runs: list[RunSummary]) -> None:
    """A sortable table, newest first."""
    if not runs:
        st.info("No run matches. Change the words or the choices above.")
        return
    with_names = any(run.name for run in runs)
    table = pd.DataFrame(
        [
            ({"name": run.name} if with_names else {})
            | {
                "run": run.run,
                "scene": run.scene,
                "state": state_word(run.state),
                "teacher": run.taught_by or None,
                "preset": run.preset,
                "mapping": run.mapping,
                "seed": run.seed,
                "NDCG@10 teacher": run.teacher_ndcg_at_10,
                "NDCG@10 student": run.student_ndcg_at_10,
                "student (ms)": run.student_latency_p50_ms,
                "speed-up (×)": run.speedup_p50,
                "started": datetime.fromtimestamp(run.created_at),
                "tags": run.tags,
                "notes": run.notes,
                "verdict": gateway.with_times_sign(run.verdict or "") or None,
            }
            for run in runs
        ]
    )
    event = st.dataframe(
        table,
        hide_index=True,
        column_config=_COLUMNS,
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        # A selection is a row's place: it must not outlive a list in which another run has it.
        key=f"run_table_{zlib.crc32(' '.join(run.run for run in runs).encode())}",
    )
    rows = event["selection"]["rows"]
    if rows and rows[0] < len(runs) and st.session_state.get("opened_row") != runs[rows[0]].run:
        st.session_state["opened_row"] = runs[rows[0]].run
        state.choose(state.RUN, runs[rows[0]].run)
        st.rerun()
