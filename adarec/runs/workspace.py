"""A workspace: the folder that holds scenes, artefacts and records, and the doors to each."""

import os
from dataclasses import dataclass
from pathlib import Path

from adarec.runs.artefacts import ArtefactStore
from adarec.runs.schema import sqlite_url
from adarec.runs.store import RunStore

HOME_VARIABLE = "ADAREC_HOME"
DATABASE_VARIABLE = "ADAREC_DB"
DEFAULT_HOME = ".adarec"


@dataclass(frozen=True)
class Workspace:
    """An open workspace. Share one per process: its parts may be used from many threads."""

    home: Path
    database_url: str
    artefacts: ArtefactStore
    store: RunStore

    @classmethod
    def open(cls, home: str | Path | None = None) -> "Workspace":
        """The workspace at `home`, else at ADAREC_HOME, else at `.adarec` here; created where it
        is missing.

        ADAREC_DB (`postgresql://…`) puts the records elsewhere than in the workspace's SQLite
        file.
        """
        chosen = home or os.environ.get(HOME_VARIABLE) or DEFAULT_HOME
        folder = Path(chosen).expanduser().absolute()
        folder.mkdir(parents=True, exist_ok=True)
        url = os.environ.get(DATABASE_VARIABLE) or sqlite_url(folder / "adarec.sqlite")
        return cls(
            home=folder,
            database_url=url,
            artefacts=ArtefactStore(folder / "artefacts"),
            store=RunStore(url),
        )

    @property
    def worker_folder(self) -> Path:
        """Where the worker keeps its lock, its heartbeat and its log."""
        return self.home / "worker"

    def close(self) -> None:
        """Give the database connections back."""
        self.store.close()
