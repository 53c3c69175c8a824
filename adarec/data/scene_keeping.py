"""Keeping scenes in order: another name for one, and forgetting one with what was read of it."""

from collections.abc import Sequence

from adarec.data.settings import validate_scene_name
from adarec.errors import SceneError
from adarec.runs.records import RunSummary, SceneRecord
from adarec.runs.unused import delete_unused, find_unused
from adarec.runs.workspace import Workspace

_SHOWN = 5
_COPIES = ("join_vocabulary", "augment_scene")  # stages whose folders hold a whole scene
_BEING_PLANNED_S = 60.0


def runs_on_scene(workspace: Workspace, name: str) -> list[RunSummary]:
    """Every run that needs the scene, archived ones too: searches of it, and adaptations from it
    or to it.
    """
    runs = workspace.store.run_summaries(scene=name)
    known = {run.run for run in runs}
    return runs + [run for run in _adaptations(workspace, name) if run.run not in known]


def rename_scene(workspace: Workspace, name: str, new_name: str) -> None:
    """Gives a scene another name, in its runs and their results too.

    Raises:
        SceneError: There is no such scene, it is a sample, the new name is unusable or taken, or
            the scene has runs that are not over, or adaptations, whose settings hold its name.
    """
    _own_scene(workspace, name, "renamed")
    validate_scene_name(new_name)
    active = [run for run in runs_on_scene(workspace, name) if run.is_active]
    if active:
        raise SceneError(
            f"The scene {name!r} has runs that are not over ({_listed(active)}). Wait for them, "
            "or stop them, then rename it."
        )
    adaptations = _adaptations(workspace, name)
    if adaptations:
        raise SceneError(
            f"The scene {name!r} is part of adaptations ({_listed(adaptations)}), which hold its "
            "name. Delete these first, then rename it."
        )
    workspace.store.rename_scene(name, new_name)


def delete_scene(workspace: Workspace, name: str) -> None:
    """Forgets a scene without runs, and deletes its folder unless another scene shares it, and
    the copies that adaptations and augmentations made which no run needs any more.

    Raises:
        SceneError: There is no such scene, it is a sample, or it has runs.
        ArtefactError: Its log is being read at this moment.
    """
    record = _own_scene(workspace, name, "deleted")
    runs = runs_on_scene(workspace, name)
    if runs:
        raise SceneError(
            f"The scene {name!r} has {len(runs):,} run(s): {_listed(runs)}. Delete these first, "
            "archived ones too, then the scene."
        )
    workspace.store.delete_scene(name)
    if all(other.key != record.key for other in workspace.store.scenes()):
        workspace.artefacts.delete(record.key)
    copies = find_unused(workspace, stages=_COPIES, young_s=_BEING_PLANNED_S)
    delete_unused(workspace, copies)


def _own_scene(workspace: Workspace, name: str, what: str) -> SceneRecord:
    record = workspace.store.scene(name)
    if record.is_sample:
        raise SceneError(
            f"{name!r} is a sample scene, which cannot be {what}. Choose a scene of your own."
        )
    return record


def _adaptations(workspace: Workspace, name: str) -> list[RunSummary]:
    """The adaptations from this scene, or to it."""
    runs = workspace.store.run_summaries(with_setting="adaptation")
    return [run for run in runs if run.scene == name or _source(workspace, run.run) == name]


def _source(workspace: Workspace, run: str) -> str:
    return str(workspace.store.run(run).settings["adaptation"]["source"])


def _listed(runs: Sequence[RunSummary]) -> str:
    shown = ", ".join(run.run for run in runs[:_SHOWN])
    return shown + (f" and {len(runs) - _SHOWN:,} more" if len(runs) > _SHOWN else "")
