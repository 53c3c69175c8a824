"""Keeping runs in order: notes, tags, the archive, and forgetting one."""

from collections.abc import Sequence

from app.gateway.files import workspace


def describe_run(run_id: str, *, notes: str, tags: Sequence[str]) -> None:
    """Stores what a person wrote about a run; empty tags and repeated ones are left out."""
    kept = dict.fromkeys(tag.strip() for tag in tags)
    workspace().store.update_run(run_id, notes=notes.strip(), tags=[tag for tag in kept if tag])


def archive_run(run_id: str, *, archived: bool) -> None:
    """Puts a run out of sight, or back; its address works in both cases."""
    workspace().store.update_run(run_id, archived=archived)


def delete_run(run_id: str) -> None:
    """Forgets a run that is over; the folders of its steps stay, since others may use them."""
    workspace().store.delete_run(run_id)


def known_tags() -> list[str]:
    """Every tag that some run has, in the order of the alphabet."""
    return sorted({tag for run in workspace().store.run_summaries() for tag in run.tags})
