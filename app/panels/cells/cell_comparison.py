"""Two runs' cells side by side, with the edges marked that differ."""

import streamlit as st

from adarec.genotype import Genotype
from adarec.runs.records import RunRecord
from app import gateway
from app.figures.cells.cell_graph import CellGraphInfo, explain_graphs
from app.panels.cells.cell_graphs import graphs_of_run, show_cell_graphs
from app.panels.errors import as_text
from app.panels.runs.run_picker import run_label


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
    field = min(cell.receptive_field(gateway.num_cells(run)), gateway.sequence_length(run))
    facts = [run_label(run), f"sees {field} items"]
    if cell.is_collapsed:
        facts.append("collapsed: no edge with parameters reaches its output")
    st.caption(as_text(" · ".join(facts)))
    return graphs
