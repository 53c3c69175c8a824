"""The `search` command: find or ingest the scene, resume or create the run, execute it here."""

import re
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adarec.config import RunSettings
from adarec.data.ingest import ingest_log
from adarec.errors import RunError, SceneError, StopRequested
from adarec.execute import execute_run
from adarec.runs.workspace import Workspace
from adarec.submission import create_run, find_unfinished
from adarec.terminal import Terminal

ENDINGS = re.compile(
    r"(\.(csv|tsv|txt|dat|data|inter|jsonl|json|parquet|gz|zip))+$", re.IGNORECASE
)


@dataclass(frozen=True)
class SearchRequest:
    """What the user asked for."""

    scene_or_log: str
    settings: RunSettings
    fresh: bool


def run_search(workspace: Workspace, request: SearchRequest, terminal: Terminal) -> dict[str, Any]:
    """The result of the run, computed in this process; Ctrl-C stops it and leaves it resumable.

    Raises:
        AdarecError: A user's mistake, or a run that failed.
    """
    with terminal:
        scene = _scene_name(workspace, request.scene_or_log, terminal)
        unfinished = None if request.fresh else find_unfinished(workspace, scene, request.settings)
        run = unfinished or create_run(
            workspace, scene, request.settings, fresh=request.fresh, state="running"
        )
        asked: list[int] = []
        earlier = signal.signal(signal.SIGINT, lambda number, frame: asked.append(number))
        try:
            return execute_run(
                workspace, run.run, should_stop=lambda: bool(asked), on_progress=terminal.report
            )
        except StopRequested:
            raise RunError(
                f"{run.run} was stopped. The same command again goes on where it stopped."
            ) from None
        finally:
            signal.signal(signal.SIGINT, earlier)


def _scene_name(workspace: Workspace, scene_or_log: str, terminal: Terminal) -> str:
    names = [scene.name for scene in workspace.store.scenes()]
    if scene_or_log in names:
        return scene_or_log
    path = Path(scene_or_log)
    if not path.is_file():
        raise SceneError(
            f"{scene_or_log!r} is neither a scene nor a file. "
            f"Scenes: {', '.join(names) or 'none yet'}. "
            "Name one of them, or the path of a log."
        )
    name = ENDINGS.sub("", path.name)
    return ingest_log(workspace, path, name=name, on_progress=terminal.step).name
