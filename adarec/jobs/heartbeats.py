"""Workers and the times of their last heartbeats, in the workspace's database."""

import time
from dataclasses import dataclass

import sqlalchemy as sa

# A worker beats every few seconds; after this long without one its jobs are given to others.
DEAD_AFTER_S = 30.0

_METADATA = sa.MetaData()
_WORKERS = sa.Table(
    "workers",
    _METADATA,
    sa.Column("executor", sa.Text, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("home", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("processes", sa.Integer, nullable=False),
    sa.Column("started_at", sa.Double, nullable=False),
    sa.Column("beat_at", sa.Double, nullable=False),
)


@dataclass(frozen=True)
class WorkerRecord:
    """A worker process: `executor` is its id in the engine, `processes` how many runs at once."""

    executor: str
    host: str
    home: str
    pid: int
    processes: int
    started_at: float
    beat_at: float


def register_worker(engine: sa.Engine, worker: WorkerRecord) -> None:
    """Store `worker`. Earlier workers of the same host and home are forgotten: the new one holds
    the lock that is theirs while they live, so they are dead."""
    _create_table(engine)
    here = (_WORKERS.c.host == worker.host) & (_WORKERS.c.home == worker.home)
    with engine.begin() as connection:
        connection.execute(sa.delete(_WORKERS).where(here))
        connection.execute(sa.insert(_WORKERS).values(vars(worker)))


def beat(engine: sa.Engine, executor: str) -> None:
    """Say that this worker lives."""
    update = sa.update(_WORKERS).where(_WORKERS.c.executor == executor)
    with engine.begin() as connection:
        connection.execute(update.values(beat_at=time.time()))


def forget_worker(engine: sa.Engine, executor: str) -> None:
    """Say that this worker has ended."""
    with engine.begin() as connection:
        connection.execute(sa.delete(_WORKERS).where(_WORKERS.c.executor == executor))


def live_workers(engine: sa.Engine) -> list[WorkerRecord]:
    """The workers whose last heartbeat is recent, on any machine, oldest first."""
    _create_table(engine)
    recent = _WORKERS.c.beat_at > time.time() - DEAD_AFTER_S
    query = sa.select(_WORKERS).where(recent).order_by(_WORKERS.c.started_at, _WORKERS.c.executor)
    with engine.connect() as connection:
        return [WorkerRecord(**row) for row in connection.execute(query).mappings()]


def _create_table(engine: sa.Engine) -> None:
    try:
        _METADATA.create_all(engine)
    except sa.exc.DBAPIError:
        # Another process created it after we had looked.
        _METADATA.create_all(engine)
