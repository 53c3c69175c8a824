"""What the film over the epochs of a search shows: the op probabilities of one epoch."""

from app.figures.cells.op_heat_map import draw_op_heat_map, op_heat_map_info
from app.gateway import EpochArrays
from app.panels.chart import show_chart


def show_op_weights(arrays: EpochArrays, edges: list[str], place: int) -> None:
    """The op probabilities of the edges that are called `edges`, at the epoch `place` of a
    search."""
    weights = arrays.arrays["op_weights"][place]
    epoch = int(arrays.epochs[place])
    info = op_heat_map_info(weights, epoch=epoch, edges=edges)
    show_chart(info, draw_op_heat_map(info), key="op_heat_map")
