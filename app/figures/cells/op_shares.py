"""Which ops the cells of several scenes are made of."""

from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go

from adarec import catalog
from adarec.genotype import Genotype
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure

_MOST_TICKS = 24


@dataclass(frozen=True)
class OpSharesInfo(ChartInfo):
    """counts[cell][op] is the number of edges of that cell which carry the op."""

    counts: dict[str, dict[str, int]]
    title: str = "Ops of each cell"
    explanation: str = (
        "Number of edges that carry an op, one bar a scene. Equal bars can still be wired "
        "differently. Where each cell of the stack has ops of its own, the edges of all count."
    )

    def rows(self) -> Rows:
        """One row per cell, one column per op."""
        return [{"cell": cell} | counts for cell, counts in self.counts.items()]


def op_shares_info(cells: Mapping[str, Genotype]) -> OpSharesInfo:
    """Counts the ops of every cell; `cells` maps a label (scene, run) to its genotype."""
    return OpSharesInfo(
        {
            label: {op: cell.ops.count(op) for op in catalog.OP_NAMES}
            for label, cell in cells.items()
        }
    )


def draw_op_shares(info: OpSharesInfo) -> go.Figure:
    """Stacked bars in the ops' colours."""
    figure = new_figure(info, x="edges", plot_height=20 + 38 * len(info.counts), names=info.counts)
    cells = list(info.counts)
    for op in catalog.OPS:
        values = [info.counts[cell][op.name] for cell in cells]
        if not any(values):
            continue
        colour = colours.op_colour(op.name)
        figure.add_bar(
            y=cells,
            x=values,
            name=op.title,
            orientation="h",
            marker={"color": colour},
            text=[op.name if value else "" for value in values],
            textfont={"color": colours.text_on(colour)},
            insidetextanchor="middle",
            hovertemplate="%{y}: %{x} edges carry " + op.title + "<extra></extra>",
        )
    figure.update_layout(barmode="stack", barcornerradius=0)
    most = max((sum(counts.values()) for counts in info.counts.values()), default=0)
    figure.update_xaxes(dtick=1 if most <= _MOST_TICKS else None, showgrid=False)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure
