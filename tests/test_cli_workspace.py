"""The command line on the workspace itself: its folder, and what nothing needs any more."""

import os
from pathlib import Path

import pytest

from tests.command_line import CommandLine


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture) -> CommandLine:
    monkeypatch.setenv("COLUMNS", "200")  # no line is wrapped
    return CommandLine(monkeypatch, capfd)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where an empty workspace will be."""
    return tmp_path / "home"


@pytest.mark.parametrize("name", ["what?", "a%20b"])
def test_a_folder_that_no_database_address_can_name(
    command: CommandLine, tmp_path: Path, name: str
) -> None:
    assert "Name a folder without them" in command.mistake("scenes", "--home", tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_nothing_needs_is_cleaned(command: CommandLine, home: Path, cycle_log: Path) -> None:
    assert command.run("ingest", cycle_log, "--name", "x", "--home", home)[0] == 0
    (left,) = (home / "artefacts").glob("ingest-*[!k]")
    other = left.with_name("train_teacher-0")
    other.mkdir()
    os.utime(other, (0, 0))
    says = [command.run("clean", *options, "--home", home)[1] for options in (["--dry-run"], [])]
    assert [line.split(" folders")[0] for line in says] == ["1", "1"]
    assert (left.is_dir(), other.is_dir()) == (True, False)
