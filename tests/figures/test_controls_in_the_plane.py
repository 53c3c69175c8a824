"""Controls in the accuracy-cost plane."""

import pytest

from app.figures.results.frontier import ACCURACY_AXES, frontier_info
from tests.app.fake_numbers import fake_result


def test_controls_stand_on_the_clock_that_teacher_and_student_were_timed_by() -> None:
    """A control as fast as the student was beside it stands where the student stands."""
    result = fake_result("r-1", "shop", 1)
    student, control = result["student"], result["controls"][0]
    student["latency_ms"] = {"p50": 0.5, "p95": 0.9}
    control["latency_ms"] = {"p50": 0.4, "p95": 0.8}
    axes = {"cost_axis": "Latency p50 (ms)", "accuracy_axis": next(iter(ACCURACY_AXES))}
    before = frontier_info({"r-1": result}, **axes)
    result["student_beside_controls"] = {"latency_ms": {"p50": 0.4, "p95": 0.6}}
    after = frontier_info({"r-1": result}, **axes)
    costs = [
        next(point.cost for point in info.points if point.name == control["name"])
        for info in (before, after)
    ]
    assert costs == pytest.approx([0.4, 0.5])
