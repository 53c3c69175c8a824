"""Is a worker there, start one, stop it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adarec.errors import RunError
from adarec.jobs.heartbeats import WorkerRecord
from adarec.jobs.liveness import attending_workers
from adarec.jobs.lock import read_holder, take_lock, worker_lock_path, write_holder
from adarec.jobs.requests import queued_runs
from adarec.runs.file_lock import is_locked
from adarec.runs.records import ACTIVE_STATES
from adarec.runs.workspace import Workspace

WORKER_COMMAND = (sys.executable, "-m", "adarec.worker")
LOG_NAME = "worker.log"
_STOP_S = 15.0
_PROBE_S = 0.05


@dataclass(frozen=True)
class WorkerStatus:
    """What a page shows of the background work."""

    is_alive: bool
    workers: list[WorkerRecord]
    queued: list[str]
    log: Path


def worker_is_alive(workspace: Workspace) -> bool:
    """Whether a worker serves this workspace: here, or on another machine that shares it."""
    if is_locked(worker_lock_path(workspace.worker_folder)):
        return True
    return bool(attending_workers(workspace))


def worker_status(workspace: Workspace) -> WorkerStatus:
    """Workers, queue and log of the workspace."""
    return WorkerStatus(
        is_alive=worker_is_alive(workspace),
        workers=attending_workers(workspace),
        queued=queued_runs(workspace),
        log=workspace.worker_folder / LOG_NAME,
    )


def ensure_worker(
    workspace: Workspace, *, processes: int = 1, command: Sequence[str] = WORKER_COMMAND
) -> bool:
    """Start a worker when none is alive, and return whether one was started.

    The worker is detached: it outlives this process and no signal of its terminal reaches it. Two
    calls at the same time start one worker, because the lock is taken here and handed down.
    """
    if worker_is_alive(workspace):
        return False
    lock = take_lock(worker_lock_path(workspace.worker_folder))
    if lock is None:
        return False
    try:
        os.set_inheritable(lock, True)
        with open(workspace.worker_folder / LOG_NAME, "ab") as log:
            process = subprocess.Popen(
                [*command, "--home", str(workspace.home), "--processes", str(processes)]
                + ["--lock-descriptor", str(lock)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
                start_new_session=True,
            )
        write_holder(lock, process.pid)
    finally:
        os.close(lock)
    return True


def continue_interrupted(workspace: Workspace, *, command: Sequence[str] = WORKER_COMMAND) -> bool:
    """Start a worker when runs wait for one, and return whether one was started.

    For the start of the app: after a reboot nothing else would take up what was interrupted.
    """
    active = workspace.store.run_summaries(states=ACTIVE_STATES)
    is_needed = any(run.state == "queued" or not workspace.is_executing(run.run) for run in active)
    return is_needed and ensure_worker(workspace, command=command)


def stop_worker(workspace: Workspace) -> bool:
    """Stop this machine's worker, and return whether there was one.

    Runs that it executes go back to the queue, with their checkpoints, for the next worker.

    Raises:
        RunError: The worker does not end.
    """
    path = worker_lock_path(workspace.worker_folder)
    pid = read_holder(path)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_S
    while is_locked(path):
        if time.monotonic() > deadline:
            raise RunError(
                f"The worker (process {pid}) did not end within {_STOP_S:.0f} s. "
                f"See {workspace.worker_folder / LOG_NAME}, then end it with `kill -9 {pid}`."
            )
        time.sleep(_PROBE_S)
    return True
