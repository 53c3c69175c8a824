"""Trade-offs: accuracy against cost over all runs and scenes."""

import streamlit as st

from app import gateway, state
from app.figures.frontier import ACCURACY_AXES, COST_AXES, draw_frontier, frontier_info
from app.panels.chart import show_chart
from app.panels.links import empty_state, link
from app.panels.run_facts import show_result
from app.panels.run_picker import pick_run
from app.panels.scenes_picker import pick_scenes

st.title("Trade-offs")
st.caption(
    "What to ship: every finished run's teacher and student, with controls and count baselines "
    "beside them."
)
finished = [run for run in gateway.runs() if run.state == "succeeded"]
if not finished:
    empty_state(
        "**No finished run yet.** Points appear here when a run has measured its student.",
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
    "Cost", list(COST_AXES), help="Latencies: one request, onnxruntime, batch 1, one thread."
)
accuracy_axis = right.selectbox(
    "Accuracy", list(ACCURACY_AXES), help="On the test item, ranked among all items."
)
shown = [run for run in finished if not scenes or run.scene in scenes]
points = frontier_info(gateway.results(shown), cost_axis=cost_axis, accuracy_axis=accuracy_axis)
show_chart(points, draw_frontier(points), key="frontier")

st.subheader("One run")
run = pick_run(finished)
if run is not None and run.result:
    show_result(run.result)
    with st.container(horizontal=True):
        link("architecture", "Its cell →", run=run.run)
        link("compare", "Compare scenes →", run=run.run)
        link("try", "Try it →", run=run.run)
        link("export", "Export it →", run=run.run)
