"""Metrics and progress of stages: what the process that executes a run writes, and pages read
meanwhile.
"""

import math
import time
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from adarec.runs.records import MetricRow, ProgressRow
from adarec.runs.schema import METRICS, PROGRESS, open_engine

_AT_ONCE = 500  # keys in one statement


class StageRecords:
    """Numbers that belong to (stage key, epoch, name), so that every run that uses a stage shows
    them.
    """

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self._insert: Any = (
            postgresql.insert if self.engine.dialect.name == "postgresql" else sqlite.insert
        )

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def record_metrics(self, stage_key: str, epoch: int, values: Mapping[str, float]) -> None:
        """Store numbers of one epoch; a number stored before is replaced."""
        if not values:
            return
        rows = [
            {"stage_key": stage_key, "epoch": epoch, "name": name, "value": _nan_to_null(value)}
            for name, value in values.items()
        ]
        insert = self._insert(METRICS).values(rows)
        upsert = insert.on_conflict_do_update(
            index_elements=["stage_key", "epoch", "name"], set_={"value": insert.excluded.value}
        )
        with self.engine.begin() as connection:
            connection.execute(upsert)

    def forget_stages(self, stage_keys: Iterable[str]) -> None:
        """Delete the numbers and the progress of these stages."""
        keys = list(stage_keys)
        with self.engine.begin() as connection:
            for start in range(0, len(keys), _AT_ONCE):
                chosen = keys[start : start + _AT_ONCE]
                for table in (METRICS, PROGRESS):
                    connection.execute(sa.delete(table).where(table.c.stage_key.in_(chosen)))

    def metrics(self, stage_keys: Iterable[str]) -> list[MetricRow]:
        """All numbers of these stages, ordered by stage key, name and epoch."""
        columns = METRICS.c
        query = (
            sa.select(columns.stage_key, columns.epoch, columns.name, columns.value)
            .where(columns.stage_key.in_(list(stage_keys)))
            .order_by(columns.stage_key, columns.name, columns.epoch)
        )
        with self.engine.connect() as connection:
            return [
                MetricRow(key, epoch, name, math.nan if value is None else value)
                for key, epoch, name, value in connection.execute(query)
            ]

    def count_metrics(self, stage_keys: Iterable[str]) -> dict[str, int]:
        """How many numbers each of these stages has; a stage without any is left out.

        The count changes when an epoch is recorded, so a reader can tell whether to read again.
        """
        column = METRICS.c.stage_key
        query = (
            sa.select(column, sa.func.count()).where(column.in_(list(stage_keys))).group_by(column)
        )
        with self.engine.connect() as connection:
            return {key: int(count) for key, count in connection.execute(query)}

    def forget_epochs(self, stage_key: str, *, after: int = 0) -> None:
        """Drop the numbers of epochs later than `after`: a stage that starts over may end earlier
        than before.
        """
        where = (METRICS.c.stage_key == stage_key) & (METRICS.c.epoch > after)
        with self.engine.begin() as connection:
            connection.execute(sa.delete(METRICS).where(where))

    def record_progress(
        self,
        stage_key: str,
        *,
        epoch: int,
        epochs: int,
        fraction: float,
        message: str,
        starts: bool = False,
    ) -> None:
        """Say how far a stage is (`fraction` 0..1). `starts` is true for the first report after a
        (re)start, from
        which the time left is estimated."""
        now = time.time()
        changing = {
            "epoch": epoch,
            "epochs": epochs,
            "fraction": fraction,
            "message": message,
            "updated_at": now,
        }
        beginning = {"started_at": now, "started_fraction": fraction}
        insert = self._insert(PROGRESS).values(stage_key=stage_key, **changing, **beginning)
        upsert = insert.on_conflict_do_update(
            index_elements=["stage_key"], set_=changing | beginning if starts else changing
        )
        with self.engine.begin() as connection:
            connection.execute(upsert)

    def progress(self, stage_keys: Iterable[str]) -> dict[str, ProgressRow]:
        """Progress by stage key; a stage that never reported is left out."""
        query = sa.select(PROGRESS).where(PROGRESS.c.stage_key.in_(list(stage_keys)))
        with self.engine.connect() as connection:
            rows = connection.execute(query).mappings()
            return {row["stage_key"]: ProgressRow(**row) for row in rows}


def _nan_to_null(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
