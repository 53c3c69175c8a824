"""Distillation: which teacher layers each student layer learns from, epoch by epoch."""

from functools import partial

import streamlit as st

from adarec import catalog
from app import gateway
from app.figures.layers.layer_weights import draw_layer_weights, layer_weights_info
from app.figures.learning.loss_curves import draw_loss_curves, loss_curves_info
from app.panels.cells.epoch_pictures import show_layers
from app.panels.cells.epoch_slider import play_epochs
from app.panels.chart import show_chart
from app.panels.links import link
from app.panels.runs.run_facts import nothing_recorded, show_state
from app.panels.runs.run_picker import pick_run

STEPS = {
    "Final student": gateway.DISTIL,
    "Search for the aggregation": gateway.AGGREGATION,
    "During the search": gateway.SEARCH,
}

st.title("Distillation")
st.caption(
    "What each student layer learned from: the mapping between the layers of teacher and student."
)
run = pick_run(
    none_yet="**No run yet.** Here you see which teacher layers each student layer learns from, "
    "epoch by epoch: whether the small model follows the large one, and where."
)
if run is None:
    st.stop()
show_state(run)
for entry in catalog.MAPPINGS:
    if entry.name == run.mapping:
        st.caption(f"Layer mapping: **{entry.title}**. {entry.description}")
recorded = {
    title: arrays
    for title, role in STEPS.items()
    if (arrays := gateway.epoch_arrays(run, role)) is not None and "mapping" in arrays.arrays
}
if not recorded:
    if run.mapping == "none":
        st.info(
            "This run was asked to distil no hidden layers (mapping: none), so there is no "
            "mapping to show."
        )
    else:
        nothing_recorded(run, "layer mapping")
    st.stop()

step = st.segmented_control(
    "Step",
    list(recorded),
    default=next(iter(recorded)),
    required=True,
    key="distillation_step",
    help="The supernet is distilled during the search; the student found is distilled again, "
    "alone. With DFA the weights of the teacher layers are searched between the two.",
)
shown = step or next(iter(recorded))
arrays, mapping = recorded[shown], gateway.layer_mapping(run, STEPS[shown])
if mapping != run.mapping:
    st.caption(f"In this step: **{catalog.find(catalog.MAPPINGS, mapping).title}**.")
play_epochs(
    arrays.epochs, partial(show_layers, arrays, mapping), film=("layers", STEPS[shown], run.run)
)
left, right = st.columns(2)
for column, role in ((left, "student"), (right, "teacher")):
    with column:
        weights = layer_weights_info(
            arrays.epochs, arrays.arrays[f"{role}_layer_weights"], role=role, mapping=mapping
        )
        show_chart(weights, draw_layer_weights(weights), key=f"{role}_layer_weights")
losses = gateway.curves(run, STEPS[shown])
if losses:
    parts = loss_curves_info(losses, stage_title="Distillation and task")
    show_chart(parts, draw_loss_curves(parts), key="losses")
link("tradeoffs", "What should I ship? →", run=run.run)
