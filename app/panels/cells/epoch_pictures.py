"""What the film over the epochs shows on its pages: one picture, or three, of one epoch."""

import streamlit as st

from app.figures.cells.op_heat_map import draw_op_heat_map, op_heat_map_info
from app.figures.layers.layer_flow import draw_layer_flow, layer_flow_info
from app.figures.layers.layer_matrix import draw_layer_matrix, layer_matrix_info
from app.gateway import EpochArrays
from app.panels.chart import show_chart


def show_op_weights(arrays: EpochArrays, edges: list[str], place: int) -> None:
    """The op probabilities of the edges that are called `edges`, at the epoch `place` of a
    search."""
    weights = arrays.arrays["op_weights"][place]
    epoch = int(arrays.epochs[place])
    info = op_heat_map_info(weights, epoch=epoch, edges=edges)
    show_chart(info, draw_op_heat_map(info), key="op_heat_map")


def show_layers(arrays: EpochArrays, mapping: str, place: int) -> None:
    """Mapping, distances and flow between layers at the epoch `place` of a distillation by layer
    mapping `mapping`."""
    epoch = int(arrays.epochs[place])
    for column, kind in zip(st.columns(2), ("mapping", "distance"), strict=True):
        with column:
            values = arrays.arrays[kind][place]
            matrix = layer_matrix_info(values, kind=kind, epoch=epoch, mapping=mapping)
            show_chart(matrix, draw_layer_matrix(matrix), key=kind)
    flow = layer_flow_info(arrays.arrays["mapping"][place], epoch=epoch, mapping=mapping)
    show_chart(flow, draw_layer_flow(flow), key="flow")
