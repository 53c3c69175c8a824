"""Run a plan, stage by stage: the one path of the command line in the foreground and of the
worker's child.
"""

import argparse
import logging
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from adarec import catalog
from adarec.data.by_length import metrics_by_length
from adarec.environment import describe_environment
from adarec.errors import AdarecError, RunIsHeldError, StopRequested
from adarec.nets.process import peak_rss_mb, prepare_process
from adarec.runs.files import read_json, write_epoch_arrays, write_json
from adarec.runs.records import RunRecord
from adarec.runs.result import assemble_result
from adarec.runs.workspace import Workspace
from adarec.stages import CHECKS, STAGES
from adarec.stages.context import StageContext
from adarec.submission import replan

REPORT_SECONDS = 0.5
EXIT_STOPPED, EXIT_FAILED, EXIT_HELD = 3, 1, 4

OnProgress = Callable[[str, float, str], None]
_log = logging.getLogger(__name__)


def execute_run(
    workspace: Workspace,
    run: str,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    on_progress: OnProgress = lambda role, fraction, message: None,
) -> dict[str, Any]:
    """Executes what is left of `run` and returns its result.

    Args:
        workspace: Where records and artefacts are.
        run: The run's id.
        should_stop: Asked after every batch.
        on_progress: Told the step's role, the fraction of it done (0 to 1), and what happens now.

    Raises:
        StopRequested: It was asked to stop; the run is cancelled and can be resumed.
        AdarecError: It failed for a reason that the message explains; the run is failed.
    """
    store = workspace.store
    with workspace.executing(run):
        # A resumed run goes on from where it began.
        started_at = store.run_summary(run).started_at or time.time()
        store.update_run(run, state="running", started_at=started_at, error=None, finished_at=None)
        try:
            replan(workspace, run)
            result = _execute_steps(workspace, store.run(run), should_stop, on_progress)
        except StopRequested:
            store.update_run(
                run, state="cancelled", finished_at=time.time(), peak_rss_mb=peak_rss_mb()
            )
            raise
        except AdarecError as error:
            store.update_run(run, state="failed", finished_at=time.time(), error=str(error))
            raise
        except Exception as error:
            what = f"An unexpected {type(error).__name__} stopped the run: {error}."
            reason = f"{what} The worker's log has the details; resume to try again."
            store.update_run(run, state="failed", finished_at=time.time(), error=reason)
            raise
        store.update_run(
            run,
            state="succeeded",
            finished_at=time.time(),
            result=result,
            seconds=result["seconds"],
            peak_rss_mb=result["peak_rss_mb"],
        )
    return result


def _execute_steps(
    workspace: Workspace, run: RunRecord, should_stop: Callable[[], bool], on_progress: OnProgress
) -> dict[str, Any]:
    threads = int(run.settings["threads"])
    prepare_process(threads)
    reused = []
    for step in run.steps:
        if should_stop():
            raise StopRequested(run.run)
        workspace.store.update_run(run.run, stage=step["stage"])
        report = _Report(workspace, step, should_stop, on_progress)
        fresh = run.fresh and step["stage"] not in catalog.NEVER_FRESH
        claim = workspace.artefacts.claim(
            step["key"], fresh=fresh, owner=run.run, should_stop=should_stop, on_wait=report.wait
        )
        with claim as folder:
            if folder is None:
                reused.append(step["role"])
                _log.info("%s: used again", step["role"])
                on_progress(step["role"], 1.0, "Re-used")
            else:
                _execute_step(workspace, step, folder, report)
        if step["stage"] == "measure_costs":
            _check_later_steps(workspace, run)
    return assemble_result(
        workspace,
        run,
        by_length=_by_length(workspace, run),
        environment=describe_environment(threads),
        reused=reused,
    )


def _by_length(workspace: Workspace, run: RunRecord) -> list[dict[str, Any]]:
    """Accuracy by history length, from what `measure` read and left."""
    step = next(step for step in run.steps if step["role"] == "measure")
    scene, measure = step["parents"]["scene"], step["key"]
    return metrics_by_length(workspace.artefacts.path(scene), workspace.artefacts.path(measure))


def _check_later_steps(workspace: Workspace, run: RunRecord) -> None:
    """Lets later steps refuse now what they would refuse after hours."""
    for step in run.steps:
        check = CHECKS.get(step["stage"])
        if check is not None:
            check(step["settings"], _parents(workspace, step))


def _execute_step(
    workspace: Workspace, step: dict[str, Any], folder: Path, report: "_Report"
) -> None:
    prepare_process(int(step["threads"]))
    earlier, most = _taken_so_far(folder)
    report.start(folder)
    started = time.monotonic()
    context = StageContext(
        folder=folder,
        parents=_parents(workspace, step),
        settings=step["settings"],
        seed=int(step["seed"]),
        watch=report,
        say=report.say,
    )
    try:
        STAGES[step["stage"]](context)
    finally:
        seconds = earlier + time.monotonic() - started
        write_json(
            folder / "stage.json",
            {"seconds": round(seconds, 3), "peak_rss_mb": round(max(most, peak_rss_mb()), 1)},
        )
    report.say("Done", 1.0)


def _parents(workspace: Workspace, step: dict[str, Any]) -> dict[str, Path]:
    """Role -> folder of what the step reads."""
    return {role: workspace.artefacts.path(key) for role, key in step["parents"].items()}


def _taken_so_far(folder: Path) -> tuple[float, float]:
    """Seconds and peak memory (MB) of an interrupted try of the same stage."""
    path = folder / "stage.json"
    if not path.exists():
        return 0.0, 0.0
    found = read_json(path)
    return float(found["seconds"]), float(found["peak_rss_mb"])


class _Report:
    """A stage's `Watch`: records epochs, tells progress at most twice a second, and stops when
    asked.
    """

    def __init__(
        self,
        workspace: Workspace,
        step: dict[str, Any],
        should_stop: Callable[[], bool],
        on_progress: OnProgress,
    ) -> None:
        self.store, self.step, self.should_stop, self.on_progress = (
            workspace.store,
            step,
            should_stop,
            on_progress,
        )
        self.folder = workspace.artefacts.partial_path(step["key"])
        self.told_at, self.has_started, self.stopping_checked_at = 0.0, False, 0.0

    def start(self, folder: Path) -> None:
        """Forgets the epochs of an earlier computation of this key where this one begins anew."""
        self.folder = folder
        if not (folder / "checkpoint.safetensors").exists():
            self.store.forget_epochs(self.step["key"])
        _log.info("%s: starts (%s)", self.step["role"], self.step["stage"])
        self._tell(epoch=0, epochs=0, fraction=0.0, message="Starting")

    def wait(self, message: str) -> None:
        """Another process computes the same step."""
        _log.info("%s: %s", self.step["role"], message)
        self.on_progress(self.step["role"], 0.0, message)

    def say(self, message: str, fraction: float) -> None:
        """What happens now, outside the epochs."""
        _log.info("%s: %s", self.step["role"], message)
        self._tell(epoch=0, epochs=0, fraction=fraction, message=message)

    def tick(self, *, epoch: int, epochs: int, fraction: float, message: str = "") -> None:
        """After each batch."""
        if time.monotonic() - self.told_at >= REPORT_SECONDS:
            message = message or f"Epoch {epoch} of at most {epochs}"
            self._tell(epoch=epoch, epochs=epochs, fraction=fraction, message=message)
        if self.should_stop():
            raise StopRequested(self.step["key"])

    def epoch_done(
        self, epoch: int, metrics: Mapping[str, float], arrays: Mapping[str, np.ndarray]
    ) -> None:
        """After each epoch."""
        self.store.record_metrics(self.step["key"], epoch, metrics)
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in metrics.items())
        _log.info("%s: epoch %d, %s", self.step["role"], epoch, numbers)
        if arrays:
            write_epoch_arrays(self.folder, epoch, arrays)

    def _tell(self, *, epoch: int, epochs: int, fraction: float, message: str) -> None:
        self.told_at = time.monotonic()
        self.store.record_progress(
            self.step["key"],
            epoch=epoch,
            epochs=epochs,
            fraction=fraction,
            message=message,
            starts=not self.has_started,
        )
        self.has_started = True
        self.on_progress(self.step["role"], fraction, message)


def main(arguments: list[str] | None = None) -> int:
    """The worker's child: executes one run; exit code 0 finished, 3 stopped, 1 failed (reason in
    the record), 4 another process executes it.
    """
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("run")
    parser.add_argument("--home", required=True)
    asked = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stop_asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: _ask_to_stop(stop_asked, number, frame))
    try:
        execute_run(Workspace.open(asked.home), asked.run, should_stop=lambda: bool(stop_asked))
    except StopRequested:
        return EXIT_STOPPED
    except AdarecError as error:
        _log.error("%s", error)
        return EXIT_HELD if isinstance(error, RunIsHeldError) else EXIT_FAILED
    return 0


def _ask_to_stop(asked: list[int], number: int, frame: FrameType | None) -> None:
    del frame
    asked.append(number)


if __name__ == "__main__":
    sys.exit(main())
