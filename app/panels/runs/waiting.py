"""What a waiting run waits for."""

from adarec.runs.records import RunRecord
from app import gateway

# What the start of the app does in every new session: see `first_start`.
NO_WORKER = (
    "Nothing computes, because no worker is running. Reload this page: the app then starts one. "
    "So does `python -m adarec worker` in a terminal."
)


INTERRUPTED = (
    "The process that computed this run has ended: its terminal was closed, or its worker was "
    "ended. Resume goes on from the last checkpoint, Stop leaves it for later."
)


def has_worker(run: RunRecord) -> bool:
    """Whether the run computes, or somebody is there to take it up."""
    return run.state != "queued" or gateway.worker_is_alive()


def waiting_words(run: RunRecord) -> str:
    """`Waiting: 2 runs before it` and the like, of a run that waits."""
    before = gateway.runs_before(run.run) or 0
    if not gateway.worker_is_alive():
        return "Waiting: no worker is running"
    if before == 0:
        return "Waiting: it is next, the worker takes it up within seconds"
    return f"Waiting: {before} run{'s' if before > 1 else ''} before it"
