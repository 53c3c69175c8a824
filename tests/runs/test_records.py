"""The time left of a stage."""

import pytest

from adarec.runs.records import ProgressRow


def progress(fraction: float, *, started: float = 0.0) -> ProgressRow:
    return ProgressRow("k", 1, 4, fraction, "", 100.0, started, 140.0)


def test_time_left_follows_the_pace_since_the_start() -> None:
    assert progress(0.5).seconds_left(140.0) == pytest.approx(40.0)
    assert progress(0.5).seconds_left(150.0) == pytest.approx(30.0)


def test_a_resumed_stage_is_not_credited_with_what_was_done_before() -> None:
    assert progress(0.75, started=0.5).seconds_left(140.0) == pytest.approx(40.0)


def test_time_left_is_unknown_without_a_pace_and_never_negative() -> None:
    assert progress(0.5, started=0.5).seconds_left(140.0) is None
    assert progress(1.0).seconds_left(140.0) == 0.0
    assert progress(0.5).seconds_left(1000.0) == 0.0
