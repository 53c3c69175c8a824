"""Which of the newest items can influence a recommendation, after each cell of the student."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from adarec import catalog
from adarec.genotype import Genotype
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure


@dataclass(frozen=True)
class ReceptiveFieldInfo(ChartInfo):
    """shares [cells, positions]: the share of all paths that end at the item so many places
    back."""

    shares: np.ndarray
    field: int
    length: int
    title: str
    explanation: str = (
        "How many of the newest items the student sees. Each row is the student after one more "
        "cell. A coloured field means that this item of the history is seen; brighter means that "
        "more of the cell's paths lead to it."
    )

    def rows(self) -> Rows:
        """One row per cell and item that is seen."""
        cells, places = np.nonzero(self.shares)
        return [
            {
                "after cell": int(c) + 1,
                "items back": int(p),
                "share of paths": float(self.shares[c, p]),
            }
            for c, p in zip(cells, places, strict=True)
        ]


def op_offsets(op: catalog.Op) -> list[int]:
    """How many places back each input of `op` lies: dilated ones take every second place."""
    step = 2 if op.name.startswith("dil") else 1
    return list(range(0, op.reach + 1, step))


def cell_paths(genotype: Genotype) -> np.ndarray:
    """Number of paths [reach + 1] from the output of one cell to its input so many places back;
    the residual counts."""
    size = genotype.receptive_field(1)
    paths = {0: np.eye(1, size)[0]}
    for source, target, op_name in genotype.live_edges:
        node = paths.setdefault(target, np.zeros(size))
        for offset in op_offsets(catalog.find(catalog.OPS, op_name)):
            node[offset:] += paths[source][: size - offset]
    return np.asarray(sum(paths.values()))


def receptive_field_info(genotype: Genotype, *, num_cells: int, length: int) -> ReceptiveFieldInfo:
    """Convolves the paths of one cell after the other; `length` is the longest history that a
    request holds."""
    size = min(genotype.receptive_field(num_cells), length)
    shares = np.zeros((num_cells, size))
    reached = np.ones(1)
    for place, cell in enumerate(genotype.in_series(num_cells)):
        reached = np.convolve(reached, cell_paths(cell))
        reached = reached / reached.sum()
        kept = reached[:size]
        shares[place, : len(kept)] = kept
    field = genotype.receptive_field(num_cells)
    return ReceptiveFieldInfo(shares, field, length, _title(field, length))


def _title(field: int, length: int) -> str:
    """A field longer than any history sees all of it."""
    words = f"{field} of {length} items" if field < length else f"all {length} items"
    return f"Receptive field: {words}" + (f" (it could be {field})" if field > length else "")


def draw_receptive_field(info: ReceptiveFieldInfo) -> go.Figure:
    """A strip of positions a row, the newest item at the right."""
    figure = new_figure(
        info,
        x="items back from the newest",
        y="after cell",
        plot_height=20 + 36 * len(info.shares),
    )
    seen = np.where(info.shares > 0, info.shares, np.nan)
    figure.add_heatmap(
        z=seen,
        x=list(range(info.shares.shape[1])),
        y=[str(cell + 1) for cell in range(len(seen))],
        colorscale=colours.SEQUENTIAL,
        colorbar={"thickness": 12, "tickformat": ".0%", "nticks": 4},
        hovertemplate="%{x} items back, after cell %{y}: %{z:.1%} of the paths<extra></extra>",
        hoverongaps=False,
        xgap=1,
        ygap=3,
    )
    figure.update_xaxes(autorange="reversed", showgrid=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    return figure
