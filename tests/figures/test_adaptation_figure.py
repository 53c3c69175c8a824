"""The data half of the picture of an adaptation."""

import pytest

from app.figures.results.adaptation import adaptation_info, draw_adaptation
from tests.app.fake_numbers import fake_adaptation, fake_result, run_settings

NAMES = {"source": "early", "target": "late", "paradigm": "both"}


@pytest.fixture
def info():  # type: ignore[no-untyped-def]
    result = fake_result("r-1", "late", 0)  # student .055, teacher .058, best counting .05
    settings = run_settings(0) | {"adaptation": NAMES}
    return adaptation_info(result | fake_adaptation(result, settings))


def test_every_model_is_there_in_order(info) -> None:  # type: ignore[no-untyped-def]
    assert [entry.role for entry in info.entries] == [
        "baseline",
        "source_only",
        "student",
        "teacher",
        "oracle",
    ]
    assert [entry.value for entry in info.entries] == pytest.approx(
        [0.05, 0.045, 0.055, 0.058, 0.075]
    )
    assert info.title == "From early to late: NDCG@10 on the target"


def test_whiskers_are_the_differences_interval_around_the_other_model(info) -> None:  # type: ignore[no-untyped-def]
    found = {entry.role: entry.interval for entry in info.entries}
    assert found["student"] is None
    assert found["baseline"] is None
    # adapted - source-only lies in .006 to .013, so source-only in .042 to .049
    assert found["source_only"] == pytest.approx((0.042, 0.049))
    assert found["teacher"] == pytest.approx((0.055 - 0.001, 0.055 + 0.005))
    row = next(row for row in info.rows() if row["model"] == "student, source alone")
    assert (row["adapted minus it"], row["from"], row["to"]) == pytest.approx((0.01, 0.006, 0.013))
    assert len({tuple(row) for row in info.rows()}) == 1, "all rows have the same columns"


def test_the_drawing_has_a_mark_per_model_and_the_adapted_line(info) -> None:  # type: ignore[no-untyped-def]
    figure = draw_adaptation(info)
    assert len(figure.data) == 5
    assert figure.layout.shapes[0].x0 == pytest.approx(0.055)
    whiskers = [trace.error_x.visible for trace in figure.data]
    assert whiskers == [False, True, False, True, True]
