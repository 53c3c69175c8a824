"""The cells of several scenes in a grid, each with its verdict and the way to its run."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from adarec.genotype import Genotype
from adarec.runs.result import items_seen
from app import gateway
from app.figures.cells.cell_graph import CellGraphInfo, explain_graphs
from app.panels.cells.cell_graphs import found_on, graphs_of_run, show_cell_graphs
from app.panels.errors import as_text
from app.panels.links import link


def show_scene_cells(
    results: Mapping[str, Mapping[str, Any]], cells: Mapping[str, Genotype]
) -> None:
    """Two scenes a row, explained once; `results` and `cells` map a scene to its run's result and
    its cell.
    """
    names = list(cells)
    graphs = {
        name: graphs_of_run(
            gateway.run(str(results[name]["run"])),
            cells[name],
            title=f"Cell of {name}{found_on(results[name])}",
        )
        for name in names
    }
    for start in range(0, len(names), 2):
        for column, name in zip(st.columns(2), names[start : start + 2], strict=False):
            with column:
                _show_cell(name, results[name], graphs[name])
    if names:
        st.caption(explain_graphs([graph for name in names for graph in graphs[name]]))


def _show_cell(name: str, result: Mapping[str, Any], graphs: Sequence[CellGraphInfo]) -> None:
    show_cell_graphs(graphs, key=f"cell_{name}", explain=False)
    st.markdown(f"**Verdict.** {as_text(gateway.with_times_sign(result['verdict']))}")
    facts = (
        f"{gateway.speed(result['speedup']['p50'])} than the teacher",
        f"sees the newest {items_seen(result)} items",
        "collapsed" if result["student"]["collapsed"] else "not collapsed",
    )
    st.caption(" · ".join(facts))
    link("architecture", f"How it formed ({result['run']}) →", run=result["run"])
