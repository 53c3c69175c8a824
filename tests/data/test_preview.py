"""The preview shows how a log would be read, and what is missing when it would not."""

import json

from adarec.data.ingest import preview_log
from adarec.data.settings import ColumnChoice


def test_a_preview_names_columns_and_reasons(write_log) -> None:
    path = write_log(
        "userId;movieId;rating;timestamp\n1;2;4.5;1600000000000\n1;3;2;1600000001000\n"
    )
    preview = preview_log(path)
    assert (preview.format, preview.delimiter, preview.has_header) == ("csv", ";", True)
    assert preview.columns == ["userId", "movieId", "rating", "timestamp"]
    assert preview.roles["item"] == "movieId"
    assert "its name" in preview.reasons["item"]
    assert preview.time_unit == "ms"
    assert preview.rows[0] == {
        "userId": "1",
        "movieId": "2",
        "rating": "4.5",
        "timestamp": "1600000000000",
    }
    assert preview.problem is None


def test_unclear_columns_are_a_problem_not_an_error(write_log) -> None:
    preview = preview_log(write_log("a,b,c,d\n1,2,3,4\n2,3,4,5\n"))
    assert "by hand" in (preview.problem or "")
    assert preview.rows[1]["d"] == "5"
    assert preview.roles == {"user": None, "item": None, "time": None, "rating": None}


def test_a_choice_solves_the_problem(write_log) -> None:
    path = write_log("a,b,c,d\n1,2,3,4\n2,3,4,5\n")
    preview = preview_log(path, columns=ColumnChoice(user="a", item="b"))
    assert preview.problem is None
    assert preview.reasons["user"] == "chosen by hand"
    assert any("order of the file" in warning for warning in preview.warnings)


def test_only_the_start_of_a_long_log_is_parsed(write_log) -> None:
    row = json.dumps({"user": 1, "item": 2, "note": "x" * 200}) + "\n"
    path = write_log(row * 12_000 + "broken at the end\n", "log.jsonl")
    preview = preview_log(path, rows=3)
    assert len(preview.rows) == 3
    assert preview.format == "jsonl"


def test_long_fields_are_cut_for_show(write_log) -> None:
    preview = preview_log(write_log("user_id,item_id\n1," + "x" * 10**6 + "\n2,y\n"))
    assert len(preview.rows[0]["item_id"] or "") == 200
