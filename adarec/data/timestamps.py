"""Time columns: numbers in s, ms, µs or ns since 1970, relative or ordinal numbers, ISO dates,
dates with the year last, and dates without marks (20240531).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from adarec.errors import LogError

LATEST = 4_102_444_800.0  # 2100-01-01 in seconds; a later moment is taken for a broken number
UNITS = {"s": 1.0, "ms": 1e3, "µs": 1e6, "ns": 1e9}
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_ISO = r"^\d{4}-\d{1,2}-\d{1,2}([T ].*)?$"
_YEAR_LAST = (
    r"^(?P<first>\d{1,2})(?P<mark>[./])(?P<second>\d{1,2})[./](?P<year>\d{4})"
    r"(?P<rest>(?:[ T].*)?)$"
)
_COMPACT = (
    r"^(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?:(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?P<second>[0-5]\d))?$"
)
_COMPACT_FROM, _COMPACT_TO = 1900_01_01, 2099_12_31
_DAY = 1_000_000  # what a time of day adds to such a number: hhmmss
_ORDINAL_LIMIT = 1e8  # seconds before 1973-03: no log of anything is that old, so it is relative
Problems = dict[str, tuple[int, int, str]]  # reason -> rows, the first from 1, its text


@dataclass(frozen=True)
class ParsedTimes:
    """Seconds per row, NaN where a row's time cannot be used, and how they were read.

    `problems` maps a reason to (number of rows, first row counted from 1, example).
    """

    seconds: np.ndarray
    unit: str  # s, ms, µs, ns or date
    problems: Problems


class AmbiguousDates(LogError):
    """No date of the column tells whether the day or the month comes first."""


def parse_moment(text: str) -> float | None:
    """Seconds since 1970 of an ISO date or of a plain number, which may be in s, ms, µs or ns as
    in a time column; None when it is neither.
    """
    if re.match(_NUMBER, text.strip()):
        number = float(text)
        return number / UNITS[_unit_of(abs(number))]
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def parse_times(column: Any) -> ParsedTimes:
    """The seconds of a time column.

    Args:
        column: pyarrow ChunkedArray of [N] strings, numbers, dates or time stamps.

    Raises:
        LogError: Not one row holds a number or a date, or it is not evident whether dates begin
            with the day or the month.
    """
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return _parse_typed_dates(column)
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    values, others = _numbers(text)
    if _may_be_compact(values):
        parts = pc.extract_regex(text, _COMPACT)
        is_date = ~_nulls(parts)
        if is_date.sum() > 0.9 * np.isfinite(values).sum():
            return _from_iso(_with_marks(parts), is_date, text)
    if others is None:
        return _from_numbers(values, text)
    looks_iso = _flags(pc.match_substring_regex(text, _ISO))
    if looks_iso.sum() > np.isfinite(values).sum():
        return _from_iso(text, looks_iso, text)
    parts = pc.extract_regex(text, _YEAR_LAST)
    has_year_last = ~_nulls(parts)
    if has_year_last.sum() > np.isfinite(values).sum():
        return _from_iso(_year_first(parts, text), has_year_last, text)
    if not np.isfinite(values).any():
        example = _first(text, others)
        raise LogError(
            f"no time could be read: found {example!r}; needed seconds or milliseconds since "
            "1970, or dates such as 2024-05-31T12:00:00 or 31.05.2024 12:00. Choose another time "
            "column, or "
            "'none' to use the order of the file."
        )
    return _from_numbers(values, text)


def _numbers(text: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Values [N] (NaN where not a number) and which rows are not numbers (None when all are)."""
    try:
        values = pc.cast(text, pa.float64())
        others = _nulls(text) if text.null_count else None
        return values.to_numpy(zero_copy_only=False), others
    except pa.ArrowInvalid:
        is_number = pc.match_substring_regex(text, _NUMBER)
        kept = pc.if_else(pc.fill_null(is_number, False), text, None)
        values = pc.cast(kept, pa.float64()).to_numpy(zero_copy_only=False)
        return values, ~_flags(is_number)


def _from_numbers(values: np.ndarray, text: Any) -> ParsedTimes:
    finite = np.isfinite(values)
    unit = _unit_of(float(np.median(np.abs(values[finite]))) if finite.any() else 0.0)
    seconds = values / UNITS[unit]
    wrong = {
        "no usable time": ~finite,
        "negative time": finite & (values < 0),
        "time after the year 2100": finite & (seconds > LATEST),
    }
    return _report(seconds, unit, wrong, text)


def _unit_of(number: float) -> str:
    return next((unit for unit, factor in UNITS.items() if number <= LATEST * factor), "s")


def _may_be_compact(values: np.ndarray) -> bool:
    """Whether all numbers lie where dates without marks do; few other columns do."""
    finite = values[np.isfinite(values)]
    return len(finite) > 0 and any(
        low <= finite.min() and finite.max() < high
        for low, high in (
            (_COMPACT_FROM, _COMPACT_TO + 1),
            (_COMPACT_FROM * _DAY, (_COMPACT_TO + 1) * _DAY),
        )
    )


def _with_marks(parts: Any) -> Any:
    """Dates such as 20240531 or 20240531123000 as ISO dates."""
    field = {name: pc.struct_field(parts, name) for name in ("year", "month", "day")}
    clock = [
        pc.if_else(pc.equal(part, ""), "00", part)
        for part in (pc.struct_field(parts, name) for name in ("hour", "minute", "second"))
    ]
    date = pc.binary_join_element_wise(field["year"], field["month"], field["day"], "-")
    return pc.binary_join_element_wise(date, pc.binary_join_element_wise(*clock, ":"), "T")


def _from_iso(iso: Any, looks_iso: np.ndarray, text: Any) -> ParsedTimes:
    dates = pd.Series(pc.if_else(pa.array(looks_iso), iso, None).to_pandas())
    moments = pd.to_datetime(dates, utc=True, errors="coerce", format="ISO8601")
    seconds = _epoch_seconds(moments)
    late = np.isfinite(seconds) & (seconds > LATEST)
    wrong = {"no usable time": ~np.isfinite(seconds), "time after the year 2100": late}
    return _report(seconds, "date", wrong, text)


def _year_first(parts: Any, text: Any) -> Any:
    """Dates such as 31.05.2024 12:00 as ISO dates; with dots the day comes first, with slashes it
    is what exceeds 12 somewhere in the column.

    Args:
        parts: Structs of first, mark, second, year, rest; null where a row is something else.
        text: The rows, for the message.
    """
    fields = {name: pc.struct_field(parts, name) for name in ("first", "second", "year", "rest")}
    first, second = (
        pc.max(pc.cast(fields[name], pa.int32())).as_py() for name in ("first", "second")
    )
    has_dots = pc.any(pc.equal(pc.struct_field(parts, "mark"), ".")).as_py()
    if not has_dots and first <= 12 and second <= 12:
        example = _first(text, ~_nulls(parts))
        raise AmbiguousDates(
            f"dates such as {example!r} can be read in two ways, the day or the month first, and "
            "no row tells which. Write them as 2024-05-31, or as seconds since 1970."
        )
    day, month = ("second", "first") if not has_dots and first <= 12 else ("first", "second")
    padded = {name: pc.utf8_lpad(fields[name], 2, "0") for name in (day, month)}
    date = pc.binary_join_element_wise(fields["year"], padded[month], padded[day], "-")
    return pc.binary_join_element_wise(date, fields["rest"], "")


def _parse_typed_dates(column: Any) -> ParsedTimes:
    stamps = column.cast(pa.timestamp("us"), safe=False)
    seconds = stamps.cast(pa.int64()).to_numpy(zero_copy_only=False).astype(float) / 1e6
    late = np.isfinite(seconds) & (seconds > LATEST)
    wrong = {"no usable time": ~np.isfinite(seconds), "time after the year 2100": late}
    return _report(seconds, "date", wrong, stamps.cast(pa.string()))


def _epoch_seconds(moments: Any) -> np.ndarray:
    naive = moments.dt.tz_localize(None).to_numpy()
    seconds = naive.astype("datetime64[us]").astype(np.int64) / 1e6
    seconds[np.isnat(naive)] = np.nan
    return np.asarray(seconds, dtype=float)


def _report(
    seconds: np.ndarray, unit: str, wrong: dict[str, np.ndarray], text: Any
) -> ParsedTimes:
    problems: Problems = {}
    usable = seconds.copy()
    for reason, rows in wrong.items():
        if rows.any():
            problems[reason] = (int(rows.sum()), int(rows.argmax()) + 1, _first(text, rows))
            usable[rows] = np.nan
    return ParsedTimes(usable, unit, problems)


def _first(text: Any, rows: np.ndarray) -> str:
    value = text[int(rows.argmax())].as_py()
    return "" if value is None else str(value)[:40]


def _nulls(text: Any) -> np.ndarray:
    return np.asarray(pc.is_null(text).to_numpy(zero_copy_only=False), dtype=bool)


def _flags(mask: Any) -> np.ndarray:
    return np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False), dtype=bool)


def has_dates(parsed: ParsedTimes) -> bool:
    """Whether the times are moments of the calendar, and not numbers from some start."""
    usable = parsed.seconds[np.isfinite(parsed.seconds)]
    return parsed.unit == "date" or (len(usable) > 0 and float(usable.max()) > _ORDINAL_LIMIT)


def is_date(moment: str) -> bool:
    """Whether what `parse_moment` reads is a moment of the calendar."""
    seconds = parse_moment(moment)
    return not re.match(_NUMBER, moment.strip()) or (
        seconds is not None and seconds > _ORDINAL_LIMIT
    )


def time_kind(users: np.ndarray, seconds: np.ndarray, unit: str) -> str:
    """What the times mean: "date", "relative" (seconds from some start) or "order".

    Args:
        users: int [N], sorted, so that one user's events are neighbours.
        seconds: float [N], ascending per user.
        unit: As `ParsedTimes.unit`.
    """
    if unit == "date" or (len(seconds) and float(seconds.max()) > _ORDINAL_LIMIT):
        return "date"
    same_user = users[1:] == users[:-1]
    steps = np.diff(seconds)[same_user]
    starts = seconds[np.concatenate([[True], ~same_user])]
    if len(steps) and (steps == 1).all() and np.isin(starts, (0.0, 1.0)).all():
        return "order"
    return "relative"
