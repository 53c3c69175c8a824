"""Logs that could mean something else: what is refused, and what is said of the others."""

import json

import pytest

from adarec.data.ingest import build_scene
from adarec.data.preview import preview_log
from adarec.data.settings import IngestSettings
from adarec.data.unpacking import LogBytes
from adarec.errors import LogError

Rows = list[tuple[str, str, int, int]]


def log_of(lines: list[str], name: str = "log.csv") -> LogBytes:
    return LogBytes(name, ("\n".join(lines) + "\n").encode(), "plain")


def report_of(lines: list[str], **settings: object) -> dict:
    return build_scene(log_of(lines), IngestSettings(**settings))[1]


@pytest.mark.parametrize("order", [(0, 1, 3, 2), (0, 3, 1), (3, 0, 1, 2)])
@pytest.mark.parametrize("delimiter", ["\t", "::"])
def test_numbers_in_another_order_than_movielens_are_not_guessed(
    good_rows: Rows, order: tuple[int, ...], delimiter: str
) -> None:
    lines = [delimiter.join(str(row[place]) for place in order) for row in good_rows]
    with pytest.raises(LogError, match="has no header"):
        build_scene(log_of(lines), IngestSettings())


def test_movielens_is_known_by_its_place(good_rows: Rows) -> None:
    lines = ["\t".join(str(value) for value in row) for row in good_rows]
    report = report_of(lines)
    assert report["format"] == "movielens"
    assert set(report["reasons"].values()) == {"its place, as in MovieLens"}


def test_dates_without_marks_are_dates() -> None:
    days = [f"2024{month:02d}{day:02d}" for month in (1, 7) for day in (1, 15, 28)]
    lines = [
        "user,item,day",
        *(f"u{u},i{k},{day}" for u in range(4) for k, day in enumerate(days)),
    ]
    scene, report = build_scene(log_of(lines), IngestSettings(since="2024-01-15"))
    assert report["time_unit"] == "date"
    assert scene.summary["interactions"] == 20, "all but the first day"
    assert report["warnings"] == []


def test_numbers_that_are_no_dates_are_told_before_and_after(write_log) -> None:
    lines = ["user,item,time", *(f"u{u},i{k},{45000 + 3 * k}" for u in range(4) for k in range(6))]
    path = write_log("\n".join(lines) + "\n")
    assert "seconds since some start" in preview_log(path).warnings[0]
    assert "seconds since some start" in report_of(lines)["warnings"][0]


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"since": "2020-01-01"}, "since"),
        ({"until": "2020-01-01"}, "until"),
        ({"deduplicate": "exact"}, "deduplicate=exact"),
    ],
)
def test_filters_by_time_need_times(settings: dict[str, str], name: str) -> None:
    lines = ["user,item", *(f"u{u},i{k}" for u in range(4) for k in range(6))]
    with pytest.raises(LogError, match=f"{name} was asked for, but there is no time column"):
        report_of(lines, **settings)


def test_a_moment_is_of_the_kind_of_the_times() -> None:
    dated, numbered = (
        ["user,item,time", *(f"u{u},i{k},{start + k}" for u in range(4) for k in range(6))]
        for start in (1_700_000_000_000, 40)
    )
    assert report_of(dated, until="1700000000005")["rows_kept"] == 20, "milliseconds, as they are"
    assert report_of(numbered, until="45")["rows_kept"] == 20
    with pytest.raises(LogError, match="the times are dates; needed a date"):
        report_of(dated, since="20231101")
    with pytest.raises(LogError, match=r"the times are numbers up to 45 \(seconds\)"):
        report_of(numbered, since="2023-11-01")


def test_a_missing_id_of_another_program_is_told() -> None:
    lines = ["user,item", *(f"{u},i{k}" for u in ("NULL", "u1", "u2") for k in range(6))]
    assert "6 rows have the user id 'NULL'" in report_of(lines)["warnings"][1]


def test_a_number_that_json_does_not_have_is_no_id() -> None:
    rows = [{"user": u, "item": k, "time": k} for u in range(3) for k in range(6)]
    lines = [json.dumps(row) for row in [*rows, {"user": float("nan"), "item": 1, "time": 1}]]
    assert report_of(lines)["dropped"] == [{"reason": "no user or item id", "rows": 1, "users": 0}]


def test_a_blank_first_line_is_none() -> None:
    lines = ["", "user,item", *(f"u{u},i{k}" for u in range(4) for k in range(6))]
    report = report_of(lines)
    assert (report["rows_read"], report["users_read"]) == (24, 4)


def test_later_rows_may_tell_day_from_month(write_log) -> None:
    days = [f"{month}/{day}/2010 8:26" for month in range(1, 11) for day in (1, 9, 12)]
    late = [f"u{u},i{k},11/{20 + k}/2010 9:00" for u in range(3) for k in range(4)]
    early = [f"u{k % 40},i{k % 7},{days[k % 30]}" for k in range(1200)]
    path = write_log("\n".join(["user,item,date", *early, *late]) + "\n")
    preview = preview_log(path)
    assert (preview.problem, preview.time_unit) == (None, "date")
    assert "do not tell whether dates begin with the day" in preview.warnings[0]
    assert report_of(path.read_text().splitlines())["time_unit"] == "date"
    short = preview_log(write_log("\n".join(["user,item,date", *early[:50]]) + "\n"))
    assert "can be read in two ways" in (short.problem or "")


def test_the_start_of_a_long_array_is_not_cut(write_log) -> None:
    row = {"user": "u1", "item": "i1", "time": 5, "note": "x" * 300}
    lines = ",\n".join([json.dumps(row)] * 8000)
    path = write_log(b"\xef\xbb\xbf \n" + f"[{lines}]".encode(), "log.json")
    assert preview_log(path).problem is None
