"""The graph of a cell, or of each cell of a stack where they differ."""

from collections.abc import Sequence

import streamlit as st

from app.figures.cell_graph import CellGraphInfo, draw_cell_graph
from app.panels.chart import show_chart


def show_cell_graphs(
    graphs: Sequence[CellGraphInfo], *, key: str, columns: int = 1, explain: bool = True
) -> None:
    """The graphs, `columns` in a row; one alone has the whole width. The last is explained."""
    columns = min(columns, len(graphs))
    for start in range(0, len(graphs), columns):
        row = list(enumerate(graphs[start : start + columns], start=start))
        places = st.columns(columns) if columns > 1 else [st.container()]
        for container, (place, graph) in zip(places, row, strict=False):
            with container:
                show_chart(
                    graph,
                    draw_cell_graph(graph),
                    key=key if place == 0 else f"{key}_{place + 1}",
                    explain=explain and place == len(graphs) - 1,
                )
