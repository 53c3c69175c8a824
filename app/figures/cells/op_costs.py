"""What each op costs, and what the fixed rest of student and teacher cost beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure


@dataclass(frozen=True)
class OpCostsInfo(ChartInfo):
    """Cost of one use of each op in `unit`; `used` counts the edges of the found cell that carry
    it."""

    ops: list[str]
    costs: list[float]
    used: list[int]
    unit: str
    title: str
    explanation: str = (
        "Cost of one use of each op at this scene's sizes, by the table that steered the search. "
        "The label says how many edges of the found cell carry the op."
    )

    @property
    def use(self) -> str:
        """What one cost is paid for; parameters are there without a request."""
        return "per edge" if self.unit.endswith("parameters") else "per edge in one request"

    def rows(self) -> Rows:
        """One row per op."""
        return [
            {"op": op, f"cost ({self.unit})": cost, "edges that carry it": used}
            for op, cost, used in zip(self.ops, self.costs, self.used, strict=True)
        ]


def op_costs_info(
    costs: Mapping[str, float], *, unit: str, genotype_ops: Sequence[str] = ()
) -> OpCostsInfo:
    """Dearest op first; `genotype_ops` are the ops of the found cell, one an edge."""
    ops = sorted(costs, key=lambda op: -costs[op])
    used = [list(genotype_ops).count(op) for op in ops]
    return OpCostsInfo(ops, [costs[op] for op in ops], used, unit, f"Cost of one op ({unit})")


def draw_op_costs(info: OpCostsInfo) -> go.Figure:
    """Horizontal bars in the ops' colours; ops outside the cell are faded."""
    figure = new_figure(info, x=info.unit, plot_height=30 * len(info.ops), names=info.ops)
    figure.add_bar(
        y=info.ops,
        x=info.costs,
        orientation="h",
        marker={
            "color": [
                colours.faded(colours.op_colour(op), 1.0 if used else 0.4)
                for op, used in zip(info.ops, info.used, strict=True)
            ]
        },
        text=[f"{used} edge{'s' if used > 1 else ''}" if used else "" for used in info.used],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.4g} " + f"{info.unit} {info.use}<extra></extra>",
    )
    figure.update_xaxes(range=[0, 1.15 * (max(info.costs) or 1.0)])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure
