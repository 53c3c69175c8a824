"""Stage folders that no run and no scene needs any more: deleted to free the disk, or because of
what they hold.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from adarec.errors import ArtefactError
from adarec.runs.workspace import Workspace

# A stage may write before the run that needs it is in the records.
YOUNG_S = 3600.0
_UNDER_WAY = (".partial", ".old")


@dataclass(frozen=True)
class Unused:
    """Folders that nothing needs: their keys, and the bytes that they hold."""

    keys: list[str]
    num_bytes: int


def find_unused(
    workspace: Workspace, *, stages: Collection[str] = (), young_s: float = YOUNG_S
) -> Unused:
    """The folders, complete or not, that are part of no scene and no run, archived ones included.

    Args:
        workspace: Where to look.
        stages: Only what these stages left; all by default.
        young_s: Folders that changed in the last so many seconds are left out.
    """
    needed = {scene.key for scene in workspace.store.scenes()}
    for run in workspace.store.runs():
        needed |= {run.scene_key, *(step["key"] for step in run.steps)}
        needed |= {key for step in run.steps for key in step["parents"].values()}
    folders = [path for path in workspace.artefacts.root.iterdir() if path.is_dir()]
    by_key: dict[str, list[Path]] = {}
    for path in folders:
        by_key.setdefault(_key_of(path), []).append(path)
    since = time.time() - young_s
    unused = {
        key: paths
        for key, paths in by_key.items()
        if key not in needed
        and (not stages or key.rsplit("-", 1)[0] in stages)
        and all(path.stat().st_mtime <= since for path in paths)
    }
    return Unused(sorted(unused), sum(_size(path) for paths in unused.values() for path in paths))


def delete_unused(workspace: Workspace, found: Unused) -> Unused:
    """Deletes these folders and the numbers of their epochs; gives those that are gone. What
    somebody works on stays.
    """
    gone, before = [], _size(workspace.artefacts.root)
    for key in found.keys:
        try:
            workspace.artefacts.delete(key)
        except ArtefactError:
            continue
        gone.append(key)
    workspace.store.forget_stages(gone)
    return Unused(gone, max(0, before - _size(workspace.artefacts.root)))


def _key_of(folder: Path) -> str:
    return folder.stem if folder.suffix in _UNDER_WAY else folder.name


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
