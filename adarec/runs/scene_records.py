"""Scenes by name, and what a renamed or deleted one means for its runs."""

import sqlalchemy as sa

from adarec.errors import SceneError
from adarec.runs.records import SceneRecord
from adarec.runs.schema import RUNS, SCENES
from adarec.runs.stage_records import StageRecords


class SceneRecords(StageRecords):
    """The scenes of a workspace."""

    def add_scene(self, record: SceneRecord) -> SceneRecord:
        """Store `record`; adding the same log under the same name again refreshes its summary.

        Raises:
            SceneError: The name belongs to another log.
        """
        values = vars(record)
        refresh = {"summary": record.summary, "is_sample": record.is_sample}
        insert = self._insert(SCENES).values(values)
        upsert = insert.on_conflict_do_update(
            index_elements=["name"], set_=refresh, where=SCENES.c.key == record.key
        )
        with self.engine.begin() as connection:
            connection.execute(upsert)
        stored = self.scene(record.name)
        if stored.key != record.key:
            raise SceneError(
                f"The name {record.name!r} is taken by another log. Choose another name."
            )
        return stored

    def scene(self, name: str) -> SceneRecord:
        """The scene called `name`.

        Raises:
            SceneError: There is none; the message lists the names there are.
        """
        query = sa.select(SCENES).where(SCENES.c.name == name)
        with self.engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            names = ", ".join(scene.name for scene in self.scenes()) or "none yet"
            raise SceneError(
                f"There is no scene {name!r}. Scenes: {names}. "
                "Choose one of these or ingest a log."
            )
        return SceneRecord(**row)

    def scenes(self) -> list[SceneRecord]:
        """All scenes, in the order in which they were added."""
        query = sa.select(SCENES).order_by(SCENES.c.created_at, SCENES.c.name)
        with self.engine.connect() as connection:
            return [SceneRecord(**row) for row in connection.execute(query).mappings()]

    def rename_scene(self, name: str, new_name: str) -> None:
        """Rename a scene, in its runs and their results too.

        Raises:
            SceneError: There is no scene `name`, or `new_name` is taken.
        """
        self.scene(name)
        results = sa.select(RUNS.c.run, RUNS.c.result).where(RUNS.c.scene == name)
        try:
            with self.engine.begin() as connection:
                connection.execute(
                    sa.update(SCENES).where(SCENES.c.name == name).values(name=new_name)
                )
                for run, result in connection.execute(results).all():
                    if result and "scene" in result:
                        renamed = result | {"scene": result["scene"] | {"name": new_name}}
                        connection.execute(
                            sa.update(RUNS).where(RUNS.c.run == run).values(result=renamed)
                        )
                connection.execute(
                    sa.update(RUNS).where(RUNS.c.scene == name).values(scene=new_name)
                )
        except sa.exc.IntegrityError as error:
            raise SceneError(f"The name {new_name!r} is taken. Choose another one.") from error

    def delete_scene(self, name: str) -> None:
        """Forget a scene that has no runs; its folder stays.

        Raises:
            SceneError: There is no such scene, or it has runs.
        """
        self.scene(name)
        used = sa.exists().where(RUNS.c.scene == name)
        with self.engine.begin() as connection:
            # Asked in the same statement: a run may be created at this very moment.
            delete = sa.delete(SCENES).where(SCENES.c.name == name, ~used)
            is_gone = connection.execute(delete).rowcount > 0
        if not is_gone:
            raise SceneError(f"{name!r} has runs. Delete these first, then the scene.")
