"""Two runs' cells side by side, with the edges marked that differ."""

import streamlit as st

from adarec.errors import RunError
from adarec.genotype import Genotype
from adarec.runs.records import RunRecord
from app import gateway, state
from app.figures.cells.cell_graph import CellGraphInfo, explain_graphs
from app.panels.cells.cell_graphs import graphs_of_run, show_cell_graphs
from app.panels.errors import as_text
from app.panels.runs.run_picker import run_label


def pick_second_run(first: RunRecord) -> RunRecord | None:
    """The run to compare `first` with: the one after `with=` in the address, None without one."""
    labels = {run.run: run_label(run) for run in gateway.runs() if run.run != first.run}
    second = _asked_for(first)
    if second is not None:
        labels.setdefault(second.run, run_label(second))
    if not labels:
        return None
    st.session_state[state.SECOND_RUN] = second.run if second else None
    st.selectbox(
        "Compare with",
        list(labels),
        format_func=lambda run: labels.get(run, run),
        index=None,
        key=state.SECOND_RUN,
        on_change=state.choose_second_run,
        placeholder="No other run",
        help="Shows both cells side by side and marks the edges that carry different ops.",
    )
    return second


def show_two_cells(first: RunRecord, second: RunRecord) -> None:
    """Both cells, their facts, and how many edges differ; then whose pictures follow."""
    _show_cells(first, second)
    st.markdown(f"Everything below is of **{as_text(first.title)}** alone.")


def _show_cells(first: RunRecord, second: RunRecord) -> None:
    cells = {run.run: gateway.genotype(run) for run in (first, second)}
    one, other = cells[first.run], cells[second.run]
    if one is None or other is None:
        missing = first if one is None else second
        st.info(f"Run {missing.run} has not chosen its cell yet, so there is nothing to compare.")
        return
    differing = len(one.differing_edges(other))
    count = one.count_edges(other)
    st.markdown(
        f"**{differing} of {count} edges carry different ops.** They are framed and marked ≠."
        if differing
        else f"**The two cells are the same**, edge by edge ({count} edges)."
    )
    left, right = st.columns(2)
    with left:
        graphs = _show_cell(first, one, other, key="cell")
    with right:
        graphs += _show_cell(second, other, one, key="second_cell")
    st.caption(explain_graphs(graphs))


def _show_cell(
    run: RunRecord, cell: Genotype, other: Genotype, *, key: str
) -> list[CellGraphInfo]:
    """Gives the graphs that are shown, for the words under all of them."""
    title = f"Cell of {run.title}"
    graphs = graphs_of_run(run, cell, title=title, compared_with=other, with_others=True)
    show_cell_graphs(graphs, key=key, explain=False)
    facts = [run_label(run), f"sees {cell.receptive_field(gateway.num_cells(run))} items"]
    if cell.is_collapsed:
        facts.append("collapsed: no edge with parameters reaches its output")
    st.caption(as_text(" · ".join(facts)))
    return graphs


def _asked_for(first: RunRecord) -> RunRecord | None:
    asked = state.asked_for(state.WITH)
    if not asked or asked == first.run:
        return None
    try:
        return gateway.run(asked)
    except RunError:
        st.warning(as_text(f"There is no run {asked} to compare with. Choose one of these."))
        return None
