"""Submit, stop and resume runs."""

import time

from adarec.errors import RunError
from adarec.jobs.engine import engine_client, enqueue, open_jobs
from adarec.jobs.heartbeats import live_workers
from adarec.jobs.workplace import ACTIVE_STATES, Workplace

_RESUMABLE = ("failed", "cancelled")


def submit(workspace: Workplace, run: str) -> None:
    """Queue `run`: a new one, or one that is over and has steps left to do.

    Submitting a run that waits already changes nothing.

    Raises:
        RunError: There is no such run, or it is being executed.
    """
    _queue(workspace, run, only_from=("queued", "succeeded", *_RESUMABLE))


def resume(workspace: Workplace, run: str) -> None:
    """Queue a run that failed, was stopped, or whose process died; it goes on from its last
    checkpoints.

    Raises:
        RunError: There is no such run, or it is neither of these.
    """
    _release_if_abandoned(workspace, run)
    _queue(workspace, run, only_from=_RESUMABLE)


def stop(workspace: Workplace, run: str) -> bool:
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
        alive = {worker.executor for worker in live_workers(store.engine)}
        # A live worker ends its job itself, once the run's process has ended.
        unattended = [job.workflow for job in jobs if job.executor not in alive]
        if unattended:
            client.cancel_workflows(unattended)
    cancelled = {"state": "cancelled", "finished_at": time.time()}
    store.update_run(run, only_from=("queued",), **cancelled)
    if len(unattended) == len(jobs) and not workspace.is_executing(run):
        store.update_run(run, only_from=("running",), **cancelled)
    return True


def queued_runs(workspace: Workplace) -> list[str]:
    """The runs that wait for a worker, next one first."""
    waiting = workspace.store.run_summaries(states=("queued",))
    return [run.run for run in sorted(waiting, key=lambda run: run.queued_at or 0.0)]


def queue_position(workspace: Workplace, run: str) -> int | None:
    """The place of `run` in the queue, 1 for the next one; None when it does not wait."""
    runs = queued_runs(workspace)
    return runs.index(run) + 1 if run in runs else None


def _queue(workspace: Workplace, run: str, only_from: tuple[str, ...]) -> None:
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


def _release_if_abandoned(workspace: Workplace, run: str) -> None:
    # A search in the foreground that was killed leaves its run "running", with nobody behind it.
    if workspace.store.run_summary(run).state != "running":
        return
    with engine_client(workspace.database_url) as client:
        jobs = open_jobs(client, run)
    # A job that is held or waits will be executed, by its worker or after the reaper: no need.
    if not jobs and not workspace.is_executing(run):
        workspace.store.update_run(run, only_from=("running",), state="cancelled")
