"""Trade-offs: accuracy against cost over all runs and scenes."""

import streamlit as st

from app import gateway, state
from app.figures.frontier import ACCURACY_AXES, COST_AXES, draw_frontier, frontier_info
from app.panels.chart import show_clickable_chart
from app.panels.links import empty_state, link
from app.panels.run_facts import show_result
from app.panels.run_histories import show_histories
from app.panels.run_picker import pick_run
from app.panels.scenes_picker import pick_scenes
from app.panels.what_to_ship import offer_distil, open_clicked, predicted_of, show_fastest

st.title("Trade-offs")
st.caption(
    "What to ship: every finished run's teacher and student, with controls and count baselines "
    "beside them."
)
finished = gateway.finished_runs(state.asked_for(state.RUN))
if not finished:
    empty_state(
        "**No finished run yet.** Here every model is a point of accuracy against cost, with the "
        "front of those worth shipping: it decides which student to take. A run adds its points "
        "when it has measured its student.",
        url_path="search",
        label="Start or watch a search",
        scene=state.asked_for(state.SCENE),
    )
    st.stop()

left, middle, right = st.columns([2, 1, 1])
names = sorted({run.scene for run in finished})
with left:
    scenes = pick_scenes(
        names,
        key=state.TRADEOFF_SCENES,
        usual=[],
        help_text="NDCG differs between scenes; compare models within one.",
    )
cost_axis = middle.selectbox(
    "Cost",
    list(COST_AXES),
    key=state.COST_AXIS,
    bind="query-params",
    help="Latencies: one request, onnxruntime, batch 1, one thread.",
)
accuracy_axis = right.selectbox(
    "Accuracy",
    list(ACCURACY_AXES),
    key=state.ACCURACY_AXIS,
    bind="query-params",
    help="On the test item, ranked among all items.",
)
left, right = st.columns(2, vertical_alignment="bottom")
percent = left.slider(
    "At most so many % below the teacher",
    0,
    50,
    10,
    key=state.ALLOWED_LOSS,
    bind="query-params",
    help="The fastest student of each scene that loses no more gets a ring.",
)
with_predicted = right.toggle(
    "Cells that the search of the run below compared",
    key=state.SHOW_PREDICTED,
    bind="query-params",
    help="Draws what the supernet predicted behind the measured points; click a cell to distil "
    "it.",
)
shown = [run for run in finished if not scenes or run.scene in scenes]
chart = st.container()

st.subheader("One run")
run = pick_run(finished)
with chart:
    points = frontier_info(
        gateway.results(shown),
        cost_axis=cost_axis,
        accuracy_axis=accuracy_axis,
        allowed_loss=percent / 100,
        predicted=predicted_of(run, (cost_axis, accuracy_axis)) if with_predicted else (),
    )
    clicked = show_clickable_chart(points, draw_frontier(points), key=state.FRONTIER)
    offer_distil(run, clicked)
    show_fastest(points, percent=percent, scenes=sorted({run.scene for run in shown}))
    open_clicked(clicked, [run.run for run in finished])
if run is not None and run.result:
    show_result(run.result)
    show_histories(run)
    with st.container(horizontal=True):
        link("architecture", "Its cell →", run=run.run)
        link("compare", "Compare scenes →", run=run.run)
        link("try", "Try it →", run=run.run)
        link("export", "Export it →", run=run.run)
