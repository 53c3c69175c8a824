"""Architecture: which cell was found, how it formed, what it sees and what it costs."""

from functools import partial

import streamlit as st

from app import gateway, state
from app.figures.cells.op_costs import draw_op_costs, op_costs_info
from app.figures.cells.receptive_field import draw_receptive_field, receptive_field_info
from app.figures.labels import edge_labels
from app.figures.learning.op_curves import draw_op_curves, op_curves_info
from app.panels.cells.cell_choice import show_cell_choice
from app.panels.cells.cell_comparison import show_two_cells
from app.panels.cells.cell_graphs import graphs_of_run, show_cell_graphs
from app.panels.cells.epoch_pictures import show_op_weights
from app.panels.cells.epoch_slider import play_epochs
from app.panels.cells.search_course import show_course
from app.panels.chart import show_chart
from app.panels.later import folded
from app.panels.links import link
from app.panels.runs.run_facts import nothing_recorded, show_state
from app.panels.runs.run_picker import pick_run
from app.panels.runs.second_run import pick_second_run

st.title("Architecture")
st.caption(
    "Why this cell: the op that every edge of the student's cell carries, and how the search came "
    "to it."
)
run = pick_run(
    none_yet="**No run yet.** Here you see the cell that a search found, how each edge came to "
    "its op, and what it costs: the answer to why a scene got this architecture."
)
if run is None:
    st.stop()
second = pick_second_run(
    run, shows="Shows both cells side by side and marks the edges that carry different ops."
)
show_state(run)
arrays = gateway.epoch_arrays(run, gateway.SEARCH)
cell = gateway.genotype(run)
costs = gateway.op_costs(run)
weights = arrays.arrays["op_weights"] if arrays else None
edges = [] if weights is None else edge_labels(weights.shape[1], gateway.num_own_cells(run))

if cell is None and weights is None:
    nothing_recorded(run, "architecture")
    st.stop()

if second is not None:
    show_two_cells(run, second)
graphs = []
if cell is not None and second is None:
    if cell.is_collapsed:
        st.warning("This cell is collapsed: no edge with parameters reaches its output.")
    graphs = graphs_of_run(run, cell, with_others=True)
if len(graphs) > 1:
    show_cell_graphs(graphs, key="cell", columns=2)
left, right = st.columns([3, 2])
with left:
    if cell is None:
        st.info("The cell is chosen when the search ends; the heat map shows where it is heading.")
    elif len(graphs) == 1:
        show_cell_graphs(graphs, key="cell")
    show_cell_choice(run)
    if arrays is not None and weights is not None:
        shown = partial(show_op_weights, arrays, edges)
        play_epochs(arrays.epochs, shown, film=("search", run.run))
with right:
    if cell is not None:
        num_cells, length = gateway.num_cells(run), gateway.sequence_length(run)
        field = receptive_field_info(cell, num_cells=num_cells, length=length)
        show_chart(field, draw_receptive_field(field), key="receptive_field")
    if costs:
        ops = cell.ops if cell else ()
        table = op_costs_info(costs["ops"], unit=costs["unit"], genotype_ops=ops)
        show_chart(table, draw_op_costs(table), key="op_costs")
if arrays is not None and weights is not None:
    over_time = op_curves_info(arrays.epochs, weights, edges)
    show_chart(over_time, draw_op_curves(over_time), key="op_curves")
    course = folded("Share of each op, and how undecided the edges were", key=state.COURSE)
    if course is not None:
        with course:
            show_course(run, arrays)
link("distillation", "What did each student layer learn from? →", run=run.run)
