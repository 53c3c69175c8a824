"""Is a worker there, start one, stop it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adarec.errors import RunError
from adarec.jobs.heartbeats import WorkerRecord, live_workers
from adarec.jobs.lock import is_locked, read_holder, take_lock, worker_lock_path, write_holder
from adarec.jobs.requests import queued_runs
from adarec.jobs.workplace import Workplace

WORKER_COMMAND = (sys.executable, "-m", "adarec.worker")
LOG_NAME = "worker.log"
_STOP_S = 15.0
_PROBE_S = 0.05
_TAKE_ATTEMPTS = 5


@dataclass(frozen=True)
class WorkerStatus:
    """What a page shows of the background work."""

    is_alive: bool
    workers: list[WorkerRecord]
    queued: list[str]
    log: Path


def worker_is_alive(workspace: Workplace) -> bool:
    """Whether a worker serves this workspace: here, or on another machine that shares it."""
    if is_locked(worker_lock_path(workspace.worker_folder)):
        return True
    # A record of this machine without its lock is the trace of a worker that was killed.
    home = str(workspace.home)
    workers = live_workers(workspace.store.engine)
    return any(worker.home != home or worker.host != socket.gethostname() for worker in workers)


def worker_status(workspace: Workplace) -> WorkerStatus:
    """Workers, queue and log of the workspace."""
    return WorkerStatus(
        is_alive=worker_is_alive(workspace),
        workers=live_workers(workspace.store.engine),
        queued=queued_runs(workspace),
        log=workspace.worker_folder / LOG_NAME,
    )


def ensure_worker(
    workspace: Workplace, *, processes: int = 1, command: Sequence[str] = WORKER_COMMAND
) -> bool:
    """Start a worker when none is alive, and return whether one was started.

    The worker is detached: it outlives this process and no signal of its terminal reaches it. Two
    calls at the same time start one worker, because the lock is taken here and handed down.
    """
    if worker_is_alive(workspace):
        return False
    lock = _take_patiently(worker_lock_path(workspace.worker_folder))
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


def stop_worker(workspace: Workplace) -> bool:
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


def _take_patiently(path: Path) -> int | None:
    # Somebody who only asks whether the lock is held has it for a moment.
    for attempt in range(_TAKE_ATTEMPTS):
        if attempt:
            time.sleep(_PROBE_S)
        descriptor = take_lock(path)
        if descriptor is not None:
            return descriptor
    return None
