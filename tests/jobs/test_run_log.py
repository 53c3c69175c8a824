"""The tail of a run's log: the newest lines, without reading the rest."""

from pathlib import Path

from adarec.jobs import log_tail
from adarec.jobs.run_log import last_lines, run_log_path
from adarec.runs.workspace import Workspace


def test_a_run_without_a_log_has_no_lines(workspace: Workspace) -> None:
    assert log_tail(workspace, "r-1") == []


def test_the_newest_lines_come_oldest_first(workspace: Workspace) -> None:
    path = run_log_path(workspace, "r-1")
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"line {number}\n" for number in range(100)))
    assert log_tail(workspace, "r-1", lines=3) == ["line 97", "line 98", "line 99"]


def test_a_long_log_is_read_from_its_end_and_begins_with_a_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(b"".join(b"%06d \xc3\xa4\n" % number for number in range(50_000)))
    found = last_lines(path, lines=20)
    assert found == [f"{number:06d} ä" for number in range(49_980, 50_000)]


def test_lines_longer_than_expected_shorten_the_tail(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("a" * 5000 + "\nend\n")
    assert last_lines(path, lines=2) == ["end"]
