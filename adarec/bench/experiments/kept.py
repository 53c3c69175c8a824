"""What finished runs measured, small enough to lie beside the tables: on another machine the same
command reads it and runs only what is left.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from adarec.bench.pooling import CUT_OFF, run_ranks
from adarec.errors import RunError
from adarec.runs.files import read_json
from adarec.runs.front import FrontPoint, front_points, read_front
from adarec.runs.records import RunRecord
from adarec.runs.workspace import Workspace

Json = dict[str, Any]
ENDING = ".npz"
_RECORD, _SEARCH, _RANKS = "record", "search", "ranks."
_FIELDS = tuple(field.name for field in fields(RunRecord))


@dataclass(frozen=True)
class RunFacts:
    """What tables need of a finished run beside its record.

    Attributes:
        ranks: [U] ranks of the test items by role, unmasked; of a kept run all beyond the first
            `CUT_OFF` are alike.
        student_epochs: Epochs that the student learned; None where none was recorded.
        target: What the search was held to, and in which costs.
        costs: The cost table that it went by.
        front: The cells that it validated on its supernet.
    """

    ranks: Mapping[str, np.ndarray]
    student_epochs: int | None
    target: Json
    costs: Json
    front: list[FrontPoint]


def read_facts(workspace: Workspace, run: RunRecord) -> RunFacts:
    """The facts of a run of this workspace.

    Raises:
        RunError: Its measurement is not there any more.
    """
    keys = {str(step["role"]): str(step["key"]) for step in run.steps}
    epochs = [row.epoch for row in workspace.store.metrics([keys["student"]])]
    path = workspace.artefacts.path
    return RunFacts(
        ranks=run_ranks(workspace, run.run),
        student_epochs=max(epochs, default=None),
        target=read_json(path(keys["search"]) / "search.json")["target"],
        costs=read_json(path(keys["costs"]) / "costs.json"),
        front=read_front(path(keys["search"])),
    )


class KeptRuns:
    """Runs as one file each: an archive of arrays, among them the record as JSON.

    Args:
        folder: Where they lie; nothing is kept yet where there is none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def records(self) -> list[RunRecord]:
        """All of them, the newest first."""
        found = [self._record(path) for path in self.folder.glob(f"*{ENDING}")]
        return sorted(found, key=lambda run: run.created_at, reverse=True)

    def facts(self, run: str) -> RunFacts:
        """What was kept of the run."""
        with _opened(self._path(run)) as stored:
            ranks = {
                name.removeprefix(_RANKS): stored[name].astype(np.int64)
                for name in stored.files
                if name.startswith(_RANKS)
            }
            search = _json(stored[_SEARCH])
        front = front_points(search.pop("front"))
        return RunFacts(ranks=ranks, front=front, **search)

    def keep(self, run: RunRecord, facts: RunFacts) -> None:
        """Writes the run; one that is there stays."""
        path = self._path(run.run)
        if path.exists():
            return
        beyond = CUT_OFF + 1
        search = {name: getattr(facts, name) for name in ("student_epochs", "target", "costs")}
        search["front"] = [point.to_json() for point in facts.front]
        arrays: dict[str, Any] = {_RECORD: _bytes(asdict(run)), _SEARCH: _bytes(search)}
        for role, each in facts.ranks.items():
            arrays[f"{_RANKS}{role}"] = np.minimum(each, beyond).astype(np.uint8)
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        partial.replace(path)

    def _path(self, run: str) -> Path:
        return self.folder / f"{run}{ENDING}"

    def _record(self, path: Path) -> RunRecord:
        with _opened(path) as stored:
            values = _json(stored[_RECORD])
        # A field that is newer than the record is empty.
        known: dict[str, Any] = {name: values.get(name) for name in _FIELDS}
        return RunRecord(**known)


def _opened(path: Path) -> Any:
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise RunError(
            f"{path} is not a run that a bench kept ({error}). Take it away, or take it again "
            "from where it came."
        ) from error


def _bytes(value: Json) -> np.ndarray:
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


def _json(array: np.ndarray) -> Json:
    found: Json = json.loads(array.tobytes())
    return found
