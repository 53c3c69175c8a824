"""Keeping runs and scenes in order: names, notes, tags, the archive, and forgetting."""

from collections.abc import Sequence

from adarec.data import scene_keeping
from adarec.runs.records import RunSummary
from app.gateway.files import workspace
from app.gateway.runs import forget_results


def describe_run(run_id: str, *, name: str, notes: str, tags: Sequence[str]) -> None:
    """Stores what a person wrote about a run; empty tags and repeated ones are left out, and
    without a name it goes by its id again."""
    kept = dict.fromkeys(tag.strip() for tag in tags)
    store = workspace().store
    store.name_run(run_id, " ".join(name.split()))
    store.update_run(run_id, notes=notes.strip(), tags=[tag for tag in kept if tag])


def archive_run(run_id: str, *, archived: bool) -> None:
    """Puts a run out of sight, or back; its address works in both cases."""
    workspace().store.update_run(run_id, archived=archived)


def delete_run(run_id: str) -> None:
    """Forgets a run that is over; the folders of its steps stay, since others may use them."""
    workspace().store.delete_run(run_id)


def known_tags() -> list[str]:
    """Every tag that some run has, in the order of the alphabet."""
    return sorted({tag for run in workspace().store.run_summaries() for tag in run.tags})


def runs_on_scene(scene: str) -> list[RunSummary]:
    """Every run that needs the scene, archived ones and adaptations from it included."""
    return scene_keeping.runs_on_scene(workspace(), scene)


def rename_scene(scene: str, new_name: str) -> None:
    """Gives a scene another name, in its runs too; SceneError says why it cannot have it."""
    scene_keeping.rename_scene(workspace(), scene, new_name)
    forget_results()


def delete_scene(scene: str) -> None:
    """Forgets a scene without runs and deletes what was read of its log; SceneError when it has
    runs or is a sample."""
    scene_keeping.delete_scene(workspace(), scene)
