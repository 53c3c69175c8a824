"""One cell after the other, each by `python -m adarec search` (or `adapt`) in a process of its
own, so that memory comes back.
"""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType

from adarec.bench.experiments.cell import Cell, Cut
from adarec.bench.experiments.evidence import Evidence
from adarec.config import RunSettings
from adarec.errors import LogError, SceneError
from adarec.runs.workspace import Workspace

STOPPED = -1
_ADAREC = (sys.executable, "-m", "adarec")


def run_cells(
    evidence: Evidence,
    cells: Sequence[Cell],
    *,
    log_of: Callable[[str], Path],
    say: Callable[[str], None],
    after_each: Callable[[], None],
) -> bool:
    """Runs what is left of `cells` in their order; False when it was asked to stop.

    A cell that fails is told and left for the next call; a cell that waits for others is tried
    again when all that can run has run.

    Args:
        evidence: Knows what is left; refreshed after each run.
        cells: What to run.
        log_of: The log of that name.
        say: Told in a line what happens.
        after_each: Called after each run that succeeded.
    """
    left = [cell for cell in cells if evidence.state(cell).run is None]
    waiting = with_finders(evidence, left)
    tried: set[str] = set()
    while True:
        ready = [cell for cell in waiting if cell.name not in tried]
        cell = next((cell for cell in ready if evidence.settings(cell) is not None), None)
        if cell is None:
            break
        tried.add(cell.name)
        if (cell in left and evidence.state(cell).run) or (
            cell not in left and evidence.found_here(cell)
        ):
            continue  # another cell's run brought it
        say(f"{cell.name} ({len(ready)} left)")
        code = _run_all(_commands(evidence, cell, log_of))
        evidence.refresh()
        if code == STOPPED:
            if evidence.state(cell).run is not None:
                after_each()  # it had ended when the stop came
            say(f"{cell.name} was stopped. The same command again goes on where it stopped.")
            return False
        if code == 0:
            after_each()
        else:
            say(f"{cell.name} ended with exit code {code}: {evidence.state(cell).words}")
    return True


def with_finders(evidence: Evidence, cells: Sequence[Cell]) -> list[Cell]:
    """The cells, each after the searches whose cells it distils and that are not here."""
    found: dict[str, Cell] = {}
    for cell in cells:
        finders = [cell.finder_of(scene) for scene in cell.awaited]
        for each in (*(f for f in finders if evidence.found_here(f) is None), cell):
            found.setdefault(each.name, each)
    return list(found.values())


def bring_scenes(
    evidence: Evidence, cells: Sequence[Cell], *, log_of: Callable[[str], Path]
) -> None:
    """Ingests the scenes of runs that were kept elsewhere: only with its scene can such a run be
    told from one of older settings. A log that is not here leaves its runs unknown.
    """
    known = evidence.kept_scenes
    wanted: dict[str, Cut] = {}
    for cell in cells:
        if cell.scene in known:
            whole = (Cut(cell.scene, cell.scene, {}),)
            wanted |= {cut.name: cut for cut in cell.cuts or whole}
    for cut in wanted.values():
        if not _has_scene(evidence.workspace, cut.name):
            try:
                log = log_of(cut.log)
            except LogError:
                continue
            _run(_ingest_command(evidence.workspace, cut, log))


def _ingest_command(workspace: Workspace, cut: Cut, log: Path) -> list[str]:
    home = ("--home", str(workspace.home))
    return [*_ADAREC, "ingest", str(log), "--name", cut.name, *cut.options, *home]


def _commands(
    evidence: Evidence, cell: Cell, log_of: Callable[[str], Path]
) -> Iterator[list[str]]:
    """Cuts out the scenes that are not there yet, then runs the cell."""
    settings = evidence.settings(cell)
    assert settings is not None  # asked before
    home = ("--home", str(evidence.workspace.home))
    for cut in cell.cuts:
        if not _has_scene(evidence.workspace, cut.name):
            yield _ingest_command(evidence.workspace, cut, log_of(cut.log))
    scenes = [cut.name for cut in cell.cuts]
    verb = ["adapt", *scenes] if scenes else ["search", str(log_of(cell.scene))]
    overrides = _differing(settings, cell)
    yield [
        *(*_ADAREC, *verb, *home),
        *("--preset", cell.preset, "--teacher", cell.teacher),
        *(part for key, value in overrides.items() for part in ("--set", f"{key}={value}")),
    ]


def _has_scene(workspace: Workspace, name: str) -> bool:
    try:
        workspace.store.scene(name)
    except SceneError:
        return False
    return True


def _differing(settings: RunSettings, cell: Cell) -> dict[str, object]:
    """What differs from the preset, by dotted key."""
    usual = _flat(cell.unchanged.settings({}))
    return {key: value for key, value in _flat(settings).items() if usual.get(key) != value}


def _flat(settings: RunSettings) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in settings.model_dump().items():
        if isinstance(value, dict):
            found |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            found[name] = value
    return found


def _run_all(commands: Iterable[list[str]]) -> int:
    """The exit code of the first that fails, else 0."""
    return next((code for code in map(_run, commands) if code != 0), 0)


def _run(command: list[str]) -> int:
    """The exit code; STOPPED when this process was asked to end. The run then saves its state
    first.

    Its table goes to standard error: standard output is the bench's own.
    """
    asked: list[int] = []
    child: subprocess.Popen[bytes] | None = None

    def ask(number: int, frame: FrameType | None) -> None:
        del frame
        asked.append(number)
        if child is not None:
            child.send_signal(signal.SIGINT)

    # Before the child starts: a stop in between would be lost, and so would one in its first
    # seconds where a shell in the background has this process ignore SIGINT, because what is
    # ignored here and not handled stays ignored there.
    earlier = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        # In a session of its own, so that Ctrl-C reaches it once, through here.
        child = subprocess.Popen(command, stdout=sys.stderr.fileno(), start_new_session=True)
        if asked:
            child.send_signal(signal.SIGINT)
        code = child.wait()
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
    return STOPPED if asked else code
