"""What the process of a run wrote: one file a run, appended to at every start."""

from pathlib import Path

from adarec.runs.workspace import Workspace

_BYTES_A_LINE = 400  # longer lines make the tail shorter, never the read longer


def run_log_path(workspace: Workspace, run: str) -> Path:
    """Where the worker's process writes what it does for `run`."""
    return workspace.worker_folder / f"{run}.log"


def log_tail(workspace: Workspace, run: str, *, lines: int = 20) -> list[str]:
    """The last lines of the run's log, oldest first; empty when no worker has taken it up here."""
    return last_lines(run_log_path(workspace, run), lines=lines)


def last_lines(path: Path, *, lines: int) -> list[str]:
    """The last lines of a growing text file without reading the rest; empty without a file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            start = max(0, size - lines * _BYTES_A_LINE)
            file.seek(start)
            found = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    # A read from the middle starts inside a line.
    return found[1 if start else 0 :][-lines:]
