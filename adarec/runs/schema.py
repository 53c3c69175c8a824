"""The tables of a workspace, and the engine that reaches them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from adarec.runs.files import plain_json

BUSY_TIMEOUT_MS = 30_000

METADATA = sa.MetaData()

SCENES = sa.Table(
    "scenes",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("is_sample", sa.Boolean, nullable=False),
    sa.Column("summary", sa.JSON, nullable=False),
)

# What lists and scatter plots of many runs show stands in columns of its own, beside the JSON it
# was taken from.
SUMMARY_COLUMNS = (
    sa.Column("preset", sa.Text),
    sa.Column("teacher", sa.Text),
    sa.Column("mapping", sa.Text),
    sa.Column("teacher_ndcg_at_10", sa.Double),
    sa.Column("student_ndcg_at_10", sa.Double),
    sa.Column("teacher_latency_p50_ms", sa.Double),
    sa.Column("student_latency_p50_ms", sa.Double),
    sa.Column("speedup_p50", sa.Double),
    sa.Column("speedup_body_p50", sa.Double),
    sa.Column("teacher_params", sa.BigInteger),
    sa.Column("student_params", sa.BigInteger),
    sa.Column("verdict", sa.Text),
)

RUNS = sa.Table(
    "runs",
    METADATA,
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("scene", sa.Text, nullable=False, index=True),
    sa.Column("scene_key", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("stage", sa.Text),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("fresh", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False, index=True),
    sa.Column("queued_at", sa.Double),
    sa.Column("started_at", sa.Double),
    sa.Column("stop_requested_at", sa.Double),
    sa.Column("finished_at", sa.Double),
    sa.Column("error", sa.Text),
    sa.Column("peak_rss_mb", sa.Double),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Column("archived", sa.Boolean, nullable=False),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("steps", sa.JSON, nullable=False),
    sa.Column("seconds", sa.JSON, nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("result", sa.JSON(none_as_null=True)),
    *SUMMARY_COLUMNS,
)

# A table of its own: it comes into workspaces that are older than names by itself.
RUN_NAMES = sa.Table(
    "run_names",
    METADATA,
    sa.Column("run", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
)

# What is read out of the settings' JSON or from beside the run: too rare in lists for a column
# that old workspaces lack.
COMPUTED: dict[str, sa.ColumnElement[Any]] = {
    "name": sa.select(RUN_NAMES.c.name).where(RUN_NAMES.c.run == RUNS.c.run).scalar_subquery(),
    "augmentation": sa.func.nullif(RUNS.c.settings["augment", "name"].as_string(), "none"),
    "adapted_from": RUNS.c.settings["adaptation", "source"].as_string(),
    "blend": sa.func.nullif(RUNS.c.settings["blend"].as_string(), "none"),
    "point": RUNS.c.settings["point"].as_integer(),
}


def run_fields(names: Iterable[str]) -> sa.Select[Any]:
    """A query for these columns of runs, computed ones included."""
    return sa.select(
        *(COMPUTED[name].label(name) if name in COMPUTED else RUNS.c[name] for name in names)
    )


METRICS = sa.Table(
    "metrics",
    METADATA,
    sa.Column("stage_key", sa.Text, primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Double),  # NULL is NaN, which SQLite cannot hold
)

PROGRESS = sa.Table(
    "progress",
    METADATA,
    sa.Column("stage_key", sa.Text, primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("epochs", sa.Integer, nullable=False),
    sa.Column("fraction", sa.Double, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("started_at", sa.Double, nullable=False),
    sa.Column("started_fraction", sa.Double, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False),
)


def open_engine(url: str) -> sa.Engine:
    """An engine for `url` whose tables exist. SQLite files are put into WAL mode, so that readers
    never wait.
    """
    address = sa.make_url(url)
    if address.drivername == "postgresql":
        # The driver that comes with DBOS; SQLAlchemy 2.0 would look for another one.
        address = address.set(drivername="postgresql+psycopg")
    is_sqlite = address.get_backend_name() == "sqlite"
    if is_sqlite and address.database in (None, "", ":memory:"):
        # One connection that threads take in turn: a second would open an empty database.
        engine = sa.create_engine(
            address,
            json_serializer=plain_json,
            poolclass=sa.QueuePool,
            pool_size=1,
            max_overflow=0,
            connect_args={"check_same_thread": False},
        )
    else:
        engine = sa.create_engine(address, json_serializer=plain_json, pool_pre_ping=not is_sqlite)
    if is_sqlite:
        sa.event.listen(engine, "connect", _prepare_sqlite)
    try:
        METADATA.create_all(engine)
    except sa.exc.DBAPIError:
        # Another process that opened the same new workspace created a table after we had looked.
        METADATA.create_all(engine)
    return engine


def sqlite_url(path: Path) -> str:
    """The database URL of the SQLite file `path`."""
    return f"sqlite:///{path}"


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The busy timeout comes first: switching to WAL needs a lock that a second process may hold at
    # that moment.
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
