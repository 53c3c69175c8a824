"""The `search`, `adapt` and `distill` commands: find or ingest the scenes, resume or create the
run, execute it here.
"""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adarec.config import AdaptSettings, RunSettings
from adarec.data.ingest import ingest_log, scene_name
from adarec.errors import RunError, SceneError, StopRequested
from adarec.execute import execute_run
from adarec.runs.workspace import Workspace
from adarec.submission import create_run, find_unfinished, point_settings
from adarec.terminal import Terminal

ASK_SECONDS = 1.0


@dataclass(frozen=True)
class SearchRequest:
    """What the user asked for."""

    scene_or_log: str
    settings: RunSettings
    fresh: bool


def run_search(workspace: Workspace, request: SearchRequest, terminal: Terminal) -> dict[str, Any]:
    """The result of the run, computed in this process.

    Ctrl-C, or a stop from the app, leaves it resumable: the same command goes on with it.

    Raises:
        AdarecError: A user's mistake, or a run that failed.
    """
    with terminal:
        scene = _scene_name(workspace, request.scene_or_log, terminal)
        return _execute(workspace, _run(workspace, scene, request), terminal)


def run_distill(workspace: Workspace, run: str, point: int, terminal: Terminal) -> dict[str, Any]:
    """The result of a new run whose student has the cell of a point of the front of `run`'s
    search; scene, costs, teacher and search are used again.

    Raises:
        AdarecError: There is no such point, or the new run failed.
    """
    settings = point_settings(workspace, run, point)
    request = SearchRequest(workspace.store.run(run).scene, settings, fresh=False)
    with terminal:
        return _execute(workspace, _run(workspace, request.scene_or_log, request), terminal)


def run_adaptation(
    workspace: Workspace, settings: AdaptSettings, terminal: Terminal, *, fresh: bool
) -> dict[str, Any]:
    """As `run_search`, for the source and the target (scenes or logs) that the settings name."""
    with terminal:
        asked = (settings.adaptation.source, settings.adaptation.target)
        source, target = (_scene_name(workspace, each, terminal) for each in asked)
        request = SearchRequest(target, settings.between(source, target), fresh)
        return _execute(workspace, _run(workspace, target, request), terminal)


def _execute(workspace: Workspace, run: str, terminal: Terminal) -> dict[str, Any]:
    interrupted: list[int] = []
    earlier = signal.signal(signal.SIGINT, lambda number, frame: interrupted.append(number))
    try:
        return execute_run(
            workspace,
            run,
            should_stop=_stop_question(workspace, run, interrupted),
            on_progress=terminal.report,
        )
    except StopRequested:
        raise RunError(
            f"{run} was stopped. The same command again goes on where it stopped."
        ) from None
    finally:
        signal.signal(signal.SIGINT, earlier)


def _run(workspace: Workspace, scene: str, request: SearchRequest) -> str:
    """The unfinished run of the same steps, else a new one."""
    unfinished = find_unfinished(workspace, scene, request.settings, fresh=request.fresh)
    if unfinished is not None:
        workspace.store.update_run(unfinished.run, stop_requested_at=None, archived=False)
        return unfinished.run
    return create_run(workspace, scene, request.settings, fresh=request.fresh, state="running").run


def _stop_question(workspace: Workspace, run: str, interrupted: list[int]) -> Callable[[], bool]:
    """Asks for Ctrl-C at every call, and in the records once a second."""
    asked_at = time.monotonic()
    answer = False

    def should_stop() -> bool:
        nonlocal asked_at, answer
        if time.monotonic() - asked_at >= ASK_SECONDS:
            asked_at = time.monotonic()
            answer = workspace.store.run_summary(run).is_stopping
        return answer or bool(interrupted)

    return should_stop


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
    return ingest_log(workspace, path, name=scene_name(path), on_progress=terminal.step).name
