"""The records of a workspace, through SQLAlchemy Core.

Safe to use from many threads and processes at once: every write is one transaction, and everything
that can be written twice (metrics, progress) is upserted. Only the process that executes a run
writes its metrics and progress.
"""

import secrets
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from adarec.errors import RunError
from adarec.runs.records import STATES, MetricRow, ProgressRow, RunRecord, RunSummary, SceneRecord
from adarec.runs.scene_records import SceneRecords
from adarec.runs.schema import COMPUTED, RUN_NAMES, RUNS, SUMMARY_COLUMNS, run_fields
from adarec.runs.summaries import result_columns, settings_columns

__all__ = ["MetricRow", "ProgressRow", "RunRecord", "RunStore", "RunSummary", "SceneRecord"]

_SUMMARY_FIELDS = tuple(RunSummary.__dataclass_fields__)
_RUN_FIELDS = tuple(RunRecord.__dataclass_fields__)
_DERIVED = frozenset(column.name for column in SUMMARY_COLUMNS) | frozenset(COMPUTED)


class RunStore(SceneRecords):
    """Scenes, runs, metrics and progress of one workspace."""

    def create_run(
        self,
        *,
        scene: str,
        scene_key: str,
        settings: Mapping[str, Any],
        steps: list[dict[str, Any]],
        seed: int,
        fresh: bool = False,
        state: str = "queued",
        notes: str = "",
        tags: Collection[str] = (),
    ) -> RunRecord:
        """Store a new run under a new id such as `r-7f3a2c`."""
        now = time.time()
        values: dict[str, Any] = {
            "scene": scene,
            "scene_key": scene_key,
            "settings": dict(settings),
            "steps": steps,
            "seed": seed,
            "fresh": fresh,
            "state": state,
            "created_at": now,
            "queued_at": now,
            "seconds": {},
            "notes": notes,
            "tags": list(tags),
            "archived": False,
            **settings_columns(settings),
        }
        while True:
            values["run"] = f"r-{secrets.token_hex(3)}"
            insert = self._insert(RUNS).values(values).on_conflict_do_nothing()
            with self.engine.begin() as connection:
                is_new = connection.execute(insert).rowcount > 0
            if is_new:
                return self.run(values["run"])

    def import_run(self, run: str, **fields: Any) -> RunRecord:
        """Store a run that was computed elsewhere, under its own id; one that is there stays.

        Args:
            run: Its id.
            **fields: Fields of `RunRecord` without the summary columns, which follow `settings`
                and `result` by themselves.
        """
        usual: dict[str, Any] = {"fresh": False, "notes": "", "tags": [], "archived": False}
        derived = settings_columns(fields["settings"]) | result_columns(fields["result"])
        values = usual | fields | derived | {"run": run}
        with self.engine.begin() as connection:
            connection.execute(self._insert(RUNS).values(values).on_conflict_do_nothing())
        return self.run(run)

    def update_run(
        self, run: str, *, only_from: Collection[str] | None = None, **fields: Any
    ) -> bool:
        """Change fields of a run; the summary columns follow `settings` and `result` by
        themselves.

        Args:
            run: The run's id.
            only_from: Change nothing unless the run is in one of these states, decided inside
                the transaction. A stop and a finish that meet cannot overwrite each other.
            **fields: Fields of `RunRecord`.

        Returns:
            Whether the run was changed.

        Raises:
            RunError: There is no such run.
            ValueError: A field or a state does not exist, or is a summary column.
        """
        unknown = set(fields) - set(_RUN_FIELDS) | set(fields) & _DERIVED
        if unknown or fields.get("state", "queued") not in STATES:
            raise ValueError(f"a run cannot be updated with {fields}")
        values = dict(fields)
        if "settings" in fields:
            values |= settings_columns(fields["settings"])
        if "result" in fields:
            values |= result_columns(fields["result"])
        update = sa.update(RUNS).where(RUNS.c.run == run).values(values)
        if only_from is not None:
            update = update.where(RUNS.c.state.in_(only_from))
        with self.engine.begin() as connection:
            changed = connection.execute(update).rowcount > 0
        if not changed:
            self.run(run)
        return changed

    def name_run(self, run: str, name: str | None) -> None:
        """Gives a run a name, another one, or none again.

        Raises:
            RunError: There is no such run.
        """
        self.run_summary(run)
        with self.engine.begin() as connection:
            connection.execute(sa.delete(RUN_NAMES).where(RUN_NAMES.c.run == run))
            if name:
                connection.execute(sa.insert(RUN_NAMES).values(run=run, name=name))

    def run(self, run: str) -> RunRecord:
        """The run with id `run`.

        Raises:
            RunError: There is none.
        """
        query = run_fields(_RUN_FIELDS).where(RUNS.c.run == run)
        return RunRecord(**self._only_run(run, query))

    def run_summary(self, run: str) -> RunSummary:
        """The run with id `run` without its big JSON: cheap enough to ask twice a second.

        Raises:
            RunError: There is none.
        """
        query = run_fields(_SUMMARY_FIELDS).where(RUNS.c.run == run)
        return RunSummary(**self._only_run(run, query))

    def _only_run(self, run: str, query: sa.Select[Any]) -> Mapping[str, Any]:
        with self.engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise RunError(
                f"There is no run {run!r} in this workspace. "
                "`python -m adarec runs` lists those there are."
            )
        return dict(row)

    def runs(
        self, scene: str | None = None, states: Collection[str] | None = None
    ) -> list[RunRecord]:
        """Whole records of runs, newest first. For long lists `run_summaries` is much cheaper."""
        query = _filtered(_RUN_FIELDS, scene, states)
        with self.engine.connect() as connection:
            return [RunRecord(**row) for row in connection.execute(query).mappings()]

    def run_summaries(
        self,
        scene: str | None = None,
        states: Collection[str] | None = None,
        *,
        with_setting: str | None = None,
    ) -> list[RunSummary]:
        """What lists and charts of many runs need, newest first; of JSON only tags are read.

        `with_setting` asks for runs whose settings have that key: `adaptation`, for example.
        """
        query = _filtered(_SUMMARY_FIELDS, scene, states)
        if with_setting is not None:
            query = query.where(RUNS.c.settings[with_setting].as_string().is_not(None))
        with self.engine.connect() as connection:
            return [RunSummary(**row) for row in connection.execute(query).mappings()]

    def results(self, runs: Collection[str]) -> dict[str, dict[str, Any]]:
        """The results of these runs, by run; one that is gone or has no result is left out."""
        if not runs:
            return {}
        query = sa.select(RUNS.c.run, RUNS.c.result).where(RUNS.c.run.in_(list(runs)))
        with self.engine.connect() as connection:
            return {run: result for run, result in connection.execute(query) if result}

    def delete_run(self, run: str) -> None:
        """Forget a run; the folders of its stages stay, since other runs may use them.

        Raises:
            RunError: There is no such run, or it is not over.
        """
        if self.run(run).is_active:
            raise RunError(f"{run} is not over. Stop it first, then delete it.")
        with self.engine.begin() as connection:
            for table in (RUN_NAMES, RUNS):
                connection.execute(sa.delete(table).where(table.c.run == run))


def _filtered(
    fields: Iterable[str], scene: str | None, states: Collection[str] | None
) -> sa.Select[Any]:
    query = run_fields(fields)
    if scene is not None:
        query = query.where(RUNS.c.scene == scene)
    if states is not None:
        query = query.where(RUNS.c.state.in_(states))
    return query.order_by(RUNS.c.created_at.desc(), RUNS.c.run)
