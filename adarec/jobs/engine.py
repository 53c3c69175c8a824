"""The one place that knows how DBOS is set up: names, version, client, and what it holds of a run.

Every request is a workflow of its own, named `<run>.<random>`: DBOS never runs a finished workflow
again, but a run may be resumed or extended as often as a person likes.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbos import DBOSClient, DBOSConfig

APPLICATION = "adarec"
QUEUE = "runs"
WORKFLOW = "execute_run"
# Fixed on purpose: by default DBOS hashes the code, and would leave the jobs of yesterday's
# installation in the queue for ever. Raise it when a workflow of the old kind cannot go on.
APPLICATION_VERSION = "1"
QUEUE_POLL_S = 0.5

_WAITING = ("ENQUEUED", "DELAYED")
_HELD = "PENDING"


@dataclass(frozen=True)
class Job:
    """A request that is not over: `executor` is the worker that took it, None while it waits."""

    workflow: str
    run: str
    executor: str | None


def engine_config(database_url: str, executor: str) -> "DBOSConfig":
    """How a worker process called `executor` launches DBOS."""
    return {
        "name": APPLICATION,
        "system_database_url": database_url,
        "application_version": APPLICATION_VERSION,
        # The default id is "local" for every process: two workers would take each other's jobs.
        "executor_id": executor,
        "log_level": "WARNING",
        "notification_listener_polling_interval_sec": 10.0,
    }


@contextmanager
def engine_client(database_url: str) -> Iterator["DBOSClient"]:
    """A client of the queue, with its tables in place."""
    from dbos import DBOS, DBOSClient

    # The client never creates tables, and the first request may come before the first worker.
    DBOS.migrate(database_url)
    client = DBOSClient(system_database_url=database_url, application_name=APPLICATION)
    try:
        yield client
    finally:
        client.destroy()


def set_queue(client: "DBOSClient", processes: int) -> None:
    """Let a worker execute so many runs at once. To be called before the engine is launched: a
    queue without a limit would hand it everything that waits."""
    client.register_queue(QUEUE, worker_concurrency=processes, polling_interval_sec=QUEUE_POLL_S)


def enqueue(client: "DBOSClient", run: str, queued_at: float | None) -> None:
    """Put a request for `run` at the end of the queue, once for each time it was queued."""
    client.enqueue(
        {
            "queue_name": QUEUE,
            "workflow_name": WORKFLOW,
            "workflow_id": f"{run}.{secrets.token_hex(4)}",
            "app_version": APPLICATION_VERSION,
            # Not the run alone: the job of an execution that is just ending may still be open.
            "deduplication_id": f"{run}@{queued_at}",
            "duplication_policy": "return-existing",
        },
        run,
    )


def open_jobs(client: "DBOSClient", run: str | None = None) -> list[Job]:
    """The requests that wait or are being worked on, of one run or of all."""
    found = client.list_workflows(
        status=[*_WAITING, _HELD],
        name=WORKFLOW,
        workflow_id_prefix=None if run is None else f"{run}.",
        load_input=False,
        load_output=False,
    )
    return [
        Job(
            workflow=status.workflow_id,
            run=status.workflow_id.rsplit(".", 1)[0],
            executor=status.executor_id if status.status == _HELD else None,
        )
        for status in found
    ]
