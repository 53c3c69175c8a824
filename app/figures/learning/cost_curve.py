"""Expected speed-up of the cells that the search samples, against the target."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, mark_level, new_figure, show_epochs

COST_UNITS = {"latency": "ms", "flops": "M multiply-adds", "params": "k parameters"}

_MEANING = (
    "The curve is the teacher's cost over the cost that the supernet expects from its op "
    "probabilities, by the cost table. The dashed line is the target; the cell chosen "
    "at the end must lie above it."
)


@dataclass(frozen=True)
class CostCurveInfo(ChartInfo):
    """Expected cost and speed-up of each epoch, and the speed-up and cost asked for."""

    epochs: list[int]
    costs: list[float]
    speedups: list[float]
    target: float
    target_cost: float
    unit: str
    explanation: str
    title: str = "Expected speed-up"

    def rows(self) -> Rows:
        """One row per epoch."""
        return [
            {
                "epoch": epoch,
                f"expected cost ({self.unit})": cost,
                f"target cost ({self.unit})": self.target_cost,
                "expected speed-up (×)": speedup,
            }
            for epoch, cost, speedup in zip(self.epochs, self.costs, self.speedups, strict=True)
        ]


def cost_curve_info(
    epochs: Sequence[int],
    costs: Sequence[float],
    speedups: Sequence[float],
    *,
    target: float,
    cost: str,
) -> CostCurveInfo:
    """The curve of one search, at least one epoch long; `cost` is the catalogue's name of what is
    counted."""
    unit, teacher = COST_UNITS.get(cost, cost), costs[-1] * speedups[-1]
    now = (
        f"Epoch {epochs[-1]}: {costs[-1]:.3g} {unit} expected, target {teacher / target:.3g} "
        f"{unit} ({target:g}× under the teacher's {teacher:.3g} {unit})."
    )
    return CostCurveInfo(
        list(epochs),
        list(costs),
        list(speedups),
        target=target,
        target_cost=teacher / target,
        unit=unit,
        explanation=f"{now} {_MEANING}",
    )


def draw_cost_curve(info: CostCurveInfo) -> go.Figure:
    """The expected speed-up as a line, the target as a dashed level."""
    figure = new_figure(info, x="epoch", y="times cheaper than the teacher (×)")
    figure.add_scatter(
        x=info.epochs,
        y=info.speedups,
        customdata=info.costs,
        mode="lines+markers",
        name="expected",
        line={"color": colours.ROLE_COLOURS["student"]},
        hovertemplate="epoch %{x}: %{y:.2f}×, %{customdata:.3g} " + info.unit + "<extra></extra>",
        showlegend=False,
    )
    mark_level(figure, y=info.target, text=f"target {info.target:g}×")
    figure.update_yaxes(rangemode="tozero")
    return show_epochs(figure, info.epochs[-1])
