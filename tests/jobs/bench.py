"""A workspace with a queue, for tests that run real workers: every process ends with its test."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adarec.jobs.lock import is_locked, read_holder, worker_lock_path
from adarec.runs.workspace import Workspace

HERE = Path(__file__).parent
WORKER = (sys.executable, str(HERE / "worker_process.py"))


class Bench:
    """A workspace with a queue, and what the tests do with it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.store = workspace.store
        self.lock = worker_lock_path(workspace.worker_folder)
        self.worker_command = WORKER

    def new_run(self, **settings: Any) -> str:
        """A run that waits to be submitted; `settings` are those of `counting_child.py`."""
        return self.store.create_run(
            scene="s", scene_key="ingest-1", settings={"count": 3} | settings, steps=[], seed=0
        ).run

    def state(self, run: str) -> str:
        return self.store.run_summary(run).state

    def checkpoint(self, run: str) -> Path:
        folder = self.workspace.artefacts.readable_path(f"count-{run}")
        return (folder or self.workspace.home) / "checkpoint.json"

    def kill_worker(self) -> None:
        """End the worker without giving it a chance."""
        pid = read_holder(self.lock)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            self.wait_until(lambda: not is_locked(self.lock))

    def wait_for(self, run: str, state: str) -> None:
        self.wait_until(lambda: self.state(run) == state, f"{run} {state}")

    def wait_for_count(self, run: str) -> None:
        """Wait until the child has written a checkpoint."""
        self.wait_until(lambda: self.checkpoint(run).exists(), f"a checkpoint of {run}")

    def wait_until(
        self, condition: Callable[[], bool], what: str = "it", seconds: float = 30.0
    ) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                states = [(run.run, run.state, run.error) for run in self.store.run_summaries()]
                logs = [log.read_text() for log in self.workspace.worker_folder.glob("*.log")]
                pytest.fail("\n".join([f"no {what} within {seconds} s: {states}", *logs]))
            time.sleep(0.02)


@pytest.fixture
def bench(workspace: Workspace) -> Iterator[Bench]:
    """An empty workspace whose worker, if a test starts one, is killed afterwards."""
    bench = Bench(workspace)
    yield bench
    bench.kill_worker()
    workspace.close()
