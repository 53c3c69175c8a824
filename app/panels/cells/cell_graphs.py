"""The graph of a cell, or of each cell of a stack where they differ."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from adarec.genotype import Genotype
from adarec.runs.records import RunRecord
from app import gateway
from app.figures.cells.cell_graph import (
    CellGraphInfo,
    cell_graph_infos,
    draw_cell_graph,
    explain_graphs,
)
from app.panels.chart import show_chart


def graphs_of_run(
    run: RunRecord,
    cell: Genotype,
    *,
    title: str | None = None,
    compared_with: Genotype | None = None,
    with_others: bool = False,
) -> list[CellGraphInfo]:
    """The graphs of the run's cell, with the probabilities and the costs that its search knew; see
    `cell_graph_infos`."""
    return cell_graph_infos(
        cell,
        op_weights=gateway.op_weights_of(run, cell),
        costs=gateway.op_costs(run),
        title=title,
        compared_with=compared_with,
        with_others=with_others,
    )


def found_on(result: Mapping[str, Any]) -> str:
    """What a cell's title adds where a result's cell was found on another scene than its own."""
    adapted = result.get("adaptation")
    return f", found on {adapted['source']}" if adapted else ""


def show_cell_graphs(
    graphs: Sequence[CellGraphInfo], *, key: str, columns: int = 1, explain: bool = True
) -> None:
    """The graphs, `columns` in a row; one alone has the whole width. Several are explained once,
    under all of them."""
    columns = min(columns, len(graphs))
    for start in range(0, len(graphs), columns):
        places = st.columns(columns) if columns > 1 else [st.container()]
        row = enumerate(graphs[start : start + columns], start=start + 1)
        for container, (number, graph) in zip(places, row, strict=False):
            with container:
                show_chart(
                    graph,
                    draw_cell_graph(graph),
                    key=key if number == 1 else f"{key}_{number}",
                    explain=explain and len(graphs) == 1,
                )
    if explain and len(graphs) > 1:
        st.caption(explain_graphs(graphs))
