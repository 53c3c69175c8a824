"""Starting, stopping and resuming searches. The app asks; a separate worker process computes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adarec import jobs, submission
from adarec.config import adapt_settings, preset_settings
from adarec.runs.result import seconds_without_controls
from app.gateway.files import workspace


def start_search(scene: str, *, preset: str, teacher: str, overrides: Mapping[str, Any]) -> str:
    """Queues a new run and makes sure that a worker is there; gives the run's id.

    Raises:
        SettingsError: A value of `overrides` (dotted key -> value) does not fit.
        SceneError: There is no such scene.
    """
    settings = preset_settings(preset, teacher=teacher, overrides=dict(overrides))
    record = submission.create_run(workspace(), scene, settings)
    jobs.submit(workspace(), record.run)
    jobs.ensure_worker(workspace())
    return record.run


def seconds_before(scene: str, *, preset: str, teacher: str) -> float | None:
    """What the steps of the newest finished run with this preset and teacher took on the scene,
    those of them, too, that it had from earlier runs, but not its controls; None where there is
    no such run."""
    store = workspace().store
    for run in store.run_summaries(scene=scene, states=("succeeded",)):
        alike = (run.preset, run.teacher, run.adapted_from) == (preset, teacher, None)
        if alike and not run.is_example:
            return seconds_without_controls(store.run(run.run).seconds)
    return None


def start_adaptation(
    source: str,
    target: str,
    *,
    paradigm: str,
    items_map: Path | None,
    preset: str,
    teacher: str,
    overrides: Mapping[str, Any],
) -> str:
    """Queues a run that adapts a student from `source` to `target`; gives the run's id.

    Raises:
        SettingsError: A value of `overrides` (dotted key -> value) does not fit.
        SceneError: There is no such scene, or the two share no item.
        LogError: The map cannot be read.
    """
    asked = {"source": source, "target": target, "paradigm": paradigm}
    settings = adapt_settings(
        preset,
        teacher=teacher,
        adaptation=asked | ({"items_map": str(items_map)} if items_map else {}),
        overrides=overrides,
    )
    record = submission.create_run(workspace(), target, settings)
    jobs.submit(workspace(), record.run)
    jobs.ensure_worker(workspace())
    return record.run


def stop_search(run_id: str) -> None:
    """Asks a run to stop; it keeps what it checkpointed."""
    jobs.stop(workspace(), run_id)


def resume_search(run_id: str) -> None:
    """Queues a stopped or failed run again; it goes on from its last checkpoint."""
    jobs.resume(workspace(), run_id)
    jobs.ensure_worker(workspace())


def add_controls(run_id: str, count: int, *, hand_made: bool) -> None:
    """Adds `count` random cells and the all-skip cell to a finished run, and the hand-made
    students where these are wanted, and queues it again.
    """
    submission.add_controls(workspace(), run_id, count, hand_made=hand_made)
    jobs.submit(workspace(), run_id)
    jobs.ensure_worker(workspace())


def log_tail(run_id: str) -> list[str]:
    """The last lines that the worker's process wrote for a run, oldest first."""
    return jobs.log_tail(workspace(), run_id)


def distil_point(run_id: str, point: int) -> str:
    """Queues a run that distils a point of the front of the run's search; gives its id, which is
    that of an earlier one where the same was asked for already.

    Raises:
        RunError: There is no such point, or the search cannot be used again.
        ArtefactError: The search made no front.
    """
    settings = submission.point_settings(workspace(), run_id, point)
    scene = workspace().store.run(run_id).scene
    asked = submission.find_same(workspace(), scene, settings, states=("queued", "running"))
    asked = asked or submission.find_same(workspace(), scene, settings, states=("succeeded",))
    if asked is None:
        asked = submission.create_run(workspace(), scene, settings)
        jobs.submit(workspace(), asked.run)
    jobs.ensure_worker(workspace())
    return asked.run


def runs_before(run_id: str) -> int | None:
    """How many runs go on or wait before a waiting run; None when it does not wait."""
    position = jobs.queue_position(workspace(), run_id)
    if position is None:
        return None
    return position - 1 + len(workspace().store.run_summaries(states=("running",)))


def continue_interrupted() -> None:
    """Starts a worker where runs wait for one: after a reboot nothing else would."""
    jobs.continue_interrupted(workspace())


def is_interrupted(run_id: str) -> bool:
    """Whether a run that looks running has lost the process that computed it."""
    return jobs.is_interrupted(workspace(), run_id)


def worker_is_alive() -> bool:
    """Whether somebody will execute what is queued."""
    return jobs.worker_is_alive(workspace())
