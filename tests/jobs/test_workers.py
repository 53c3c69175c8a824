"""One worker per machine and workspace, whoever starts it and however it ends."""

import multiprocessing
import os
import socket
import subprocess
import sys
import time

import psutil

from adarec import jobs
from adarec.jobs.heartbeats import WorkerRecord, register_worker
from adarec.jobs.lock import is_locked, read_holder, take_lock
from adarec.runs.workspace import Workspace

# Holds the lock that was handed down, and nothing else: a worker without its second of imports.
IDLE = (sys.executable, "-c", "import time; time.sleep(60)")


def ensure(home: str, start: object, started: "multiprocessing.Queue[bool]") -> None:
    workspace = Workspace.open(home)
    start.wait()  # type: ignore[attr-defined]
    started.put(jobs.ensure_worker(workspace, command=IDLE))


def test_no_worker_at_first(bench) -> None:
    status = jobs.worker_status(bench.workspace)
    assert not status.is_alive
    assert (status.workers, status.queued) == ([], [])
    assert not jobs.stop_worker(bench.workspace)


def test_a_started_worker_is_alive_at_once_and_started_once(bench) -> None:
    assert jobs.ensure_worker(bench.workspace, command=IDLE)
    assert jobs.worker_is_alive(bench.workspace)
    assert not jobs.ensure_worker(bench.workspace, command=IDLE)


def test_a_killed_worker_is_dead_at_once(bench) -> None:
    jobs.ensure_worker(bench.workspace, command=IDLE)
    bench.kill_worker()
    assert not jobs.worker_is_alive(bench.workspace)
    assert jobs.ensure_worker(bench.workspace, command=IDLE)


def test_the_record_of_a_killed_worker_is_not_believed(bench) -> None:
    host, home, now = socket.gethostname(), str(bench.workspace.home), time.time()
    register_worker(bench.store.engine, WorkerRecord("me", host, home, 1, 1, now, now))
    assert not jobs.worker_is_alive(bench.workspace)
    register_worker(bench.store.engine, WorkerRecord("it", "elsewhere", home, 1, 1, now, now))
    assert jobs.worker_is_alive(bench.workspace)
    assert [worker.executor for worker in jobs.worker_status(bench.workspace).workers] == ["it"]


def test_interrupted_work_is_continued_when_there_is_some(bench) -> None:
    assert not jobs.continue_interrupted(bench.workspace, command=IDLE)
    run = bench.new_run()
    bench.store.update_run(run, state="running")
    with bench.workspace.executing(run):
        assert not jobs.continue_interrupted(bench.workspace, command=IDLE)
    assert jobs.continue_interrupted(bench.workspace, command=IDLE)
    assert not jobs.continue_interrupted(bench.workspace, command=IDLE)


def test_a_worker_is_detached_from_who_started_it(bench) -> None:
    jobs.ensure_worker(bench.workspace, command=IDLE)
    pid = read_holder(bench.lock)
    assert pid is not None
    assert os.getsid(pid) == pid != os.getsid(0)


def test_processes_that_start_a_worker_together_start_one(bench) -> None:
    context = multiprocessing.get_context("spawn")
    start, started = context.Barrier(3), context.Queue()
    arguments = (str(bench.workspace.home), start, started)
    processes = [context.Process(target=ensure, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    assert sorted(started.get(timeout=60) for _ in processes) == [False, False, True]
    for process in processes:
        process.join()
    home = str(bench.workspace.home)
    running = {
        process.pid: process.info["cmdline"] for process in psutil.process_iter(["cmdline"])
    }
    workers = [pid for pid, command in running.items() if {home, "--home"} <= set(command or ())]
    assert workers == [read_holder(bench.lock)]


def test_children_of_a_worker_do_not_keep_its_lock(bench) -> None:
    descriptor = take_lock(bench.lock)
    assert descriptor is not None
    assert take_lock(bench.lock) is None
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        os.close(descriptor)
        assert not is_locked(bench.lock)
        other.kill()
