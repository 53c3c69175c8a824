"""Which workers really live: by their locks on this machine, by their heartbeats on others."""

import socket

from adarec.jobs.heartbeats import WorkerRecord, live_workers
from adarec.jobs.lock import worker_lock_path
from adarec.runs.file_lock import is_locked
from adarec.runs.workspace import Workspace


def attending_workers(workspace: Workspace) -> list[WorkerRecord]:
    """The workers that serve the queue, oldest first.

    A record of this machine without its lock is the trace of a worker that was killed: its
    heartbeat stays recent for a while, its lock ends at once.
    """
    here = (socket.gethostname(), str(workspace.home))
    is_served_here = is_locked(worker_lock_path(workspace.worker_folder))
    return [
        worker
        for worker in live_workers(workspace.store.engine)
        if is_served_here or (worker.host, worker.home) != here
    ]
