"""What jobs need of a workspace and of its records of runs; `adarec.runs` offers it."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

ACTIVE_STATES = ("queued", "running")


class RunState(Protocol):
    """Where a run stands."""

    @property
    def run(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def queued_at(self) -> float | None: ...
    @property
    def started_at(self) -> float | None: ...
    @property
    def peak_rss_mb(self) -> float | None: ...
    @property
    def error(self) -> str | None: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def is_stopping(self) -> bool: ...


class Records(Protocol):
    """The records of runs."""

    @property
    def engine(self) -> sa.Engine: ...
    def run_summary(self, run: str) -> RunState: ...
    def run_summaries(
        self, scene: str | None = None, states: Collection[str] | None = None
    ) -> Sequence[RunState]: ...
    def update_run(
        self, run: str, *, only_from: Collection[str] | None = None, **fields: Any
    ) -> bool: ...


class Workplace(Protocol):
    """A workspace, as far as jobs are concerned."""

    @property
    def home(self) -> Path: ...
    @property
    def database_url(self) -> str: ...
    @property
    def worker_folder(self) -> Path: ...
    @property
    def store(self) -> Records: ...
    def is_executing(self, run: str) -> bool: ...
