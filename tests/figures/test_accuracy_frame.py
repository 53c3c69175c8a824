"""The frame of the accuracy-cost plane: weak count baselines do not press models together."""

import pytest

from app.figures.results.frontier import FrontierPoint, draw_frontier, frontier_info
from app.figures.results.frontier.frame import accuracy_frame, below
from tests.app.fake_numbers import fake_result


def point(role: str, accuracy: float, scene: str = "shop") -> FrontierPoint:
    return FrontierPoint("r-1", scene, role, role, 1.0, accuracy)


def test_the_frame_holds_models_whiskers_and_the_best_counting() -> None:
    student = FrontierPoint("r-1", "shop", "student", "student", 1.0, 0.41, interval=(0.40, 0.43))
    points = [student, point("teacher", 0.42), *(point("baseline", a) for a in (0.35, 0.33, 0.03))]
    frame = accuracy_frame(points)
    assert frame == pytest.approx((0.35 - 0.08 * 0.08, 0.43 + 0.08 * 0.08))
    assert below(points, frame) == 2


def test_every_scene_keeps_its_best_counting() -> None:
    points = [
        point(role, accuracy, scene)
        for scene, scale in (("shop", 1.0), ("films", 0.5))
        for role, accuracy in (("student", 0.8 * scale), ("baseline", 0.7 * scale))
    ]
    frame = accuracy_frame([*points, point("baseline", 0.2)])
    assert frame is None, "nearly as high as everything together"
    points.append(point("baseline", -1.0))
    frame = accuracy_frame(points)
    assert frame is not None
    assert below(points, frame) == 1
    assert frame[0] < 0.35


def test_the_chart_says_what_is_out_of_its_frame() -> None:
    result = fake_result("r-1", "shop", 1)
    for name, ndcg in (("popularity", 0.001), ("last_item_transitions", 0.055)):
        result["baselines"][name]["ndcg@10"] = ndcg
    axes = {"cost_axis": "Latency p50 (ms)", "accuracy_axis": "NDCG@10"}
    info = frontier_info({"r-1": result}, **axes)
    assert info.frame is not None
    assert "below the frame; a double click" in info.explanation
    assert draw_frontier(info).layout.yaxis.range == pytest.approx(info.frame)
    for name in result["baselines"]:
        result["baselines"][name]["ndcg@10"] = 0.055
    info = frontier_info({"r-1": result}, **axes)
    assert info.frame is None
    assert "below the frame" not in info.explanation
    assert draw_frontier(info).layout.yaxis.range is None
