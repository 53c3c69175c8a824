"""A run that looks running and has lost its process: seen, stopped, resumed."""

import socket
import time

import pytest

from adarec import jobs
from adarec.errors import RunError
from adarec.jobs.heartbeats import WorkerRecord, register_worker
from tests.jobs.test_requests import hold, open_jobs_of


@pytest.fixture
def killed(bench) -> str:
    """A search in the foreground whose terminal was closed."""
    run = bench.new_run()
    bench.store.update_run(run, state="running", stop_requested_at=time.time())
    return run


def test_a_search_whose_terminal_was_closed_is_seen_and_resumed(bench, killed: str) -> None:
    assert jobs.is_interrupted(bench.workspace, killed)
    jobs.resume(bench.workspace, killed)
    assert (bench.state(killed), bench.store.run(killed).is_stopping) == ("queued", False)
    assert [job.run for job in open_jobs_of(bench)] == [killed]


def test_it_can_be_stopped_although_it_was_asked_before(bench, killed: str) -> None:
    assert jobs.stop(bench.workspace, killed)
    assert bench.state(killed) == "cancelled"
    bench.store.delete_run(killed)


def test_somebody_who_computes_it_is_no_interruption(bench, killed: str) -> None:
    with bench.workspace.executing(killed):
        assert not jobs.is_interrupted(bench.workspace, killed)


def test_a_run_that_a_live_worker_has_is_none(bench) -> None:
    run = bench.new_run()
    jobs.submit(bench.workspace, run)
    assert not jobs.is_interrupted(bench.workspace, run), "it waits"
    hold(bench, run, "far")
    assert jobs.is_interrupted(bench.workspace, run), "nobody knows that worker"
    now = time.time()
    register_worker(bench.store.engine, WorkerRecord("far", "far", "home", 1, 1, now, now))
    assert not jobs.is_interrupted(bench.workspace, run)


def test_resuming_what_a_dead_worker_left_takes_back_the_stop(bench) -> None:
    run = bench.new_run()
    jobs.submit(bench.workspace, run)
    hold(bench, run, f"{socket.gethostname()}-1")
    bench.store.update_run(run, stop_requested_at=time.time())
    jobs.resume(bench.workspace, run)
    assert not bench.store.run(run).is_stopping
    assert len(open_jobs_of(bench)) == 1, "the job is there already; it needs a worker"


def test_a_missing_run_is_said(bench) -> None:
    with pytest.raises(RunError, match="r-none"):
        jobs.is_interrupted(bench.workspace, "r-none")
