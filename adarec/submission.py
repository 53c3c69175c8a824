"""From a scene and settings to a run's record, ready to be executed here or queued."""

from adarec.config import RunSettings, read_settings
from adarec.plan import ScenePart, plan_run
from adarec.runs.records import RunRecord
from adarec.runs.workspace import Workspace


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
        scene: The scene's name.
        settings: What to do.
        fresh: Compute every stage again, but for the cost table.
        state: The record's first state.

    Raises:
        SceneError: There is no such scene.
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
    """The steps of a run of `scene` as plain data, and the scene's key; on this machine, or on
    the one with the fingerprint `machine`.
    """
    record = workspace.store.scene(scene)
    part = ScenePart(
        key=record.key,
        num_items=int(record.summary["items"]),
        training_length_p90=int(record.summary["training_length_p90"]),
    )
    return [step.to_json() for step in plan_run(settings, part, machine=machine)], record.key


def find_unfinished(workspace: Workspace, scene: str, settings: RunSettings) -> RunRecord | None:
    """The newest failed, stopped or abandoned run with these very steps: the same command again
    resumes it.
    """
    steps, _ = planned_steps(workspace, scene, settings)
    wanted = [step["key"] for step in steps]
    for run in workspace.store.runs(scene=scene, states=("failed", "cancelled", "running")):
        if [step["key"] for step in run.steps] == wanted and not workspace.is_executing(run.run):
            return run
    return None


def add_controls(workspace: Workspace, run: str, count: int) -> RunRecord:
    """The run with `count` random cells (and the all-skip cell) added to its steps, to be queued
    again.
    """
    record = workspace.store.run(run)
    settings = read_settings(record.settings | {"controls": count})
    steps, _ = planned_steps(workspace, record.scene, settings)
    workspace.store.update_run(run, settings=settings.model_dump(), steps=steps)
    return workspace.store.run(run)
