"""Ask for a run to be executed, stopped or resumed, and for a worker to be there.

The engine behind it is DBOS, a library that keeps its queue in the workspace's database. It is
imported only when a request is written: reading the queue or asking for the worker costs a page
nothing.
"""

from adarec.jobs.requests import (
    is_interrupted,
    queue_position,
    queued_runs,
    resume,
    stop,
    submit,
)
from adarec.jobs.run_log import log_tail
from adarec.jobs.workers import (
    WorkerStatus,
    continue_interrupted,
    ensure_worker,
    stop_worker,
    worker_is_alive,
    worker_status,
)

__all__ = [
    "WorkerStatus",
    "continue_interrupted",
    "ensure_worker",
    "is_interrupted",
    "log_tail",
    "queue_position",
    "queued_runs",
    "resume",
    "stop",
    "stop_worker",
    "submit",
    "worker_is_alive",
    "worker_status",
]
