"""Give the jobs of dead workers back to the queue."""

from typing import TYPE_CHECKING

from adarec.jobs.engine import QUEUE, open_jobs
from adarec.jobs.heartbeats import live_workers
from adarec.runs.workspace import Workspace

if TYPE_CHECKING:
    from dbos import DBOSClient


def reap(workspace: Workspace, client: "DBOSClient", executor: str) -> list[str]:
    """Queue the runs whose worker is dead again, and return their ids.

    Only the oldest live worker reaps: two that did it at once could queue a job a second time
    after somebody had already taken it.
    """
    # The jobs first: a worker registers before it takes one, so the executor of a job read here
    # is among the workers read next, unless it is dead.
    jobs = open_jobs(client)
    workers = live_workers(workspace.store.engine)
    if not workers or workers[0].executor != executor:
        return []
    alive = {worker.executor for worker in workers}
    lost = [job for job in jobs if job.executor is not None and job.executor not in alive]
    for job in lost:
        workspace.store.update_run(job.run, only_from=("running",), state="queued")
        client.resume_workflow(job.workflow, queue_name=QUEUE)
    return [job.run for job in lost]
