"""`bench ui`: its workspace, what it reads from outside the app, and, slowly, the whole."""

import shutil
from pathlib import Path

import psutil
import pytest

from adarec.bench import ui_workspace
from adarec.bench.ui import bench_ui
from adarec.bench.ui_app import RunningApp
from adarec.bench.ui_pages import PAGES
from adarec.bench.ui_sessions import bench_sessions
from adarec.bench.ui_workspace import fill_workspace
from adarec.errors import AdarecError
from adarec.runs.workspace import Workspace
from app.navigation import SECTIONS

TINY = {
    "controls": 1,
    "cost": "flops",
    "speedup": 2,
    "threads": 1,
    "length_cap": 8,
    "teacher.num_blocks": 4,
    "teacher.width": 16,
    "teacher.epochs": 1,
    "student.width": 8,
    "student.epochs": 1,
    "search.epochs": 2,
    "search.candidates": 3,
}


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scene and a run that take seconds."""
    for name, value in {"USERS": 60, "ITEMS": 80, "_SIZES": TINY, "FAILED_EVERY": 4}.items():
        monkeypatch.setattr(ui_workspace, name, value)


def app_with_log(tmp_path: Path, text: str) -> RunningApp:
    log = tmp_path / "server.log"
    log.write_text(text)
    return RunningApp("http://nowhere", psutil.Process(), log)


def test_exceptions_are_the_last_lines_of_tracebacks(tmp_path: Path) -> None:
    app = app_with_log(
        tmp_path,
        "started\n"
        "Traceback (most recent call last):\n"
        '  File "a.py", line 1, in f\n'
        "    1 / 0\n"
        "ZeroDivisionError: division by zero\n"
        "an ordinary line\n",
    )
    assert app.exceptions() == ["ZeroDivisionError: division by zero"]
    assert app_with_log(tmp_path, "all well\n").exceptions() == []


def test_heavy_imports_are_seen_from_outside(tmp_path: Path) -> None:
    import torch

    assert torch.__version__
    assert "torch" in app_with_log(tmp_path, "").heavy_imports()


def test_every_page_is_measured() -> None:
    pages = {path for entries in SECTIONS.values() for path, _, _ in entries}
    assert set(PAGES) == pages


@pytest.mark.slow
@pytest.mark.usefixtures("_small")
def test_the_workspace_holds_clones_of_a_real_run_that_say_so(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    newest = fill_workspace(home, num_runs=9, num_scenes=3)
    workspace = Workspace.open(home)
    runs = workspace.store.runs()
    assert [run.run for run in runs if run.state == "succeeded"][0] == newest
    assert len(runs) == 9
    assert {run.scene for run in runs} == {"synthetic 1", "synthetic 2", "synthetic 3"}
    assert sum(run.state == "failed" for run in runs) == 2
    source, clones = runs[-1], runs[:-1]
    assert all(run.tags == ["synthetic"] and "Synthetic" in run.notes for run in clones)
    keys = [step["key"] for run in runs for step in run.steps]
    assert len(set(keys)) == len(keys)
    assert all(workspace.artefacts.is_complete(key) for key in keys)
    numbers = [len(workspace.store.metrics([s["key"] for s in run.steps])) for run in runs]
    assert len(set(numbers)) == 1
    assert numbers[0] > 0
    times = {run.result["student"]["latency_ms"]["p50"] for run in clones if run.result}
    assert len(times) == 6
    assert source.result["student"]["latency_ms"]["p50"] > 0
    assert {run.result["scene"]["name"] for run in runs if run.result} <= {r.scene for r in runs}


def test_without_a_browser_the_bench_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from adarec.bench import ui_browser

    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(AdarecError, match="make chromium"), ui_browser.chromium():
        pass


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.usefixtures("_small", "chromium")
def test_pages_are_measured_while_a_worker_searches() -> None:
    found = bench_ui(runs=6, scenes=2, repeats=1, page_changes=20)
    assert found["exceptions"] == []
    assert found["heavy_imports"] == []
    assert set(found["pages"]) == {*PAGES, "search, live"}
    for page in found["pages"].values():
        assert page["content_s"] > 0
        assert all(seconds > 0 for seconds in page["interaction_s"].values())
    assert found["memory_mb"]["end"] > 50
    assert found["yardstick_s"] > 0


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.usefixtures("_small", "chromium")
def test_live_sessions_are_compared_with_one() -> None:
    found = bench_sessions(sessions=3, minutes=0.3, runs=4, scenes=2)
    assert found["exceptions"] == []
    assert found["one"]["epochs_per_minute"] > 0
    assert found["many"]["epochs_per_minute"] > 0
    assert found["many"]["lost"] == 0
    # Everybody hears news of the search.
    assert found["many"]["kb_per_second"] > 1.5 * found["one"]["kb_per_second"]
