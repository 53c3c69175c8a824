"""The data half of the pictures of runs: curves, matrices, the accuracy-latency plane."""

from dataclasses import replace

import numpy as np
import pytest

from adarec.runs.front import front_points
from app.figures.layers.layer_flow import draw_layer_flow, layer_flow_info, node_places
from app.figures.layers.layer_matrix import draw_layer_matrix, layer_matrix_info
from app.figures.layers.layer_weights import draw_layer_weights, layer_weights_info
from app.figures.learning.cost_curve import cost_curve_info, draw_cost_curve
from app.figures.learning.loss_curves import draw_loss_curves, loss_curves_info
from app.figures.learning.validation_curves import draw_validation_curves, validation_curves_info
from app.figures.results.frontier import (
    ACCURACY_AXES,
    COST_AXES,
    PREDICTED,
    FrontierPoint,
    draw_frontier,
    frontier_info,
    mark_fastest,
    mark_front,
    predictable_axes,
    predicted_cells,
    predicted_front,
)
from app.figures.results.scene_metrics import draw_scene_metrics, scene_metrics_info
from app.figures.results.state_variance import draw_state_variance, state_variance_info, worth_of
from tests.app.fake_numbers import fake_candidates, fake_front, fake_result


def test_losses_leave_out_everything_that_is_no_loss() -> None:
    metrics = {"task_loss": ([1, 2], [4.0, 2.0]), "gumbel_temperature": ([1, 2], [2.0, 1.0])}
    info = loss_curves_info(metrics, stage_title="Search the cell")
    assert info.rows() == [{"epoch": 1, "Task": 4.0}, {"epoch": 2, "Task": 2.0}]
    assert draw_loss_curves(info).layout.yaxis.type == "log"


def test_a_loss_of_zero_keeps_a_plain_axis() -> None:
    info = loss_curves_info({"hidden_loss": ([1], [0.0])}, stage_title="x")
    assert draw_loss_curves(info).layout.yaxis.type is None


def test_losses_on_a_target_are_the_same_but_dashed_and_hollow() -> None:
    metrics = {"logit_loss": ([1], [2.0]), "target_logit_loss": ([1], [3.0])}
    info = loss_curves_info(metrics | {"pseudo_loss": ([1], [4.0])}, stage_title="Adapt")
    assert info.rows() == [
        {"epoch": 1, "Logits": 2.0, "Pseudo-labels": 4.0, "Logits (target)": 3.0}
    ]
    on_source, _, on_target = draw_loss_curves(info).data
    assert on_source.line.color == on_target.line.color
    assert (on_source.line.dash, on_target.line.dash) == ("solid", "dash")
    assert on_target.marker.symbol == f"{on_source.marker.symbol}-open"


def test_validation_names_the_best_baseline() -> None:
    info = validation_curves_info(
        {"Teacher": ([1, 2], [0.1, 0.2]), "Student": None},
        baselines={"popularity": {"ndcg@10": 0.02}, "last_item_transitions": {"ndcg@10": 0.15}},
    )
    assert info.baseline == ("most often after the last item", 0.15)
    assert len(info.rows()) == 2
    names = [trace.name for trace in draw_validation_curves(info).data]
    assert names == ["Teacher", "Best count baseline"]
    assert "most often after the last item, 0.1500" in info.explanation


def test_the_target_is_drawn_as_a_level() -> None:
    info = cost_curve_info([1, 2], [0.4, 0.2], [3.0, 6.0], target=5.0, cost="latency")
    figure = draw_cost_curve(info)
    assert figure.layout.shapes[0].y0 == 5.0
    assert "0.2 ms expected, target 0.24 ms (5× under the teacher's 1.2 ms)" in info.explanation
    assert info.rows()[1] == {
        "epoch": 2,
        "expected cost (ms)": 0.2,
        "target cost (ms)": pytest.approx(0.24),
        "expected speed-up (×)": 6.0,
    }


@pytest.mark.parametrize("kind", ["mapping", "distance"])
def test_students_are_rows_and_teachers_columns(kind: str) -> None:
    info = layer_matrix_info(np.arange(8.0).reshape(2, 4), kind=kind, epoch=3)
    assert info.rows()[1] == {
        "student layer": 2,
        "teacher 1": 4.0,
        "teacher 2": 5.0,
        "teacher 3": 6.0,
        "teacher 4": 7.0,
    }
    figure = draw_layer_matrix(info)
    assert list(figure.data[0].x) == ["1", "2", "3", "4"]
    assert list(figure.data[0].y) == ["1", "2"]
    assert "epoch 3" in figure.layout.title.text


def test_layer_weights_have_one_line_a_layer() -> None:
    info = layer_weights_info(np.array([1, 2]), np.array([[0.5, 0.5], [0.8, 0.2]]), role="student")
    assert info.rows()[1] == {"epoch": 2, "layer 1": 0.8, "layer 2": 0.2}
    assert len(draw_layer_weights(info).data) == 2


def _point(cost: float | None, accuracy: float, scene: str = "a") -> FrontierPoint:
    return FrontierPoint("r", scene, "student", "s", cost, accuracy)


def test_the_front_holds_what_nothing_beats_in_both() -> None:
    points = [_point(1.0, 0.1), _point(2.0, 0.3), _point(3.0, 0.2), _point(2.0, 0.3)]
    assert [point.on_front for point in mark_front(points)] == [True, True, False, True]


def test_scenes_do_not_beat_each_other() -> None:
    marked = mark_front([_point(1.0, 0.9, "a"), _point(2.0, 0.1, "b"), _point(None, 0.95, "b")])
    assert [point.on_front for point in marked] == [True, True, False]


@pytest.mark.parametrize("cost_axis", COST_AXES)
@pytest.mark.parametrize("accuracy_axis", ACCURACY_AXES)
def test_every_axis_reads_every_model(cost_axis: str, accuracy_axis: str) -> None:
    results = {"r-1": fake_result("r-1", "shop", 1), "r-2": fake_result("r-2", "shop", 2)}
    info = frontier_info(results, cost_axis=cost_axis, accuracy_axis=accuracy_axis)
    roles = [row["model"] for row in info.rows()]
    assert roles.count("student") == roles.count("teacher") == 2
    assert roles.count("control") == 2 * 2
    # Masked figures exist for models only; unmasked baselines of one scene are drawn once.
    assert roles.count("baseline") == (0 if "masked" in accuracy_axis else 3)


def test_scenes_of_different_size_meet_in_percent_of_their_teachers() -> None:
    small, large = fake_result("r-1", "shop", 1), fake_result("r-2", "films", 2)
    for role in ("teacher", "student"):
        large[role]["metrics"]["ndcg@10"] *= 8
    large["difference"]["ndcg@10"]["low"] *= 8
    info = frontier_info(
        {"r-1": small, "r-2": large},
        cost_axis="Latency p50 (% of teacher)",
        accuracy_axis="NDCG@10 (% of teacher)",
    )
    by_role = {(point.scene, point.role): point for point in info.points}
    for scene, result in (("shop", small), ("films", large)):
        teacher, student = by_role[scene, "teacher"], by_role[scene, "student"]
        assert (teacher.cost, teacher.accuracy) == (100, pytest.approx(100))
        share = result["student"]["metrics"]["ndcg@10"] / result["teacher"]["metrics"]["ndcg@10"]
        assert student.accuracy == pytest.approx(100 * share)
        low = result["difference"]["ndcg@10"]["low"] / result["teacher"]["metrics"]["ndcg@10"]
        assert student.interval is not None
        assert student.interval[0] == pytest.approx(100 * (1 + low))
        assert student.loss == pytest.approx(1 - share)


def test_arrows_lead_from_the_teacher_to_the_student() -> None:
    result = fake_result("r-1", "shop", 1)
    info = frontier_info({"r-1": result}, cost_axis="Latency p50 (ms)", accuracy_axis="NDCG@10")
    arrow = draw_frontier(info).data[0]
    assert list(arrow.x)[:2] == [
        result["teacher"]["latency_ms"]["p50"],
        result["student"]["latency_ms"]["p50"],
    ]
    assert arrow.marker.size[:2] == (0, 11)


def test_whiskers_are_the_interval_around_the_teacher() -> None:
    result = fake_result("r-1", "shop", 1)
    info = frontier_info({"r-1": result}, cost_axis="Parameters", accuracy_axis="NDCG@10")
    student = next(point for point in info.points if point.role == "student")
    teacher = result["teacher"]["metrics"]["ndcg@10"]
    assert student.interval == pytest.approx((teacher - 0.005, teacher + 0.001))


def test_scene_metrics_list_every_model_of_every_scene() -> None:
    results = {"a": fake_result("r-1", "a", 1), "b": fake_result("r-2", "b", 2)}
    info = scene_metrics_info(results, metric="ndcg@10")
    assert len(info.rows()) == 2 * (3 + 2 + 2)
    figure = draw_scene_metrics(info)
    assert {trace.name for trace in figure.data} == {
        "count baseline",
        "control",
        "teacher",
        "student",
    }


def test_a_flow_has_one_row_a_pair_and_draws_no_hairlines() -> None:
    info = layer_flow_info(np.array([[0.6, 0.2, 0.0], [0.0, 0.4, 0.8]]), epoch=4)
    assert info.rows()[1] == {"teacher layer": 1, "student layer": 2, "share": 0.0}
    assert info.rows()[2]["share"] == pytest.approx(0.1)
    sankey = draw_layer_flow(info).data[0]
    assert list(sankey.link.source) == [0, 1, 1, 2]
    assert list(sankey.link.target) == [3, 3, 4, 4]
    assert list(sankey.node.label)[3] == "student 1"


def test_nodes_of_a_flow_fill_the_height_without_overlap() -> None:
    masses = np.array([0.5, 0.25, 0.25])
    places = node_places(masses, 0.8)
    assert places == pytest.approx([0.2, 0.6, 0.9])
    assert node_places(np.array([1.0]), 0.8) == [0.5]


def test_the_fastest_is_the_cheapest_student_within_the_allowed_loss_of_each_scene() -> None:
    losses = {1.0: 0.2, 2.0: 0.1, 3.0: 0.0}
    points = [replace(_point(cost, 0.5), loss=loss) for cost, loss in losses.items()]
    points += [_point(0.1, 0.9), replace(_point(5.0, 0.1, "b"), loss=0.05)]
    marked = [point.is_fastest for point in mark_fastest(points, 0.1)]
    assert marked == [False, True, False, False, True]
    assert [point.is_fastest for point in mark_fastest(points, 0.01)] == [
        False,
        False,
        True,
        False,
        False,
    ]


def test_a_students_loss_is_the_share_of_its_own_teacher() -> None:
    result = fake_result("r-1", "shop", 1)
    info = frontier_info(
        {"r-1": result}, cost_axis="Parameters", accuracy_axis="NDCG@10", allowed_loss=0.5
    )
    assert info.fastest[0].run == "r-1"
    assert info.fastest[0].loss == pytest.approx(1 - 0.056 / 0.058)
    assert "fastest that qualifies" in {trace.name for trace in draw_frontier(info).data}


@pytest.mark.parametrize("is_old", [False, True])
def test_predicted_cells_have_a_front_of_their_own_and_lie_behind(is_old: bool) -> None:
    predicted = predicted_front("r-1", front_points(fake_front(1)))
    marks, numbers = [True, False, True, True], [0, 1, 2, 3]
    if is_old:  # a search that left no front
        predicted = predicted_cells("r-1", fake_candidates(1))
        marks, numbers = [True, False, True], [None] * 3
    assert [cell.on_front for cell in predicted] == marks
    assert [cell.point for cell in predicted] == numbers
    info = frontier_info(
        {"r-1": fake_result("r-1", "shop", 1)},
        cost_axis="Latency p50 (ms)",
        accuracy_axis="NDCG@10",
        predicted=predicted,
    )
    traces = {trace.name: trace for trace in draw_frontier(info).data}
    assert list(traces)[0] == "predicted front"
    assert list(traces["predicted front"].y) == [
        cell.accuracy for cell in predicted if cell.on_front
    ]
    assert [list(each) for each in traces["on its front"].customdata] == [
        ["r-1", cell.ops, cell.point, PREDICTED] for cell in predicted if cell.on_front
    ]
    rows = info.rows()[-len(marks) :]
    assert [row["model"] for row in rows] == ["predicted"] * len(marks)
    assert [row["point"] for row in rows] == numbers
    assert not any(point.on_front for point in info.points if point.role == "baseline")


@pytest.mark.parametrize(
    ("target", "cost_axis"),
    [
        ({"unit": "ms", "of": "request"}, "Latency p50 (ms)"),
        ({"unit": "ms", "of": "body"}, "Latency p50 without scoring and top 10 (ms)"),
        ({"unit": "k parameters", "of": "body"}, None),
        ({}, None),
    ],
)
def test_predictions_are_drawn_on_the_axes_that_they_were_made_for(
    target: dict[str, str], cost_axis: str | None
) -> None:
    axes = predictable_axes({"target": target})
    assert axes == (None if cost_axis is None else (cost_axis, "NDCG@10"))
    assert cost_axis is None or cost_axis in COST_AXES


def test_the_uncertainty_is_numbered_from_the_start_of_the_history_and_names_its_items() -> None:
    """A model that reads the newest two of five items has states after the fourth and fifth."""
    states, titles = [("a", 40.5), ("b", 38.0)], {"a": "Alien (a)"}
    info = state_variance_info(states, titles, history_length=5, rank_correlation=0.1, users=900)
    assert info.rows() == [
        {"item number": 4, "item": "Alien (a)", "total variance after it": 40.5},
        {"item number": 5, "item": "b", "total variance after it": 38.0},
    ]
    (line,) = draw_state_variance(info).data
    assert (list(line.x), list(line.y)) == ([4, 5], [40.5, 38.0])
    assert "worse rank of what came next (rank correlation +0.10" in info.explanation


@pytest.mark.parametrize(
    ("correlation", "users", "words"),
    [
        (-0.2, 400, "a better rank"),
        (0.2, 400, "a worse rank"),
        (0.2, 80, "did not tell"),
        (float("nan"), 400, "ranked alike"),
    ],
)
def test_a_variance_is_worth_what_was_measured(correlation: float, users: int, words: str) -> None:
    assert words in worth_of(correlation, users)
