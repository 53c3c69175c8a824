"""Submit, stop and resume runs."""

import time

from adarec.errors import RunError
from adarec.jobs.engine import engine_client, enqueue, open_jobs
from adarec.jobs.liveness import attending_workers
from adarec.runs.records import ACTIVE_STATES, RESUMABLE_STATES
from adarec.runs.workspace import Workspace


def submit(workspace: Workspace, run: str) -> None:
    """Queue `run`: a new one, or one that is over and has steps left to do.

    Submitting a run that waits already changes nothing.

    Raises:
        RunError: There is no such run, or it is being executed.
    """
    _queue(workspace, run, only_from=("queued", "succeeded", *RESUMABLE_STATES))


def resume(workspace: Workspace, run: str) -> None:
    """Queue a run that failed, was stopped, or whose process died; it goes on from its last
    checkpoints. One whose worker died is in the queue: it needs a worker, not a request.

    Raises:
        RunError: There is no such run, or it is neither of these.
    """
    if is_interrupted(workspace, run):
        with engine_client(workspace.database_url) as client:
            jobs = open_jobs(client, run)
        if jobs:
            workspace.store.update_run(run, stop_requested_at=None)
            return
        workspace.store.update_run(run, only_from=("running",), state="cancelled")
    _queue(workspace, run, only_from=RESUMABLE_STATES)


def is_interrupted(workspace: Workspace, run: str) -> bool:
    """Whether a run that looks running has lost its process: nobody executes it, and no live
    worker has it (its worker died, or the terminal that it was computed in was closed).

    Raises:
        RunError: There is no such run.
    """
    if workspace.store.run_summary(run).state != "running" or workspace.is_executing(run):
        return False
    with engine_client(workspace.database_url) as client:
        jobs = open_jobs(client, run)
    alive = {worker.executor for worker in attending_workers(workspace)}
    return not any(job.executor in alive for job in jobs)


def stop(workspace: Workspace, run: str) -> bool:
    """Ask for `run` to stop, and return whether there was anything to stop.

    A waiting run is cancelled at once. A running one ends within 5 s: its process is asked, then
    killed after 3 s; until then the run is active and `is_stopping`. What it checkpointed stays.

    Raises:
        RunError: There is no such run.
    """
    store = workspace.store
    if not store.update_run(run, only_from=ACTIVE_STATES, stop_requested_at=time.time()):
        return False
    with engine_client(workspace.database_url) as client:
        jobs = open_jobs(client, run)
        alive = {worker.executor for worker in attending_workers(workspace)}
        # A live worker ends its job itself, once the run's process has ended.
        unattended = [job.workflow for job in jobs if job.executor not in alive]
        if unattended:
            client.cancel_workflows(unattended)
    cancelled = {"state": "cancelled", "finished_at": time.time()}
    store.update_run(run, only_from=("queued",), **cancelled)
    if len(unattended) == len(jobs) and not workspace.is_executing(run):
        store.update_run(run, only_from=("running",), **cancelled)
    return True


def queued_runs(workspace: Workspace) -> list[str]:
    """The runs that wait for a worker, next one first."""
    waiting = workspace.store.run_summaries(states=("queued",))
    return [run.run for run in sorted(waiting, key=lambda run: run.queued_at or 0.0)]


def queue_position(workspace: Workspace, run: str) -> int | None:
    """The place of `run` in the queue, 1 for the next one; None when it does not wait."""
    runs = queued_runs(workspace)
    return runs.index(run) + 1 if run in runs else None


def _queue(workspace: Workspace, run: str, only_from: tuple[str, ...]) -> None:
    store = workspace.store
    before = store.run_summary(run)
    fields = {"state": "queued", "stop_requested_at": None, "finished_at": None, "error": None}
    if before.state != "queued":
        fields |= {"queued_at": time.time()}  # type: ignore[dict-item]
    if not store.update_run(run, only_from=only_from, **fields):
        state = "stopping" if before.is_stopping else before.state
        raise RunError(
            f"{run} is {state}; only a run that is {', '.join(only_from)} can be queued. "
            "Wait until it has ended."
        )
    with engine_client(workspace.database_url) as client:
        enqueue(client, run, store.run_summary(run).queued_at)
