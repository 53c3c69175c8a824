"""The trade-off chart with its choices: a change among them draws this part of the page alone."""

from collections.abc import Sequence

import streamlit as st

from adarec.runs.records import RunRecord, RunSummary
from app import gateway, state
from app.figures.results.frontier import ACCURACY_AXES, COST_AXES, draw_frontier, frontier_info
from app.panels.chart import show_clickable_chart
from app.panels.decision.what_to_ship import offer_distil, open_clicked, predicted_of, show_fastest
from app.panels.scenes_picker import pick_scenes


def show_plane(finished: Sequence[RunSummary], run: RunRecord | None) -> None:
    """Accuracy against cost of all `finished` runs; the cells that the search of `run` compared
    behind them when asked for."""
    scenes, cost_axis, accuracy_axis = _choose_axes(finished)
    percent, with_predicted = _choose_marks()
    shown = [each for each in finished if not scenes or each.scene in scenes]
    points = frontier_info(
        gateway.results(shown),
        cost_axis=cost_axis,
        accuracy_axis=accuracy_axis,
        allowed_loss=percent / 100,
        predicted=predicted_of(run, (cost_axis, accuracy_axis)) if with_predicted else (),
        names={each.run: each.name for each in shown},
    )
    key = state.frontier_key(run.run if run else None)
    clicked = show_clickable_chart(points, draw_frontier(points), key=key)
    offer_distil(run, clicked)
    show_fastest(points, percent=percent, scenes=sorted({each.scene for each in shown}))
    open_clicked(clicked, [each.run for each in finished])


def _choose_axes(finished: Sequence[RunSummary]) -> tuple[list[str], str, str]:
    """Scenes to show (all where none is named), cost and accuracy axis."""
    left, middle, right = st.columns([2, 1, 1])
    with left:
        scenes = pick_scenes(
            sorted({run.scene for run in finished}),
            key=state.TRADEOFF_SCENES,
            usual=[],
            help_text="Metrics differ between scenes in size: compare within one, or choose "
            "percentages of the teacher's on both axes.",
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
    return scenes, cost_axis, accuracy_axis


def _choose_marks() -> tuple[int, bool]:
    """How many percent a student may lose to be marked, and whether to draw predicted cells."""
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
        "Cells that the search of the run above compared",
        key=state.SHOW_PREDICTED,
        bind="query-params",
        help="Draws what the supernet predicted behind the measured points; a cell of a run of "
        "your own can be distilled with a click.",
    )
    return percent, with_predicted
