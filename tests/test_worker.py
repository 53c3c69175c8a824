"""From a submitted run to its end, with real workers and real children.

The children count instead of searching (`tests/jobs/counting_child.py`), with a checkpoint a step.
"""

import os
import signal
import subprocess
import sys
import time

import pytest

from adarec import jobs
from adarec.runs.files import read_json
from tests.jobs.bench import WORKER, Bench, bench
from tests.jobs.test_requests import open_jobs_of

pytestmark = pytest.mark.whole_run

__all__ = ["bench"]

LONG = {"count": 100_000, "pause_s": 0.02}


def start(bench: Bench, *, processes: int = 1) -> None:
    assert jobs.ensure_worker(bench.workspace, processes=processes, command=WORKER)


def submit(bench: Bench, **settings: object) -> str:
    run = bench.new_run(**settings)
    jobs.submit(bench.workspace, run)
    return run


def end_soon(bench: Bench, run: str) -> None:
    """Let the next child that executes the run end after a few steps more."""
    done = read_json(bench.checkpoint(run))["count"]
    bench.store.update_run(run, settings={"count": done + 3})


def assert_continued(bench: Bench, run: str, *, children: int) -> None:
    """The run ended, by so many processes, each of which went on where the last one was."""
    done = read_json(bench.checkpoint(run))
    assert done["count"] == bench.store.run(run).settings["count"]
    assert len(set(done["pids"])) == children


def child_pid(bench: Bench, run: str) -> int:
    bench.wait_for_count(run)
    return read_json(bench.checkpoint(run))["pids"][-1]


def test_runs_that_wait_are_executed_one_after_the_other(bench: Bench) -> None:
    first, failing, last = submit(bench), submit(bench, fail=True), submit(bench)
    start(bench)
    for run, state in ((first, "succeeded"), (failing, "failed"), (last, "succeeded")):
        bench.wait_for(run, state)
    one, two, three = (bench.store.run(run) for run in (first, failing, last))
    assert one.started_at < one.finished_at <= two.started_at
    assert two.started_at < two.finished_at <= three.started_at < three.finished_at
    assert "exit code 1" in (two.error or "")
    log = bench.workspace.worker_folder / f"{failing}.log"
    assert str(log) in (two.error or "")
    assert "the reason is on this line" in log.read_text()
    bench.wait_until(lambda: (bench.store.run_summary(last).peak_rss_mb or 0) > 10, "peak")
    assert jobs.queued_runs(bench.workspace) == []


def test_a_run_that_a_terminal_computes_is_left_to_it(bench: Bench) -> None:
    run = submit(bench)
    with bench.workspace.executing(run):
        start(bench)
        bench.wait_until(lambda: open_jobs_of(bench) == [], "end of the job")
        assert (bench.state(run), bench.store.run(run).error) == ("running", None)


def test_a_running_run_stops_in_time_and_can_be_resumed(bench: Bench) -> None:
    run = submit(bench, **LONG)
    start(bench)
    bench.wait_for_count(run)
    jobs.stop(bench.workspace, run)
    bench.wait_until(lambda: bench.state(run) == "cancelled", "stop", seconds=5)
    bench.wait_until(lambda: not bench.workspace.is_executing(run), "end of the child", seconds=5)
    end_soon(bench, run)
    jobs.resume(bench.workspace, run)
    bench.wait_for(run, "succeeded")
    assert_continued(bench, run, children=2)


@pytest.mark.slow
def test_a_run_that_does_not_listen_stops_in_time(bench: Bench) -> None:
    run = submit(bench, deaf=True, **LONG)
    start(bench)
    bench.wait_for_count(run)
    jobs.stop(bench.workspace, run)
    assert bench.store.run_summary(run).is_stopping
    bench.wait_until(lambda: bench.state(run) == "cancelled", "stop", seconds=5)
    assert not bench.workspace.is_executing(run)


@pytest.mark.slow
def test_a_killed_child_is_started_again_once(bench: Bench) -> None:
    run = submit(bench, **LONG)
    start(bench)
    first = child_pid(bench, run)
    os.kill(first, signal.SIGKILL)
    bench.wait_until(lambda: child_pid(bench, run) != first, "second child")
    assert bench.state(run) == "running"
    os.kill(child_pid(bench, run), signal.SIGKILL)
    bench.wait_for(run, "failed")
    assert "signal 9 (SIGKILL)" in (bench.store.run_summary(run).error or "")
    end_soon(bench, run)
    jobs.resume(bench.workspace, run)
    bench.wait_for(run, "succeeded")
    assert_continued(bench, run, children=3)


def test_a_run_goes_on_after_its_worker_was_killed(bench: Bench) -> None:
    run = submit(bench, **LONG)
    start(bench)
    child = child_pid(bench, run)
    bench.kill_worker()
    bench.wait_until(lambda: not bench.workspace.is_executing(run), "end of the child")
    end_soon(bench, run)
    start(bench)
    bench.wait_for(run, "succeeded")
    assert_continued(bench, run, children=2)
    assert child_pid(bench, run) != child


@pytest.mark.slow
def test_a_stop_asked_for_while_the_worker_dies_is_obeyed_by_the_next(bench: Bench) -> None:
    run, other = submit(bench, **LONG), submit(bench)
    start(bench)
    bench.wait_for_count(run)
    # The request as `stop` leaves it when the worker still looks alive.
    bench.store.update_run(run, stop_requested_at=time.time())
    bench.kill_worker()
    start(bench)
    bench.wait_for(run, "cancelled")
    bench.wait_for(other, "succeeded")


@pytest.mark.slow
def test_a_stopped_worker_gives_its_run_back_to_the_next(bench: Bench) -> None:
    run = submit(bench, **LONG)
    start(bench)
    bench.wait_for_count(run)
    assert jobs.stop_worker(bench.workspace)
    assert not jobs.worker_is_alive(bench.workspace)
    assert jobs.worker_status(bench.workspace).workers == []
    assert bench.state(run) == "queued"
    end_soon(bench, run)
    start(bench)
    bench.wait_for(run, "succeeded")
    assert_continued(bench, run, children=2)


@pytest.mark.slow
def test_a_worker_of_two_processes_executes_two_runs_at_once(bench: Bench) -> None:
    runs = [submit(bench, **LONG), submit(bench, **LONG)]
    start(bench, processes=2)
    for run in runs:
        bench.wait_for_count(run)
    assert [bench.state(run) for run in runs] == ["running", "running"]


def test_a_second_worker_by_hand_is_refused_in_one_line(bench: Bench) -> None:
    jobs.ensure_worker(
        bench.workspace, command=[sys.executable, "-c", "import time; time.sleep(60)"]
    )
    command = [sys.executable, "-m", "adarec.worker", "--home", str(bench.workspace.home)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert second.stderr.startswith("A worker already serves")
    assert len(second.stderr.splitlines()) == 1


@pytest.mark.slow
def test_runs_survive_a_worker_that_is_killed_again_and_again(bench: Bench) -> None:
    runs = [submit(bench, count=150, pause_s=0.02) for _ in range(3)]
    for _ in range(6):
        start(bench)
        time.sleep(2.0)
        bench.kill_worker()
    start(bench)
    for run in runs:
        bench.wait_for(run, "succeeded")
        assert read_json(bench.checkpoint(run))["count"] == 150
