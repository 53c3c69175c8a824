"""What the cell of one scene is worth on another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from adarec.genotype import cell_name
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure, write_values


@dataclass(frozen=True)
class SceneTransferInfo(ChartInfo):
    """ndcg [scenes, scenes]: row = distilled and measured there, column = whose cell; NaN where
    nobody distilled it.
    """

    labels: list[str]
    ndcg: np.ndarray
    title: str = "A cell of one scene on another"
    explanation: str = (
        "NDCG@10 of a column's cell, distilled on a row's scene, against that scene's own cell. "
        "Above 0 % the foreign cell is better: then the scene did not need a cell of its own. "
        "One run each: a few percent either way may be chance."
    )

    @property
    def gains(self) -> np.ndarray:
        """[scenes, scenes] the foreign cell's NDCG@10 over the own cell's, less one."""
        return self.ndcg / np.diag(self.ndcg)[:, None] - 1

    def rows(self) -> Rows:
        """One row per scene, its NDCG@10 with every cell."""
        columns = [f"NDCG@10 with the cell of {label}" for label in self.labels]
        return [
            {"scene": label} | dict(zip(columns, row.tolist(), strict=True))
            for label, row in zip(self.labels, self.ndcg, strict=True)
        ]


def scene_transfer_info(results: Mapping[str, Mapping[str, Any]]) -> SceneTransferInfo:
    """`results` maps a scene to the contract's Result; foreign cells are among its controls."""
    labels = list(results)
    ndcg = np.full((len(labels), len(labels)), np.nan)
    for row, (scene, result) in enumerate(results.items()):
        models = {str(each["name"]): each for each in result.get("controls") or []}
        models[_from(scene)] = result["student"]
        for column, label in enumerate(labels):
            if found := models.get(_from(label)):
                ndcg[row, column] = float(found["metrics"]["ndcg@10"])
    return SceneTransferInfo(labels, ndcg)


def _from(scene: str) -> str:
    """What a result calls the control that has this scene's cell."""
    return f"from-{cell_name(scene)}"


def draw_scene_transfer(info: SceneTransferInfo) -> go.Figure:
    """A heat map with the gain written into every field; what was not distilled stays empty."""
    figure = new_figure(
        info, x="Cell of", y="Distilled on", plot_height=40 + 40 * len(info.labels)
    )
    gains = info.gains
    largest = max(0.01, float(np.nanmax(np.abs(gains))))
    figure.add_heatmap(
        z=gains,
        x=info.labels,
        y=info.labels,
        customdata=info.ndcg,
        zmin=-largest,
        zmax=largest,
        colorscale=colours.DIVERGING,
        hovertemplate="On %{y}, the cell of %{x}: NDCG@10 %{customdata:.4f}, %{z:+.1%} against "
        "its own cell<extra></extra>",
        hoverongaps=False,
        showscale=False,
        xgap=2,
        ygap=2,
    )
    write_values(figure, "+.1%", colours.DIVERGING)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return figure
