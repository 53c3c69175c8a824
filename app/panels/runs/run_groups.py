"""Runs in groups: a row for each scene, teacher, mapping, preset or state, and the list in that
order.
"""

from collections.abc import Callable
from statistics import median

import pandas as pd
import streamlit as st

from adarec.runs.records import RunSummary
from app import state
from app.panels.runs.run_picker import state_word

GROUPS: dict[str, Callable[[RunSummary], str]] = {
    "scene": lambda run: run.scene,
    "teacher": lambda run: run.taught_by,
    "mapping": lambda run: run.mapping or "",
    "preset": lambda run: run.preset or "",
    "state": lambda run: state_word(run.state),
}
_COLUMNS = {
    "best NDCG@10": st.column_config.NumberColumn(
        format="%.4f",
        help="Of the group's students, on the test item; empty where a group has several "
        "scenes, which do not compare.",
    ),
    "median speed-up (×)": st.column_config.NumberColumn(
        format="%.1f", help="Teacher over student, of the group's finished runs."
    ),
}


def group_runs(runs: list[RunSummary]) -> list[RunSummary]:
    """A choice of what to group by, what the groups have in common, and the runs in their order;
    the address keeps the choice."""
    chosen = st.selectbox(
        "Group by",
        list(GROUPS),
        index=None,
        key=state.GROUP_BY,
        placeholder="Nothing",
        bind="query-params",
        width=240,
    )
    if chosen is None or not runs:
        return runs
    groups = grouped(runs, chosen)
    table = pd.DataFrame([{chosen: name} | summary(group) for name, group in groups.items()])
    st.dataframe(table, hide_index=True, column_config=_COLUMNS, placeholder="–", key="run_groups")
    return [run for group in groups.values() for run in group]


def grouped(runs: list[RunSummary], by: str) -> dict[str, list[RunSummary]]:
    """The runs of each group, groups by name, runs in their order."""
    found: dict[str, list[RunSummary]] = {}
    for run in runs:
        found.setdefault(GROUPS[by](run), []).append(run)
    return dict(sorted(found.items()))


def summary(runs: list[RunSummary]) -> dict[str, object]:
    """What a group's row says."""
    finished = [run for run in runs if run.student_ndcg_at_10 is not None]
    # Metrics of different scenes do not compare.
    comparable = finished if len({run.scene for run in finished}) == 1 else []
    best = max(comparable, key=lambda run: run.student_ndcg_at_10 or 0.0, default=None)
    speedups = [run.speedup_p50 for run in finished if run.speedup_p50 is not None]
    return {
        "runs": len(runs),
        "with a result": len(finished),
        "best NDCG@10": best.student_ndcg_at_10 if best else None,
        "best run": best.title if best else None,
        "median speed-up (×)": median(speedups) if speedups else None,
    }
