"""Answers of a finished run's models, and the folder to take away."""

import io
import shlex
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import streamlit as st

from adarec.data.id_list import join_ids
from adarec.data.pseudo_priors import read_pseudo_priors
from adarec.errors import RunError
from adarec.runs.records import RunRecord
from app.gateway.files import workspace
from app.gateway.runs import AUGMENT, MEASURE, step_key
from app.gateway.scenes import open_scene
from app.gateway.words import size

if TYPE_CHECKING:
    from adarec.serving import Recommendation, Recommender, Uncertainty

_EXAMPLE_ITEMS = 3
_TOP = 10
_REQUESTS = 9
_WHAT = {
    "student.onnx": "the student with its item table; answers under onnxruntime",
    "student.safetensors": "its weights, for training on",
    "genotype.json": "the cell that was found",
    "result.json": "every number of the run, with its method",
    "settings.json": "everything that decides the result",
    "items.parquet": "item ids and titles, in the order of the model",
    "pseudo_priors.parquet": "what stands in front of the listed users' histories",
    "model_card.md": "what it is, how good, how fast, measured how",
    "README.md": "what it is, how good, how fast, measured how",
}


# Weights and graphs are noise to a compressor, and the largest files.
_STORED = (".onnx", ".safetensors", ".parquet")


@dataclass(frozen=True)
class Package:
    """What an exported folder holds: (file, size, what it is) of each, their size together, that
    of the zip file that carries them, and a history to ask with, quoted for a shell; also a user
    whose history it is, where the folder has pseudo-priors for some."""

    contents: list[tuple[str, str, str]]
    num_bytes: int
    zip_bytes: int
    example_history: str
    example_user: str | None = None


@dataclass(frozen=True)
class HistoryUncertainty:
    """Total variances of a teacher of Gaussians: (item id, of the state after it) along a
    history, and of items by id; and how a state's went with the rank of what came next, over
    so many test users."""

    states: list[tuple[str, float]]
    items: dict[str, float]
    rank_correlation: float
    users: int


def can_recommend(run: RunRecord) -> bool:
    """Whether both models of the run are there to answer."""
    return _model(run, "teacher") is not None and _model(run, "student") is not None


def recommend(
    run: RunRecord,
    role: str,
    item_ids: Sequence[str],
    *,
    hide_consumed: bool,
    user: str | None = None,
) -> "Recommendation":
    """The top 10 of the run's `teacher` or `student` for a history of raw item ids, oldest first,
    behind the pseudo-priors that the run wrote for `user`.

    Its milliseconds are the median of a few requests, so that the first one does not count.

    Raises:
        RunError: The run has not exported that model.
    """
    recommender = _recommender(run, role)
    exclude = item_ids if hide_consumed else ()
    answers = [
        recommender.recommend(item_ids, top=_TOP, exclude=exclude, user=user)
        for _ in range(_REQUESTS)
    ]
    return sorted(answers, key=lambda answer: answer.milliseconds)[_REQUESTS // 2]


def num_pseudo_priors_read(run: RunRecord, history: Sequence[str], user: str | None) -> int:
    """How many pseudo-priors of `user` the run's models read in front of a history."""
    return _recommender(run, "student").num_pseudo_priors_read(history, user)


def uncertainty(
    run: RunRecord,
    history: Sequence[str],
    item_ids: Sequence[str],
    *,
    user: str | None = None,
) -> HistoryUncertainty | None:
    """How uncertain the run's teacher is along a history, which stands behind the pseudo-priors of
    `user` as it does in `recommend`, and of items; None where it is no teacher of Gaussians."""
    key = step_key(run, MEASURE)
    folder = workspace().artefacts.readable_path(key) if key else None
    if folder is None or not (folder / "uncertainty.onnx").is_file():
        return None
    scene = workspace().artefacts.path(run.scene_key)
    opened = _open_uncertainty(str(folder), str(scene))
    variances = opened.of_items(item_ids)
    written = _recommender(run, "teacher").written_for(user)
    return HistoryUncertainty(
        states=opened.along(history, pseudo_priors=written),
        items=dict(zip(item_ids, variances, strict=True)),
        rank_correlation=opened.rank_correlation,
        users=opened.users,
    )


def export_package(run: RunRecord) -> Package:
    """What the deployable folder of a finished run holds."""
    return _describe_export(str(workspace().home), run.run, run.finished_at)


def export_zip(run_id: str) -> bytes:
    """The deployable folder of a finished run as one zip file."""
    buffer = io.BytesIO()
    with _exported(run_id) as folder:
        _write_zip(buffer, folder, run_id)
    return buffer.getvalue()


def _write_zip(target: IO[bytes], folder: Path, run_id: str) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for path in _files(folder):
            kind = zipfile.ZIP_STORED if path.suffix in _STORED else zipfile.ZIP_DEFLATED
            name = f"adarec-{run_id}/{path.relative_to(folder)}"
            archive.write(path, name, compress_type=kind)


def _recommender(run: RunRecord, role: str) -> "Recommender":
    model = _model(run, role)
    if model is None:
        raise RunError(f"{run.run} has no {role} to ask. Wait until it has measured its student.")
    scene = workspace().artefacts.path(step_key(run, AUGMENT) or run.scene_key)
    return _open_recommender(str(model), str(scene))


def _model(run: RunRecord, role: str) -> Path | None:
    key = step_key(run, MEASURE)
    folder = workspace().artefacts.readable_path(key) if key else None
    path = folder / f"{role}.onnx" if folder else None
    return path if path is not None and path.is_file() else None


@st.cache_resource(max_entries=6, show_spinner="Opening the model")
def _open_recommender(model: str, scene: str) -> "Recommender":
    # onnxruntime takes a moment to load, and only this page needs it.
    from adarec.serving import Recommender

    return Recommender.open(Path(model), Path(scene))


@st.cache_resource(max_entries=3, show_spinner="Opening the model")
def _open_uncertainty(measured: str, scene: str) -> "Uncertainty":
    from adarec.serving import Uncertainty

    return Uncertainty.open(Path(measured), Path(scene))


@st.cache_data(max_entries=64, show_spinner="Looking at the folder")
def _describe_export(home: str, run_id: str, finished_at: float | None) -> Package:
    with _exported(run_id) as folder, tempfile.TemporaryFile() as packed:
        sizes = {str(path.relative_to(folder)): path.stat().st_size for path in _files(folder)}
        _write_zip(packed, folder, run_id)
        zip_bytes = packed.seek(0, io.SEEK_END)
        listed = next(iter(read_pseudo_priors(folder)), None)
    scene = open_scene(workspace().store.run(run_id).scene_key)
    user = 0 if listed is None else scene.user_ids.index(listed)
    seen = [scene.item_ids[i - 1] for i in scene.history(user)[:_EXAMPLE_ITEMS]]
    example = shlex.quote(join_ids(seen))
    contents = [(name, size(count), _WHAT.get(name, "")) for name, count in sizes.items()]
    asked_as = None if listed is None else shlex.quote(listed)
    return Package(contents, sum(sizes.values()), zip_bytes, example, asked_as)


@contextmanager
def _exported(run_id: str) -> Iterator[Path]:
    """The folder of the run for as long as the block lasts."""
    from adarec.runs.export import export_run

    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "export"
        export_run(workspace(), run_id, folder)
        yield folder


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]
