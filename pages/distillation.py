"""Distillation: which teacher layers each student layer learns from, epoch by epoch."""

from functools import partial

import streamlit as st

from adarec import catalog
from app import gateway, state
from app.figures.layers.layer_weights import draw_layer_weights, layer_weights_info
from app.panels.cells.epoch_slider import play_epochs
from app.panels.chart import show_chart
from app.panels.errors import as_text
from app.panels.layers.layer_pictures import (
    STEPS,
    beside,
    recorded_layers,
    show_layers,
    show_two_mappings,
)
from app.panels.links import link
from app.panels.runs.run_facts import nothing_recorded, show_state
from app.panels.runs.run_picker import pick_run, run_label
from app.panels.runs.run_pictures import losses_picture
from app.panels.runs.second_run import pick_second_run

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
asked, scene = run.mapping, run.scene
second = pick_second_run(
    run,
    shows="Shows the mappings of both runs side by side. Runs of the same scene with another "
    "mapping come first.",
    label=lambda each: f"{each.mapping} · {run_label(each)}",
    is_near=lambda each: each.scene == scene and each.mapping not in (asked, "none"),
)
show_state(run)
for entry in catalog.MAPPINGS:
    if entry.name == run.mapping:
        st.caption(f"Layer mapping: **{entry.title}**. {entry.description}")
blocks, layers = (gateway.setting(run, f"teacher.num_{what}") for what in ("blocks", "layers"))
if run.teacher == "nextitnet" and blocks != layers:
    st.caption(
        f"The teacher's {blocks} blocks are offered as {layers} layers, each the state after an "
        "equal share of them."
    )
recorded = recorded_layers(run)
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
    key=state.DISTILLATION_STEP,
    bind="query-params",
    help="The supernet is distilled during the search; the student found is distilled again, "
    "alone. With DFA the weights of the teacher layers are searched between the two.",
)
first = recorded[step or next(iter(recorded))]
if first.mapping != run.mapping:
    st.caption(f"In this step: **{catalog.find(catalog.MAPPINGS, first.mapping).title}**.")
other, notes = beside(first, second) if second else (None, [])
for note in notes:
    st.info(as_text(note))
draw = partial(show_layers, first) if other is None else partial(show_two_mappings, first, other)
role, epochs = STEPS[first.step], first.arrays.epochs
play_epochs(epochs, draw, film=("layers", role, run.run))
if other is not None:
    st.header(as_text(f"Of {run.title} alone"))
for column, side in zip(st.columns(2), ("student", "teacher"), strict=True):
    with column:
        values = first.arrays.arrays[f"{side}_layer_weights"]
        weights = layer_weights_info(epochs, values, role=side, mapping=first.mapping)
        show_chart(weights, draw_layer_weights(weights), key=f"{side}_layer_weights")
losses = losses_picture(run, {role: gateway.curves(run, role)}, role=role)
if losses:
    show_chart(*losses, key="losses")
link("tradeoffs", "What should I ship? →", run=run.run)
