"""Time columns: units, dates, and every kind of broken moment."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from adarec.data.timestamps import parse_moment, parse_times, time_kind
from adarec.errors import LogError


def column(values: list[object]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values)])


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        (["1600000000", "1600000060"], "s"),
        (["1600000000.5", "1600000060"], "s"),
        (["1600000000000", "1600000060000"], "ms"),
        (["1600000000000000", "1600000060000000"], "µs"),
        (["1600000000000000000", "1600000060000000000"], "ns"),
        (["2020-09-13T12:26:40Z", "2020-09-13T12:27:40Z"], "date"),
        (["2020-09-13 12:26:40", "2020-09-13 12:27:40"], "date"),
        (["2020-09-13T14:26:40+02:00", "2020-09-13T12:27:40+00:00"], "date"),
        ([1_600_000_000, 1_600_000_060], "s"),
        ([1_600_000_000_000.0, 1_600_000_060_000.0], "ms"),
    ],
)
def test_every_unit_gives_the_same_seconds(values: list[object], unit: str) -> None:
    parsed = parse_times(column(values))
    assert parsed.unit == unit
    assert parsed.seconds[1] == pytest.approx(1_600_000_060, abs=0.1)
    assert parsed.seconds[0] == pytest.approx(1_600_000_000, abs=0.6)
    assert parsed.problems == {}


def test_typed_dates_are_read() -> None:
    stamps = pa.array([1_600_000_000_000, None], pa.timestamp("ms"))
    parsed = parse_times(pa.chunked_array([stamps]))
    assert parsed.seconds[0] == 1_600_000_000
    assert parsed.problems == {"no usable time": (1, 2, "")}


@pytest.mark.parametrize("scale", [1, 1000])
@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("NaN", "no usable time"),
        ("", "no usable time"),
        (None, "no usable time"),
        ("inf", "no usable time"),
        ("yesterday", "no usable time"),
        ("2020-01-01", "no usable time"),
        ("0x5F5E1000", "no usable time"),
        ("-5", "negative time"),
        ("1e300", "time after the year 2100"),
        ("9" * 40, "time after the year 2100"),
    ],
)
def test_a_broken_moment_is_counted_and_located(broken, reason: str, scale: int) -> None:
    good = [str(scale * (1_600_000_000 + i)) for i in range(5)]
    parsed = parse_times(column([*good, broken, *good]))
    assert parsed.problems == {reason: (1, 6, (broken or "")[:40])}
    assert np.isnan(parsed.seconds).tolist() == [False] * 5 + [True] + [False] * 5


def test_a_number_among_dates_is_no_usable_time() -> None:
    parsed = parse_times(column(["2020-01-01", "2020-01-02", "1600000000"]))
    assert parsed.problems == {"no usable time": (1, 3, "1600000000")}


def test_a_date_that_does_not_exist_is_found() -> None:
    parsed = parse_times(column(["2020-02-28", "2020-02-31", "2020-03-01"]))
    assert parsed.problems == {"no usable time": (1, 2, "2020-02-31")}


@pytest.mark.parametrize("values", [["monday", "tuesday"], ["25-12-2020", "26-12-2020"], ["", ""]])
def test_a_column_without_any_time_is_refused(values: list[str]) -> None:
    with pytest.raises(LogError, match="or dates such as"):
        parse_times(column(values))


@pytest.mark.parametrize(
    ("values", "days"),
    [
        (["6.4.2014", "05.04.2014"], [6, 5]),  # dots: the day first
        (["06/04/2014", "25/04/2014"], [6, 25]),  # nothing has 25 months
        (["04/06/2014", "04/25/2014"], [6, 25]),
        (["2014-04-06", "2014-04-05"], [6, 5]),
    ],
)
@pytest.mark.parametrize("clock", ["", " 15:37", " 15:37:30"])
def test_dates_with_the_year_last_are_read(values: list[str], days: list[int], clock: str) -> None:
    parsed = parse_times(column([value + clock for value in values]))
    moments = [datetime.fromtimestamp(second, UTC) for second in parsed.seconds]
    assert [(m.year, m.month, m.day) for m in moments] == [(2014, 4, day) for day in days]
    assert {m.hour for m in moments} == {15 if clock else 0}
    assert (parsed.unit, parsed.problems) == ("date", {})


def test_day_or_month_first_is_never_guessed() -> None:
    with pytest.raises(LogError, match=r"'03/04/2020' can be read in two ways.*2024-05-31"):
        parse_times(column(["03/04/2020", "05/06/2020"]))


def test_a_date_with_the_year_last_that_does_not_exist_is_found() -> None:
    parsed = parse_times(column(["30.4.2014", "31.4.2014", "soon"]))
    assert parsed.problems == {"no usable time": (2, 2, "31.4.2014")}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2020-09-13", 1599955200.0), ("2020-09-13T00:00:00+00:00", 1599955200.0), ("17.5", 17.5)],
)
def test_moments_of_the_filters(text: str, seconds: float) -> None:
    assert parse_moment(text) == seconds


def test_no_moment() -> None:
    assert parse_moment("soon") is None


@pytest.mark.parametrize(
    ("seconds", "kind"),
    [
        ([0, 1, 2, 0, 1], "order"),
        ([1, 2, 3, 1, 2], "order"),
        ([0, 60, 65, 10, 20], "relative"),
        ([5, 6, 7, 8, 9], "relative"),
        ([1.6e9, 1.6e9, 1.7e9, 1.6e9, 1.7e9], "date"),
    ],
)
def test_what_times_mean(seconds: list[float], kind: str) -> None:
    assert time_kind(np.array([0, 0, 0, 1, 1]), np.array(seconds, float), "s") == kind
