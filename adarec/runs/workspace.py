"""A workspace: the folder that holds scenes, artefacts and records, and the doors to each."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import sqlalchemy as sa
from filelock import FileLock, Timeout

from adarec.errors import RunIsHeldError, WorkspaceError
from adarec.runs.artefacts import ArtefactStore
from adarec.runs.file_lock import is_locked
from adarec.runs.schema import sqlite_url
from adarec.runs.store import RunStore

HOME_VARIABLE = "ADAREC_HOME"
DATABASE_VARIABLE = "ADAREC_DB"
DEFAULT_HOME = ".adarec"
HANDOVER_S = 5.0


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

        Raises:
            WorkspaceError: The folder cannot be written, or the database cannot be opened.
        """
        chosen = home or os.environ.get(HOME_VARIABLE) or DEFAULT_HOME
        folder = Path(chosen).expanduser().absolute()
        elsewhere = os.environ.get(DATABASE_VARIABLE)
        if not elsewhere and ("?" in str(folder) or unquote(str(folder)) != str(folder)):
            raise WorkspaceError(
                f"{folder} cannot be a workspace: '?' and '%' with two digits mean something else "
                "in a database's address. Name a folder without them."
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            artefacts = ArtefactStore(folder / "artefacts")
        except OSError as error:
            raise WorkspaceError(
                f"{folder} cannot be a workspace ({error.strerror}). A folder that can be written "
                f"is needed: name another one with --home or {HOME_VARIABLE}."
            ) from error
        url = elsewhere or sqlite_url(folder / "adarec.sqlite")
        return cls(home=folder, database_url=url, artefacts=artefacts, store=_open_store(url))

    @contextmanager
    def executing(self, run: str) -> Iterator[None]:
        """Hold the run for this process while it executes it. The kernel lets go when the process
        dies, so a held run is a run that somebody really works on.

        Raises:
            RunIsHeldError: Another process holds the run, and still does after a few seconds.
        """
        lock = FileLock(self._run_lock(run))
        try:
            # A process that was just stopped may take this long to end.
            lock.acquire(timeout=HANDOVER_S)
        except Timeout as error:
            raise RunIsHeldError(
                f"{run} is being executed by another process. Watch it there, or stop it first."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def is_executing(self, run: str) -> bool:
        """Whether some process on this file system holds the run."""
        return is_locked(self._run_lock(run))

    def _run_lock(self, run: str) -> Path:
        folder = self.home / "runs"
        folder.mkdir(exist_ok=True)
        return folder / f"{run}.lock"

    @property
    def worker_folder(self) -> Path:
        """Where the worker keeps its lock, its heartbeat and its log."""
        return self.home / "worker"

    def close(self) -> None:
        """Give the database connections back."""
        self.store.close()


def _open_store(url: str) -> RunStore:
    try:
        return RunStore(url)
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        # The cause, unlike the address, never holds a password.
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise WorkspaceError(
            f"The database of the records cannot be opened ({reason}). It is the file "
            f"adarec.sqlite in the workspace, or what {DATABASE_VARIABLE} says "
            "(postgresql://user:password@host/name): check that it is there and can be written."
        ) from error
