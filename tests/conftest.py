"""Fixtures that more than one room's tests use."""

import csv
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from adarec.runs.workspace import Workspace
    from tests.finished_run import FinishedRun

ROOT = Path(__file__).resolve().parents[1]

# The same examples every time, and no deadline: a busy machine must not turn a test red.
hypothesis.settings.register_profile("studio", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("studio")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip `gpu` tests where there is no CUDA device; torch is imported only for their sake."""
    gpu_items = [item for item in items if item.get_closest_marker("gpu")]
    if not gpu_items:
        return
    import torch

    if not torch.cuda.is_available():
        for item in gpu_items:
            item.add_marker(pytest.mark.skip(reason="no CUDA device on this machine"))


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own workspace and database are never a test's."""
    for name in ("ADAREC_HOME", "ADAREC_DB"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def workspace(tmp_path: Path) -> "Workspace":
    """An empty workspace (artefacts, SQLite store) in a temporary folder."""
    from adarec.runs.workspace import Workspace

    return Workspace.open(tmp_path / "home")


@pytest.fixture
def cycle_log(tmp_path: Path) -> Path:
    """A CSV log in which item i is always followed by item i + 1, so hit rate@1 must be 1.0.

    40 users walk around a ring of 12 items, each from its own start for 10 to 21 steps, one event
    a minute.
    """
    path = tmp_path / "cycle.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["user_id", "item_id", "timestamp"])
        for user in range(40):
            for step in range(10 + user % 12):
                writer.writerow([f"u{user}", f"i{(user + step) % 12}", 1_600_000_000 + 60 * step])
    return path


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> "FinishedRun":
    """A small finished run on the sample scene `cycle`, computed once, by one of the test
    processes; leave it as it is.
    """
    from tests.finished_run import FinishedRun, finish_run

    mine = tmp_path_factory.getbasetemp()
    everyones = mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine
    told = everyones / "finished.json"
    with FileLock(everyones / "finished.lock"):
        if not told.exists():
            done = finish_run(everyones / "finished")
            told.write_text(json.dumps({"run": done.run, "result": done.result}), encoding="utf-8")
    return FinishedRun(everyones / "finished", **json.loads(told.read_text(encoding="utf-8")))


@pytest.fixture
def untimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs export no graph and time none: latencies are of no interest to the test."""
    from tests.finished_run import no_graphs

    for stage in ("measure", "measure_controls"):
        monkeypatch.setattr(f"adarec.stages.{stage}.time_models", no_graphs)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real scenes: ADAREC_BENCH_DATA, else ../shared/data; skips without either."""
    folder = Path(os.environ.get("ADAREC_BENCH_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real scenes: {folder} is not there; set ADAREC_BENCH_DATA")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Debian's Chromium; skips where it is not installed (`make chromium` installs it)."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no chromium on the path; `make chromium` installs it where apt-get is there")
    return path
