"""Scenes: what is known about them, and how a log becomes one."""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import streamlit as st

from adarec.data.example import EXAMPLE_SCENE, outdated_steps, register_example
from adarec.data.ingest import LogPreview, ingest_log, preview_log
from adarec.data.quality import Finding, quality_findings
from adarec.data.samples import register_samples
from adarec.data.scene import Scene, read_item_ids, read_scene
from adarec.data.settings import ColumnChoice, IngestSettings
from adarec.errors import LogError
from adarec.runs.records import RunRecord, SceneRecord
from app.gateway.files import read_stage_json, workspace

_UPLOAD_KEPT_S = 86_400.0


@dataclass(frozen=True)
class SceneDetails:
    """A scene with what its ingest reported and counted; empty dictionaries where nothing was
    stored."""

    record: SceneRecord
    report: dict[str, Any]
    statistics: dict[str, Any]

    @property
    def findings(self) -> list[Finding]:
        """What about the log makes results doubtful."""
        return quality_findings(self.record.summary, self.report, self.statistics)

    @property
    def titled(self) -> str | None:
        """`5 of 12`: how many of its items have a title; None where no titles were given."""
        found = self.report.get("titles_found")
        return None if found is None else f"{found:,} of {self.record.summary['items']:,}"


def prepare_samples() -> None:
    """Registers the sample scenes in a workspace that has never seen them; quick when they are
    there."""
    register_samples(workspace())


def prepare_example() -> None:
    """Takes the example run into a workspace that has no run yet; ArtefactError when its files
    are damaged."""
    register_example(workspace())


def example_is_older(run: RunRecord) -> list[str]:
    """Titles of the example's steps that today's version would compute differently."""
    return outdated_steps(run)


def scenes() -> list[SceneRecord]:
    """A person's own scenes, newest first, then the samples: the example's, then the others in
    their order."""
    found = workspace().store.scenes()
    own = [scene for scene in found if not scene.is_sample]
    samples = [scene for scene in found if scene.is_sample]
    return own[::-1] + sorted(samples, key=lambda scene: scene.name != EXAMPLE_SCENE)


def scene_details(name: str) -> SceneDetails:
    """The scene called `name` with its report and statistics; SceneError when there is none."""
    record = workspace().store.scene(name)
    return SceneDetails(
        record=record,
        report=read_stage_json(record.key, "report.json") or {},
        statistics=read_stage_json(record.key, "statistics.json") or {},
    )


def scene_characters(names: list[str]) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Summary and statistics of those scenes that are still in the workspace."""
    known = {scene.name: scene for scene in workspace().store.scenes()}
    return {
        name: (known[name].summary, read_stage_json(known[name].key, "statistics.json") or {})
        for name in names
        if name in known
    }


def validation_baselines(scene_key: str) -> dict[str, dict[str, float]]:
    """Metrics of the three count baselines on the validation item; empty when unknown."""
    statistics = read_stage_json(scene_key, "statistics.json") or {}
    return statistics.get("baselines_validation") or {}


def shared_items(source_key: str, target_key: str) -> tuple[int, int]:
    """How many raw item ids of the target the source has, too, and how many the target has."""
    path = workspace().artefacts.path
    return _shared_items(str(path(source_key)), str(path(target_key)))


# A page asks for one scene against all others at every rerun: the counts are kept, not the ids.
@st.cache_data(max_entries=4096, show_spinner=False)
def _shared_items(source: str, target: str) -> tuple[int, int]:
    ids = _item_ids(target)
    return len(_item_ids(source) & ids), len(ids)


@st.cache_resource(max_entries=8, show_spinner=False)
def _item_ids(folder: str) -> frozenset[str]:
    return frozenset(read_item_ids(Path(folder)))


def keep_upload(name: str, content: BinaryIO) -> Path:
    """Puts an uploaded file where the reader can open it; the same content is kept once.

    The name gives the ending only: what a browser sends as a file name is not trusted as a path.
    """
    digest = hashlib.sha256()
    while block := content.read(1 << 20):
        digest.update(block)
    content.seek(0)
    uploads = workspace().home / "uploads"
    _forget_old(uploads)
    folder = uploads / digest.hexdigest()[:24]
    path = folder / (Path(name.replace("\\", "/")).name or "log.csv")
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        # A copy that ends half-way, or that another tab makes, is never taken for the log.
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            shutil.copyfileobj(content, file)
        os.replace(file.name, path)
        content.seek(0)
    return path


def _forget_old(uploads: Path) -> None:
    # Uploads that nobody saved: a closed browser leaves them behind.
    for folder in uploads.glob("*"):
        if time.time() - folder.stat().st_mtime > _UPLOAD_KEPT_S:
            shutil.rmtree(folder, ignore_errors=True)


@st.cache_data(max_entries=16, show_spinner=False)
def preview(path: Path, file_format: str, columns: ColumnChoice) -> LogPreview:
    """The first rows of a log and what was recognised in them."""
    return preview_log(path, format=file_format, columns=columns)


def save_scene(
    path: Path,
    *,
    name: str,
    settings: IngestSettings,
    items_path: Path | None,
    on_progress: Callable[[float, str], None],
) -> SceneRecord:
    """Reads, cleans and splits the log and registers it as scene `name`.

    Raises:
        SceneError: The name cannot be used or belongs to another log.
        LogError: The log cannot become a scene; the message says why.
    """
    if not path.is_file():
        raise LogError("The uploaded file is gone. Choose it again.")
    record = ingest_log(
        workspace(),
        path,
        name=name,
        settings=settings,
        items_path=items_path,
        on_progress=on_progress,
    )
    shutil.rmtree(path.parent, ignore_errors=True)
    return record


def open_scene(key: str) -> Scene:
    """The histories of a scene, for pages that look at single users."""
    return _open_scene(str(workspace().artefacts.path(key)))


@st.cache_resource(max_entries=3, show_spinner="Reading the scene")
def _open_scene(folder: str) -> Scene:
    return read_scene(Path(folder))
