"""The background worker: takes runs from the queue and executes each in a process of its own.

    python -m adarec.worker --home HOME

The engine's workflow only watches: it starts the child, passes a stop on, and records how the
child ended. Progress is in the child's checkpoints, so a workflow that is executed again after a
crash just starts a child again. A worker that ends, however it ends, takes its children with it.
"""

import argparse
import logging
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dbos import DBOS

from adarec.errors import AdarecError, RunError
from adarec.jobs import stop_worker
from adarec.jobs.child import EXIT_HELD, EXIT_STOPPED, Child, Outcome
from adarec.jobs.engine import WORKFLOW, engine_client, engine_config, set_queue
from adarec.jobs.heartbeats import WorkerRecord, beat, forget_worker, register_worker
from adarec.jobs.lock import take_lock, worker_lock_path, write_holder
from adarec.jobs.reaper import reap
from adarec.jobs.run_log import run_log_path
from adarec.runs.records import ACTIVE_STATES
from adarec.runs.workspace import Workspace

__all__ = ["run_worker", "stop_worker"]

BEAT_S = 3.0
WATCH_S = 0.25
# A child ended by a signal (memory, a stray kill) is started again once, from its checkpoints.
STARTS = 2

_log = logging.getLogger("adarec.worker")

CommandOf = Callable[[str, Path], Sequence[str]]


def execute_command(run: str, home: Path) -> list[str]:
    """The command that executes `run`."""
    return [sys.executable, "-m", "adarec.execute", run, "--home", str(home)]


def run_worker(
    workspace: Workspace,
    processes: int = 1,
    *,
    command: CommandOf = execute_command,
    lock: int | None = None,
) -> None:
    """Serve the queue until SIGTERM or SIGINT; does not return, the process ends with it.

    Args:
        workspace: The workspace to serve.
        processes: How many runs at once.
        command: What a run's child executes.
        lock: A descriptor that holds the worker lock already, handed down by who started us.

    Raises:
        RunError: Another worker of this machine serves the workspace.
    """
    path = worker_lock_path(workspace.worker_folder)
    if lock is None:
        lock = take_lock(path)
        if lock is None:
            raise RunError(
                f"A worker already serves {workspace.home}. Use it, or stop it first: "
                "`python -m adarec worker --stop`."
            )
    os.set_inheritable(lock, False)
    write_holder(lock, os.getpid())
    Worker(workspace, processes, command).serve()
    # Threads that still watch would keep an ordinary exit waiting for ever.
    logging.shutdown()
    os._exit(0)


class Worker:
    """One worker process. `serve` runs in the main thread, `_watch` in the engine's threads."""

    def __init__(self, workspace: Workspace, processes: int, command: CommandOf) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._processes = processes
        self._command = command
        self._ends = threading.Event()
        self._watching: set[str] = set()
        self._watching_changed = threading.Condition()
        self._record = WorkerRecord(
            executor=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}",
            host=socket.gethostname(),
            home=str(workspace.home),
            pid=os.getpid(),
            processes=processes,
            started_at=time.time(),
            beat_at=time.time(),
        )

    def serve(self) -> None:
        """Take runs from the queue until asked to end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ends.set())
        # Registered before the engine starts: a job is never held by an executor nobody knows.
        register_worker(self._store.engine, self._record)
        DBOS(config=engine_config(self._workspace.database_url, self._record.executor))

        @DBOS.step(name="watch")
        def watch(run: str) -> str:
            return self._watch(run)

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)
        def execute_run(run: str) -> str:
            return watch(run)

        with engine_client(self._workspace.database_url) as client:
            set_queue(client, self._processes)
            DBOS.launch()
            _log.info("worker %s serves %s", self._record.executor, self._workspace.home)
            while not self._ends.is_set():
                self._tend(client)
                self._ends.wait(BEAT_S)
        self._end()

    def _tend(self, client: Any) -> None:
        # One failed heartbeat (a full disk, a busy database) must not end a worker that computes.
        try:
            beat(self._store.engine, self._record.executor)
            for run in reap(self._workspace, client, self._record.executor):
                _log.info("%s lost its worker and is queued again", run)
        except Exception:
            _log.exception("heartbeat failed")

    def _end(self) -> None:
        with self._watching_changed:
            self._watching_changed.wait_for(lambda: not self._watching)
        forget_worker(self._store.engine, self._record.executor)
        _log.info("worker %s ended", self._record.executor)

    def _watch(self, run: str) -> str:
        """Execute `run` in a child and return its state afterwards."""
        with self._watching_changed:
            # A run that was stopped and resumed at once may come before its end was recorded.
            self._watching_changed.wait_for(lambda: run not in self._watching)
            self._watching.add(run)
        try:
            self._execute(run)
            return self._store.run_summary(run).state
        except RunError as error:
            _log.info("%s", error)
            return "deleted"
        except Exception as error:
            _log.exception("%s cannot be executed", run)
            self._fail(run, f"the worker could not execute it: {error}")
            raise
        finally:
            with self._watching_changed:
                self._watching.discard(run)
                self._watching_changed.notify_all()
            if self._ends.is_set():
                # Returning would complete the workflow; left open, the next worker takes it up.
                threading.Event().wait()

    def _execute(self, run: str) -> None:
        for start in range(STARTS):
            if self._ends.is_set() or not self._begin(run):
                return
            outcome = self._run_child(run)
            is_wanted = not (self._ends.is_set() or self._is_stopping(run))
            if not (outcome.was_killed and is_wanted and start + 1 < STARTS):
                break
            _log.warning("%s: %s; starting it again", run, outcome.describe())
        self._settle(run, outcome)

    def _begin(self, run: str) -> bool:
        if self._is_stopping(run):
            # The worker that should have stopped it was killed.
            self._store.update_run(
                run, only_from=ACTIVE_STATES, state="cancelled", finished_at=time.time()
            )
            return False
        started_at = self._store.run_summary(run).started_at or time.time()
        return self._store.update_run(
            run, only_from=ACTIVE_STATES, state="running", started_at=started_at
        )

    def _is_stopping(self, run: str) -> bool:
        return self._store.run_summary(run).is_stopping

    def _run_child(self, run: str) -> Outcome:
        log = run_log_path(self._workspace, run)
        child = Child(self._command(run, self._workspace.home), log)
        _log.info("%s is executed by process %d", run, child.pid)
        outcome = None
        try:
            while (outcome := child.poll()) is None:
                if self._ends.is_set() or self._is_stopping(run):
                    child.terminate()
                time.sleep(WATCH_S)
        finally:
            if outcome is None:
                child.kill()
        peak = max(outcome.peak_rss_mb, self._store.run_summary(run).peak_rss_mb or 0.0)
        self._store.update_run(run, peak_rss_mb=peak)
        if outcome.code not in (0, EXIT_STOPPED) and (words := child.last_words()):
            _log.warning("%s: %s; last words: %s", run, outcome.describe(), words)
        return outcome

    def _settle(self, run: str, outcome: Outcome) -> None:
        """Record how it ended, where the child could not do so itself."""
        if outcome.code == 0:
            self._finish(run, "succeeded")
        elif self._is_stopping(run):
            self._finish(run, "cancelled")
        elif self._ends.is_set() and self._store.run_summary(run).stop_requested_at is None:
            # The child took our end for a stop; nobody asked the run to stop.
            self._store.update_run(
                run, only_from=("running", "cancelled"), state="queued", finished_at=None
            )
        elif outcome.code == EXIT_STOPPED:
            self._finish(run, "cancelled")
        elif outcome.code == EXIT_HELD:
            _log.info("%s is executed elsewhere, in a terminal perhaps; it ends there", run)
        else:
            log = run_log_path(self._workspace, run)
            self._fail(run, f"{outcome.describe()}. Resume it to go on; its log is {log}.")

    def _fail(self, run: str, error: str) -> None:
        # What the child said about itself is better than what can be seen from here.
        self._finish(run, "failed", error=self._store.run_summary(run).error or error)

    def _finish(self, run: str, state: str, **fields: Any) -> None:
        # Only what runs can end: a child that recorded its own end may be queued again by now.
        self._store.update_run(
            run, only_from=("running",), state=state, finished_at=time.time(), **fields
        )


def main() -> None:
    """Serve the workspace of the command line."""
    parser = argparse.ArgumentParser(prog="python -m adarec.worker", description=__doc__)
    parser.add_argument("--home", default=None, help="the workspace")
    parser.add_argument("--processes", type=int, default=1, help="runs executed at once")
    parser.add_argument("--lock-descriptor", type=int, default=None, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    try:
        run_worker(Workspace.open(asked.home), asked.processes, lock=asked.lock_descriptor)
    except AdarecError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
