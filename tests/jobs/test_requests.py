"""Requests and the queue, without a worker."""

import time

import pytest
import sqlalchemy as sa

from adarec import jobs
from adarec.errors import RunError
from adarec.jobs.engine import Job, engine_client, open_jobs
from adarec.jobs.heartbeats import WorkerRecord, beat, live_workers, register_worker
from adarec.jobs.reaper import reap


def open_jobs_of(bench, run: str | None = None) -> list[Job]:
    with engine_client(bench.workspace.database_url) as client:
        return open_jobs(client, run)


def hold(bench, run: str, executor: str) -> None:
    """Make it look as if the worker `executor` had taken the run."""
    (job,) = open_jobs_of(bench, run)
    statement = sa.text(
        "UPDATE workflow_status SET status='PENDING', executor_id=:executor "
        "WHERE workflow_uuid=:id"
    )
    with bench.store.engine.begin() as connection:
        connection.execute(statement, {"executor": executor, "id": job.workflow})
    bench.store.update_run(run, state="running")


def register(bench, executor: str, *, host: str = "here", age_s: float = 0.0) -> None:
    now = time.time()
    record = WorkerRecord(executor, host, "home", 1, 1, now - age_s, now - age_s)
    register_worker(bench.store.engine, record)


def alive(bench) -> list[str]:
    return [worker.executor for worker in live_workers(bench.store.engine)]


def test_runs_wait_in_the_order_in_which_they_were_submitted(bench) -> None:
    first, second = bench.new_run(), bench.new_run()
    jobs.submit(bench.workspace, first)
    jobs.submit(bench.workspace, second)
    assert jobs.queued_runs(bench.workspace) == [first, second]
    assert jobs.queue_position(bench.workspace, second) == 2
    assert [job.run for job in open_jobs_of(bench)] == [first, second]


def test_submitting_twice_asks_once(bench) -> None:
    run = bench.new_run()
    jobs.submit(bench.workspace, run)
    jobs.submit(bench.workspace, run)
    assert len(open_jobs_of(bench)) == 1


def test_a_missing_run_cannot_be_asked_for(bench) -> None:
    for ask in (jobs.submit, jobs.resume, jobs.stop):
        with pytest.raises(RunError, match="r-missing"):
            ask(bench.workspace, "r-missing")


def test_a_waiting_run_is_cancelled_at_once(bench) -> None:
    run = bench.new_run()
    jobs.submit(bench.workspace, run)
    assert jobs.stop(bench.workspace, run)
    assert bench.state(run) == "cancelled"
    assert open_jobs_of(bench) == []
    assert jobs.queue_position(bench.workspace, run) is None
    assert not jobs.stop(bench.workspace, run)


def test_a_stopped_run_is_resumed_at_the_end_of_the_queue(bench) -> None:
    first, second = bench.new_run(), bench.new_run()
    for run in (first, second):
        jobs.submit(bench.workspace, run)
    jobs.stop(bench.workspace, first)
    jobs.resume(bench.workspace, first)
    assert jobs.queued_runs(bench.workspace) == [second, first]
    assert [job.run for job in open_jobs_of(bench)] == [second, first]
    assert not bench.store.run_summary(first).is_stopping


def test_a_failed_run_loses_its_error_when_it_is_resumed(bench) -> None:
    run = bench.new_run()
    bench.store.update_run(run, state="failed", error="x", finished_at=1.0)
    jobs.resume(bench.workspace, run)
    summary = bench.store.run_summary(run)
    assert (summary.state, summary.error, summary.finished_at) == ("queued", None, None)


@pytest.mark.parametrize("state", ["queued", "succeeded"])
def test_only_an_interrupted_run_is_resumed(bench, state: str) -> None:
    run = bench.new_run()
    bench.store.update_run(run, state=state)
    with pytest.raises(RunError, match=f"is {state}"):
        jobs.resume(bench.workspace, run)


def test_a_finished_run_can_be_submitted_again_for_more_steps(bench) -> None:
    run = bench.new_run()
    bench.store.update_run(run, state="succeeded")
    jobs.submit(bench.workspace, run)
    assert bench.state(run) == "queued"
    assert len(open_jobs_of(bench)) == 1


def test_a_running_run_is_neither_submitted_nor_resumed(bench) -> None:
    run = bench.new_run()
    with bench.workspace.executing(run):
        bench.store.update_run(run, state="running")
        for ask in (jobs.submit, jobs.resume):
            with pytest.raises(RunError, match="is running"):
                ask(bench.workspace, run)


def test_a_run_whose_foreground_process_died_can_be_resumed(bench) -> None:
    run = bench.new_run()
    bench.store.update_run(run, state="running")
    jobs.resume(bench.workspace, run)
    assert bench.state(run) == "queued"


def test_a_run_whose_worker_died_needs_a_worker_and_no_request(bench) -> None:
    run = bench.new_run()
    jobs.submit(bench.workspace, run)
    hold(bench, run, "worker")
    register(bench, "worker")
    with pytest.raises(RunError, match="is running"):
        jobs.resume(bench.workspace, run)
    register(bench, "worker", age_s=60)
    jobs.resume(bench.workspace, run)
    assert bench.state(run) == "running"
    assert len(open_jobs_of(bench)) == 1


def test_a_stop_is_left_to_the_process_that_executes(bench) -> None:
    run = bench.new_run()
    with bench.workspace.executing(run):
        bench.store.update_run(run, state="running")
        assert jobs.stop(bench.workspace, run)
        assert bench.state(run) == "running"
        assert bench.store.run_summary(run).is_stopping
    assert jobs.stop(bench.workspace, run)
    assert bench.state(run) == "cancelled"


def test_a_stop_is_left_to_a_live_worker_but_not_to_a_dead_one(bench) -> None:
    run = bench.new_run()
    jobs.submit(bench.workspace, run)
    hold(bench, run, "worker")
    register(bench, "worker")
    jobs.stop(bench.workspace, run)
    assert bench.state(run) == "running"
    assert len(open_jobs_of(bench)) == 1
    register(bench, "worker", age_s=60)
    jobs.stop(bench.workspace, run)
    assert bench.state(run) == "cancelled"
    assert open_jobs_of(bench) == []


def test_the_reaper_queues_what_a_dead_worker_held(bench) -> None:
    lost, kept = bench.new_run(), bench.new_run()
    for run, executor in ((lost, "dead"), (kept, "me")):
        jobs.submit(bench.workspace, run)
        hold(bench, run, executor)
    register(bench, "dead", host="there", age_s=31)
    register(bench, "me")
    with engine_client(bench.workspace.database_url) as client:
        assert reap(bench.workspace, client, "me") == [lost]
        assert reap(bench.workspace, client, "me") == []
    assert (bench.state(lost), bench.state(kept)) == ("queued", "running")
    assert {job.run: job.executor for job in open_jobs_of(bench)} == {lost: None, kept: "me"}


def test_only_the_oldest_live_worker_reaps(bench) -> None:
    run = bench.new_run()
    jobs.submit(bench.workspace, run)
    hold(bench, run, "dead")
    register(bench, "old", host="there", age_s=5)
    register(bench, "young")
    with engine_client(bench.workspace.database_url) as client:
        assert reap(bench.workspace, client, "young") == []
        assert reap(bench.workspace, client, "old") == [run]


def test_a_new_worker_of_a_machine_replaces_its_dead_one(bench) -> None:
    register(bench, "killed")
    register(bench, "elsewhere", host="there", age_s=10)
    register(bench, "next")
    assert alive(bench) == ["elsewhere", "next"]
    register(bench, "silent", host="third", age_s=60)
    assert alive(bench) == ["elsewhere", "next"]
    beat(bench.store.engine, "silent")
    assert alive(bench) == ["silent", "elsewhere", "next"]
