"""How different the cells of several scenes are from each other."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from adarec.genotype import Genotype
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure, write_values

_MOST_WRITTEN = 12  # columns whose numbers still fit into their fields


@dataclass(frozen=True)
class CellDistancesInfo(ChartInfo):
    """distances [cells, cells]: the share of edges with different ops, 0 on the diagonal."""

    labels: list[str]
    distances: np.ndarray
    title: str = "Distance of the cells"
    explanation: str = (
        "Share of edges that carry different ops: 0 % is the same cell, 100 % agrees nowhere. Two "
        "cells drawn at random from eight ops differ in seven of eight edges, 88 %."
    )

    def rows(self) -> Rows:
        """One row per cell, one column per cell."""
        return [
            {"cell": label} | dict(zip(self.labels, row.tolist(), strict=True))
            for label, row in zip(self.labels, self.distances, strict=True)
        ]


def cell_distances_info(cells: Mapping[str, Genotype]) -> CellDistancesInfo:
    """Compares every pair; `cells` maps a label (scene, run) to its genotype."""
    values = [[one.distance(other) for other in cells.values()] for one in cells.values()]
    return CellDistancesInfo(list(cells), np.array(values))


def draw_cell_distances(info: CellDistancesInfo) -> go.Figure:
    """A heat map with the percentage written into every field."""
    figure = new_figure(info, plot_height=40 + 40 * len(info.labels), names=info.labels)
    figure.add_heatmap(
        z=info.distances,
        x=info.labels,
        y=info.labels,
        zmin=0,
        zmax=1,
        colorscale=colours.SEQUENTIAL,
        hovertemplate="%{y} and %{x} differ in %{z:.0%} of their edges<extra></extra>",
        showscale=len(info.labels) > _MOST_WRITTEN,
        colorbar={"thickness": 12, "tickformat": ".0%", "nticks": 5},
        xgap=2,
        ygap=2,
    )
    if len(info.labels) <= _MOST_WRITTEN:
        write_values(figure, ".0%")
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return figure
