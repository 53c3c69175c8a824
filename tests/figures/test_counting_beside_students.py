"""The accuracy-cost plane where counting is better than the student that it recommends."""

from copy import deepcopy
from typing import Any

import pytest

from app.figures.results.frontier import FrontierPoint, frontier_info
from tests.app.fake_numbers import fake_result

AFTER_THE_LAST = "most often after the last item"


def student_of(result: dict[str, Any], accuracy_axis: str) -> FrontierPoint:
    info = frontier_info(
        {"r-1": result}, cost_axis="Latency p50 (ms)", accuracy_axis=accuracy_axis
    )
    return next(point for point in info.points if point.role == "student")


def with_good_counting(*, masked: bool = False) -> dict[str, Any]:
    """A result whose student reaches .056 and whose transitions reach .07."""
    result = deepcopy(fake_result("r-1", "shop", 1))
    counts = result["baselines"]["last_item_transitions"]
    counts["ndcg@10"] = 0.07
    if masked:
        counts["metrics_masked"] = {"ndcg@10": 0.03}
    return result


def test_a_student_knows_the_count_baseline_that_is_better() -> None:
    assert student_of(fake_result("r-1", "shop", 1), "NDCG@10").beaten_by is None
    result = with_good_counting()
    assert student_of(result, "NDCG@10").beaten_by == (AFTER_THE_LAST, pytest.approx(0.07))
    assert student_of(result, "HR@10").beaten_by is None


def test_in_percent_counting_has_the_scale_of_the_runs_teacher() -> None:
    beaten_by = student_of(with_good_counting(), "NDCG@10 (% of teacher)").beaten_by
    assert beaten_by == (AFTER_THE_LAST, pytest.approx(100 * 0.07 / 0.058))


def test_masked_counting_is_what_a_masked_student_is_compared_with() -> None:
    result = with_good_counting(masked=True)
    axis = "NDCG@10, consumed items masked"
    assert student_of(result, axis).beaten_by is None, "its .03 against the student's .0616"
    info = frontier_info({"r-1": result}, cost_axis="Parameters", accuracy_axis=axis)
    counts = [point.accuracy for point in info.points if point.role == "baseline"]
    assert counts == [0.03], "older results know no masked count baseline"


def test_the_line_leaves_counting_out_and_the_caption_says_so() -> None:
    info = frontier_info(
        {"r-1": with_good_counting()}, cost_axis="Latency p50 (ms)", accuracy_axis="NDCG@10"
    )
    on_front = {point.role for point in info.points if point.on_front}
    assert "student" in on_front
    assert "baseline" not in on_front
    assert "no line counts them" in info.explanation
