"""A running app with a workspace of its own, and a browser that looks at it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from adarec.bench.ui_app import ROOT, running_app
from adarec.bench.ui_browser import FLAGS
from adarec.jobs import stop_worker
from adarec.runs.workspace import Workspace

__all__ = ["ARTEFACTS", "FLAGS", "ROOT", "RunningApp"]

ARTEFACTS = ROOT / "tests" / "artefacts" / "browser"


@dataclass(frozen=True)
class RunningApp:
    """Where the app answers, and the workspace that it shows."""

    url: str
    home: Path
    log: Path


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app as `streamlit run app/main.py` starts it; ends it and its worker afterwards."""
    home = tmp_path_factory.mktemp("app") / "home"
    home.mkdir()
    try:
        with running_app(home) as started:
            yield RunningApp(started.url, home, started.log)
    finally:
        stop_worker(Workspace.open(home))
