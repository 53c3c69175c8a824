"""From a scene and settings to a run's record, ready to be executed here or queued."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adarec.config import AdaptSettings, RunSettings, read_run_settings
from adarec.data.joint_vocabulary import join_scenes, scene_part
from adarec.environment import machine_fingerprint
from adarec.errors import RunError, SceneError
from adarec.plan import ScenePart, plan_adaptation, plan_run, stage_key
from adarec.runs.front import front_point
from adarec.runs.records import RunRecord
from adarec.runs.result import CONTROL_STAGES
from adarec.runs.workspace import Workspace

WITHOUT_CONTROLS = {"controls": 0, "hand_made": False, "cells": {}}


def create_run(
    workspace: Workspace,
    scene: str,
    settings: RunSettings,
    *,
    fresh: bool = False,
    state: str = "queued",
) -> RunRecord:
    """A new run of `scene`; nothing is computed yet.

    Args:
        workspace: Where the record goes.
        scene: The scene's name; the target's where the settings are of an adaptation.
        settings: What to do.
        fresh: Compute every stage again, but for the cost table.
        state: The record's first state.

    Raises:
        SceneError: There is no such scene, or the scenes of an adaptation share no item.
    """
    steps, scene_key = planned_steps(workspace, scene, settings)
    return workspace.store.create_run(
        scene=scene,
        scene_key=scene_key,
        settings=settings.model_dump(),
        steps=steps,
        seed=settings.seed,
        fresh=fresh,
        state=state,
    )


def planned_steps(
    workspace: Workspace, scene: str, settings: RunSettings, *, machine: str | None = None
) -> tuple[list[dict[str, object]], str]:
    """The steps of a run of `scene` as plain data, and the key of the scene that is measured; on
    this machine, or on the one with the fingerprint `machine`.
    """
    if isinstance(settings, AdaptSettings):
        parts = _joined(workspace, scene, settings)
        return _adaptation_steps(settings, *parts, machine=machine)
    record = workspace.store.scene(scene)
    part = ScenePart(
        key=record.key,
        num_items=int(record.summary["items"]),
        training_length_p90=int(record.summary["training_length_p90"]),
    )
    return [step.to_json() for step in plan_run(settings, part, machine=machine)], record.key


def replan(workspace: Workspace, run: str) -> None:
    """Plans a run anew that was planned on another machine or by an earlier version, and keeps
    the settings that it gets. Times are filed under the machine that took them, and a search must
    be steered by its own; what a stage leaves is filed under its version.

    Raises:
        RunError: It distils a point of a front that would be another one.
    """
    record, here = workspace.store.run(run), machine_fingerprint()
    machines = {step["settings"].get("machine", here) for step in record.steps}
    if machines - {"any", here} or not all(map(_is_of_today, record.steps)):
        settings = read_run_settings(record.settings)
        steps = _planned_anew(workspace, record, settings)
        if settings.point is not None:
            _check_search_is_the_same(record, steps, f"distil point {settings.point} of that run")
        workspace.store.update_run(run, settings=settings.model_dump(), steps=steps)


def _is_of_today(step: dict[str, Any]) -> bool:
    """Whether today's version of its stage has this step's key."""
    deciding = {name: step[name] for name in ("settings", "parents", "seed", "threads")}
    return bool(step["key"] == stage_key(step["stage"], **deciding))


def _joined(
    workspace: Workspace, target: str, settings: AdaptSettings
) -> tuple[ScenePart, ScenePart]:
    """Source and target of an adaptation on one vocabulary."""
    chosen = settings.adaptation
    if chosen.source == target:
        raise SceneError(
            f"Source and target are both {target!r}; two scenes are needed. "
            "Name the labelled one first, then the one to adapt to."
        )
    source_record, target_record = map(workspace.store.scene, (chosen.source, target))
    items_map = None if chosen.items_map is None else Path(chosen.items_map)
    return join_scenes(workspace, source_record, target_record, items_map)


def _adaptation_steps(
    settings: AdaptSettings, source: ScenePart, target: ScenePart, *, machine: str | None = None
) -> tuple[list[dict[str, Any]], str]:
    steps = plan_adaptation(settings, source, target, machine=machine)
    return [step.to_json() for step in steps], target.key


def find_unfinished(
    workspace: Workspace, scene: str, settings: RunSettings, *, fresh: bool = False
) -> RunRecord | None:
    """The newest failed, stopped or abandoned run with these very steps, to be computed anew or
    not: the same command again resumes it.
    """
    for run in _same_runs(workspace, scene, settings, ("failed", "cancelled", "running")):
        if run.fresh == fresh and not workspace.is_executing(run.run):
            return run
    return None


def find_same(
    workspace: Workspace, scene: str, settings: RunSettings, *, states: Sequence[str]
) -> RunRecord | None:
    """The newest run in one of these states with these very steps."""
    return next(iter(_same_runs(workspace, scene, settings, states)), None)


def _same_runs(
    workspace: Workspace, scene: str, settings: RunSettings, states: Sequence[str]
) -> list[RunRecord]:
    steps, _ = planned_steps(workspace, scene, settings)
    wanted = [step["key"] for step in steps]
    runs = workspace.store.runs(scene=scene, states=states)
    return [run for run in runs if [step["key"] for step in run.steps] == wanted]


def add_controls(
    workspace: Workspace,
    run: str,
    count: int = 0,
    *,
    hand_made: bool = False,
    cells: Mapping[str, str] | None = None,
) -> RunRecord:
    """The run with further controls among its steps, to be queued again; see `plan_controls`."""
    planned = plan_controls(workspace, run, count, hand_made=hand_made, cells=cells)
    workspace.store.update_run(run, **planned)
    return workspace.store.run(run)


def plan_controls(
    workspace: Workspace,
    run: str,
    count: int = 0,
    *,
    hand_made: bool = False,
    cells: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Settings and steps of a run with further controls: what it has, it keeps. Nothing is
    written yet.

    Args:
        workspace: Where it is.
        run: A finished run.
        count: Random cells that it shall have, with the all-skip cell.
        hand_made: The hand-made students, too.
        cells: Name -> ops, with commas between, of other cells.

    Raises:
        RunError: There is no such run, it is being computed, or what it has would have to be
            computed anew here.
        SettingsError: Its student cannot be compared with others.
    """
    record = workspace.store.run(run)
    if record.state == "running":
        raise RunError(f"{run} is running. Add controls when it has ended.")
    had = read_run_settings(record.settings)
    wanted = {
        "controls": max(had.controls, count),
        "hand_made": had.hand_made or hand_made,
        "cells": had.cells | dict(cells or {}),
    }
    settings = read_run_settings(record.settings | wanted)
    steps = _planned_anew(workspace, record, settings)
    kept = {step["key"] for step in steps}
    if any(s["key"] not in kept for s in record.steps if s["stage"] not in CONTROL_STAGES):
        raise RunError(
            f"{run} was computed by an earlier version, on another machine, or on an earlier log "
            f"of {record.scene}: what it has would be computed again. Start a new search with "
            "controls."
        )
    return {"settings": settings.model_dump(), "steps": steps}


def _planned_anew(
    workspace: Workspace, record: RunRecord, settings: RunSettings
) -> list[dict[str, Any]]:
    """The steps of a run like `record` with other settings."""
    if not isinstance(settings, AdaptSettings):
        return planned_steps(workspace, record.scene, settings)[0]
    # The joined scenes of the run itself: a map file may be gone, a scene renamed.
    teacher = next(step for step in record.steps if step["role"] == "teacher")
    keys = (teacher["parents"]["scene"], record.scene_key)
    return _adaptation_steps(settings, *(scene_part(workspace, key) for key in keys))[0]


def point_settings(workspace: Workspace, run: str, point: int) -> RunSettings:
    """Settings of a run that distils point number `point` of the front of `run`'s search, and
    computes nothing else again.

    Raises:
        RunError: There is no such run or point, or its search cannot be used again.
        ArtefactError: The search is not complete, or of a version that made no front.
    """
    record = workspace.store.run(run)
    settings = read_run_settings(record.settings | WITHOUT_CONTROLS | {"point": point})
    steps = _planned_anew(workspace, record, settings)
    search = _check_search_is_the_same(record, steps, "distil a point of that run")
    front_point(workspace.artefacts.path(search), point)
    return settings


def _check_search_is_the_same(
    record: RunRecord, steps: Sequence[Mapping[str, Any]], instead: str
) -> str:
    """The key of the search of `record`, which `steps` have, too."""
    before, now = (
        next(str(step["key"]) for step in planned if step["role"] == "search")
        for planned in (record.steps, steps)
    )
    if before != now:
        raise RunError(
            f"The search of {record.run} was computed by an earlier version, on another machine, "
            f"or on an earlier log of {record.scene}. Search again, then {instead}."
        )
    return before
