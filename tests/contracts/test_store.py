"""The contract of the run store, held by each of its back ends."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adarec.errors import RunError, SceneError
from adarec.runs.records import SceneRecord
from adarec.runs.store import RunStore

RESULT = {
    "teacher": {"params": 10, "metrics": {"ndcg@10": 0.06}, "latency_ms": {"p50": 5.0}},
    "student": {"params": 2, "metrics": {"ndcg@10": 0.05}, "latency_ms": {"p50": 0.5}},
    "speedup": {"p50": 10.0, "body_p50": 12.0},
    "verdict": "fine",
}


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunStore]:
    url = "sqlite://" if request.param == "memory" else f"sqlite:///{tmp_path / 'x.sqlite'}"
    store = RunStore(url)
    yield store
    store.close()


def new_run(store: RunStore, scene: str = "shop", **fields: Any) -> str:
    settings = {"preset": "quick", "teacher": {"name": "nextitnet"}, "losses": {"mapping": "emd"}}
    options: dict[str, Any] = {"settings": settings, "steps": [{"stage": "a"}], "seed": 3}
    return store.create_run(scene=scene, scene_key="ingest-1", **options | fields).run


def test_a_scene_is_returned_as_it_was_stored(store: RunStore) -> None:
    record = SceneRecord("shop", "ingest-1", 12.5, True, {"users": 3, "p90": 7.0})
    assert store.add_scene(record) == record
    assert store.scene("shop") == record
    assert store.scenes() == [record]


def test_a_missing_scene_lists_those_there_are(store: RunStore) -> None:
    store.add_scene(SceneRecord("shop", "ingest-1"))
    with pytest.raises(SceneError, match="Scenes: shop"):
        store.scene("shoop")


def test_a_name_belongs_to_one_log_and_its_summary_can_be_refreshed(store: RunStore) -> None:
    store.add_scene(SceneRecord("shop", "ingest-1", summary={"users": 1}))
    assert store.add_scene(SceneRecord("shop", "ingest-1", summary={"users": 2})).summary == {
        "users": 2
    }
    with pytest.raises(SceneError, match="taken by another log"):
        store.add_scene(SceneRecord("shop", "ingest-2"))
    assert store.scene("shop").key == "ingest-1"


def test_a_renamed_scene_takes_its_runs_along(store: RunStore) -> None:
    store.add_scene(SceneRecord("shop", "ingest-1"))
    store.add_scene(SceneRecord("other", "ingest-2"))
    run = new_run(store)
    with pytest.raises(SceneError, match="taken"):
        store.rename_scene("shop", "other")
    assert store.run(run).scene == "shop"
    store.rename_scene("shop", "market")
    assert store.run(run).scene == "market"
    assert {scene.name for scene in store.scenes()} == {"market", "other"}


def test_a_deleted_scene_is_gone(store: RunStore) -> None:
    store.add_scene(SceneRecord("shop", "ingest-1"))
    store.delete_scene("shop")
    assert store.scenes() == []
    with pytest.raises(SceneError, match="none yet"):
        store.delete_scene("shop")


def test_a_scene_with_runs_is_not_deleted(store: RunStore) -> None:
    store.add_scene(SceneRecord("shop", "ingest-1"))
    run = new_run(store)
    with pytest.raises(SceneError, match="has runs"):
        store.delete_scene("shop")
    store.update_run(run, state="failed")
    store.delete_run(run)
    store.delete_scene("shop")
    assert store.scenes() == []


def test_a_new_run_waits_and_keeps_what_was_asked(store: RunStore) -> None:
    run = new_run(store, fresh=True, tags=["a"], notes="n")
    record = store.run(run)
    assert run.startswith("r-")
    assert (record.state, record.seed, record.fresh) == ("queued", 3, True)
    assert record.steps == [{"stage": "a"}]
    assert (record.tags, record.notes, record.result) == (["a"], "n", None)
    assert (record.preset, record.teacher, record.mapping) == ("quick", "nextitnet", "emd")
    assert record.queued_at == record.created_at


def test_a_missing_run_is_named(store: RunStore) -> None:
    for ask in (store.run, store.run_summary, store.delete_run):
        with pytest.raises(RunError, match="r-missing"):
            ask("r-missing")
    with pytest.raises(RunError, match="r-missing"):
        store.update_run("r-missing", state="running")


def test_an_update_changes_only_its_fields(store: RunStore) -> None:
    run, other = new_run(store), new_run(store)
    before = store.run(run)
    assert store.update_run(run, state="running", stage="train_teacher", seconds={"a": 1.5})
    after = store.run(run)
    assert (after.state, after.stage, after.seconds) == ("running", "train_teacher", {"a": 1.5})
    assert after.settings == before.settings
    assert store.run(other).state == "queued"


def test_an_update_can_depend_on_the_state(store: RunStore) -> None:
    run = new_run(store)
    assert store.update_run(run, only_from=("queued",), state="cancelled")
    assert not store.update_run(run, only_from=("queued", "running"), state="running")
    assert store.run(run).state == "cancelled"


@pytest.mark.parametrize("fields", [{"state": "done"}, {"colour": 1}, {"verdict": ""}])
def test_an_update_of_something_else_is_refused(store: RunStore, fields: dict[str, Any]) -> None:
    run = new_run(store)
    with pytest.raises(ValueError, match="cannot be updated"):
        store.update_run(run, **fields)


def test_a_result_fills_the_summary_columns(store: RunStore) -> None:
    run = new_run(store)
    store.update_run(run, result=RESULT)
    assert store.run(run).result == RESULT
    summary = store.run_summary(run)
    assert (summary.teacher_ndcg_at_10, summary.student_ndcg_at_10) == (0.06, 0.05)
    assert (summary.teacher_latency_p50_ms, summary.student_latency_p50_ms) == (5.0, 0.5)
    assert (summary.speedup_p50, summary.speedup_body_p50) == (10.0, 12.0)
    assert (summary.teacher_params, summary.student_params) == (10, 2)
    assert summary.verdict == "fine"
    store.update_run(run, result=None)
    assert store.run_summary(run).student_ndcg_at_10 is None


def test_the_results_of_many_runs_are_read_at_once(store: RunStore) -> None:
    first, second, unfinished = (new_run(store) for _ in range(3))
    store.update_run(first, result=RESULT)
    store.update_run(second, result=RESULT | {"verdict": "other"})
    found = store.results([second, unfinished, "r-nothere"])
    assert found == {second: RESULT | {"verdict": "other"}}
    assert store.results([]) == {}


def test_numpy_and_nan_in_a_result_become_plain_json(store: RunStore) -> None:
    run = new_run(store)
    store.update_run(run, result={"a": np.float32(0.5), "b": float("nan")})
    assert store.run(run).result == {"a": 0.5, "b": None}


def test_runs_are_filtered_and_newest_first(store: RunStore) -> None:
    first, second, elsewhere = new_run(store), new_run(store), new_run(store, scene="cafe")
    store.update_run(second, state="failed")
    assert [run.run for run in store.runs()] == [elsewhere, second, first]
    assert [run.run for run in store.run_summaries(scene="shop")] == [second, first]
    assert [run.run for run in store.runs("shop", ["failed", "cancelled"])] == [second]
    assert store.run_summaries(states=[]) == []


def test_runs_with_a_setting_are_found(store: RunStore) -> None:
    new_run(store)
    adapted = new_run(store, settings={"adaptation": {"source": "fair"}})
    assert [run.run for run in store.run_summaries(with_setting="adaptation")] == [adapted]
    assert store.run_summaries(scene="fair", with_setting="adaptation") == []
    assert len(store.run_summaries()) == 2


def test_lists_say_what_made_the_teacher_another_one(store: RunStore) -> None:
    teacher = {"name": "sasrec"}
    plain = {"teacher": teacher, "augment": {"name": "none"}, "blend": "none"}
    made = {
        new_run(store, settings=plain): "sasrec",
        new_run(store, settings=plain | {"augment": {"name": "asrep"}}): "sasrec + asrep",
        new_run(store, settings=plain | {"blend": "hybrid"}): "sasrec + hybrid blend",
        new_run(store): "nextitnet",  # settings from before there were blends
        new_run(store, settings={}): "",
    }
    assert {run.run: run.taught_by for run in store.run_summaries()} == made
    assert {run.run: run.taught_by for run in store.runs()} == made


def test_a_run_has_the_name_that_it_was_given_last(store: RunStore) -> None:
    run, other = new_run(store), new_run(store)
    assert (store.run(run).name, store.run(run).title) == (None, run)
    for name in ("first try", "for the fair"):
        store.name_run(run, name)
        assert (store.run(run).name, store.run_summary(run).title) == (name, name)
    assert {each.run: each.name for each in store.run_summaries()} == {
        run: "for the fair",
        other: None,
    }
    store.name_run(run, "")
    assert store.run(run).name is None
    with pytest.raises(RunError, match="r-nothere"):
        store.name_run("r-nothere", "name")


def test_a_name_goes_with_its_run(store: RunStore) -> None:
    run = new_run(store)
    store.name_run(run, "gone")
    store.update_run(run, state="failed")
    store.delete_run(run)
    fields = {"scene": "shop", "scene_key": "k", "state": "failed", "seed": 0, "created_at": 0.0}
    plain = {"settings": {}, "steps": [], "seconds": {}, "result": None}
    assert store.import_run(run, **fields, **plain).name is None


def test_a_run_is_deleted_only_when_it_is_over(store: RunStore) -> None:
    run = new_run(store)
    with pytest.raises(RunError, match="Stop it first"):
        store.delete_run(run)
    store.update_run(run, state="failed")
    store.delete_run(run)
    assert store.runs() == []


def test_metrics_are_upserted_and_ordered(store: RunStore) -> None:
    store.record_metrics("k1", 2, {"loss": 0.5, "ndcg": 0.1})
    store.record_metrics("k1", 1, {"loss": 1.0})
    store.record_metrics("k1", 2, {"loss": 0.25})
    store.record_metrics("k2", 1, {"loss": 9.0})
    store.record_metrics("k1", 3, {})
    rows = [(row.epoch, row.name, row.value) for row in store.metrics(["k1"])]
    assert rows == [(1, "loss", 1.0), (2, "loss", 0.25), (2, "ndcg", 0.1)]
    assert len(store.metrics(["k1", "k2"])) == 4
    assert store.metrics([]) == []


def test_a_metric_may_be_anything_that_floats_are(store: RunStore) -> None:
    store.record_metrics("k", 1, {"a": math.nan, "b": math.inf, "c": np.float32(0.5)})
    values = {row.name: row.value for row in store.metrics(["k"])}
    assert math.isnan(values["a"])
    assert (values["b"], values["c"]) == (math.inf, 0.5)


def test_epochs_of_an_earlier_computation_can_be_forgotten(store: RunStore) -> None:
    for epoch in (1, 2, 3):
        store.record_metrics("k", epoch, {"loss": 1.0})
    store.record_metrics("other", 3, {"loss": 1.0})
    store.forget_epochs("k", after=1)
    assert [(row.stage_key, row.epoch) for row in store.metrics(["k", "other"])] == [
        ("k", 1),
        ("other", 3),
    ]


def test_the_numbers_of_each_stage_are_counted(store: RunStore) -> None:
    store.record_metrics("k", 1, {"loss": 1.0, "ndcg": 0.5})
    store.record_metrics("k", 2, {"loss": 0.5, "ndcg": 0.6})
    store.record_metrics("k", 2, {"loss": 0.4})
    store.record_metrics("other", 1, {"loss": 1.0})
    assert store.count_metrics(["k", "none"]) == {"k": 4}


def test_progress_is_upserted_and_its_start_kept(store: RunStore) -> None:
    store.record_progress("k", epoch=0, epochs=4, fraction=0.0, message="reading")
    first = store.progress(["k"])["k"]
    store.record_progress("k", epoch=2, epochs=4, fraction=0.5, message="training")
    second = store.progress(["k", "missing"])["k"]
    assert (second.epoch, second.fraction, second.message) == (2, 0.5, "training")
    assert (second.started_at, second.started_fraction) == (first.started_at, 0.0)
    assert second.updated_at > first.updated_at
    store.record_progress("k", epoch=2, epochs=4, fraction=0.5, message="resumed", starts=True)
    resumed = store.progress(["k"])["k"]
    assert resumed.started_fraction == 0.5
    assert resumed.started_at == resumed.updated_at


def test_threads_write_at_the_same_time(store: RunStore) -> None:
    def write(worker: int) -> None:
        for epoch in range(10):
            store.record_metrics(f"k{worker}", epoch, {"loss": 1.0})
            store.record_progress("shared", epoch=epoch, epochs=10, fraction=0.1, message="")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert len(store.metrics([f"k{worker}" for worker in range(4)])) == 40
