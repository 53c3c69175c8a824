"""Where a workspace is, and who executes a run."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from adarec.errors import RunError, WorkspaceError
from adarec.runs import workspace as module
from adarec.runs.workspace import Workspace

HOLD = """
import sys, time
from adarec.runs.workspace import Workspace
with Workspace.open(sys.argv[1]).executing("r-1"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_what_cannot_be_a_workspace_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(WorkspaceError, match=r"file cannot be a workspace \(File exists\)"):
        Workspace.open(tmp_path / "file")
    monkeypatch.setenv("ADAREC_DB", "no address, secret")
    with pytest.raises(WorkspaceError, match=r"cannot be opened .*ADAREC_DB") as told:
        Workspace.open(tmp_path / "home")
    assert "secret" not in str(told.value)
    monkeypatch.delenv("ADAREC_DB")
    (tmp_path / "home" / "adarec.sqlite").write_text("this is another file, not a database")
    with pytest.raises(WorkspaceError, match=r"file is not a database"):
        Workspace.open(tmp_path / "home")


def test_the_home_is_the_argument_then_the_variable_then_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Workspace.open().home == tmp_path / ".adarec"
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "variable"))
    assert Workspace.open().home == tmp_path / "variable"
    assert Workspace.open(tmp_path / "argument").home == tmp_path / "argument"


def test_the_database_variable_moves_the_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere.sqlite"
    monkeypatch.setenv("ADAREC_DB", f"sqlite:///{elsewhere}")
    workspace = Workspace.open(tmp_path / "home")
    assert workspace.database_url == f"sqlite:///{elsewhere}"
    assert elsewhere.exists()


def test_the_sqlite_file_is_in_wal_mode(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    workspace.close()
    with sqlite3.connect(tmp_path / "adarec.sqlite") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_opening_imports_neither_the_engine_nor_torch() -> None:
    code = (
        "import sys, adarec.jobs, adarec.runs.workspace; "
        "sys.exit(str({'dbos', 'torch', 'ot', 'pandas'} & set(sys.modules) or ''))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.stderr.strip() == ""


def test_a_run_is_held_by_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HANDOVER_S", 0.2)
    workspace = Workspace.open(tmp_path)
    assert not workspace.is_executing("r-1")
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            assert workspace.is_executing("r-1")
            assert not workspace.is_executing("r-2")
            with pytest.raises(RunError, match="another process"), workspace.executing("r-1"):
                pytest.fail("held twice")
        finally:
            os.kill(holder.pid, signal.SIGKILL)
    with workspace.executing("r-1"):
        assert workspace.is_executing("r-1")
    assert not workspace.is_executing("r-1")
