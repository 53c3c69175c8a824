"""Running a plan: what is used again, stop and resume, fresh computation, failures, progress."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file

from adarec.errors import RunError, StopRequested, TargetError
from adarec.execute import execute_run
from adarec.runs.files import read_epoch_arrays
from adarec.runs.workspace import Workspace
from adarec.stages import STAGES
from adarec.submission import add_controls, create_run
from tests.finished_run import (
    SCENE,
    SMALL,
    FinishedRun,
    no_graphs,
    small_settings,
    workspace_with_cycle,
)

pytestmark = pytest.mark.whole_run

ROLES = ["costs", "teacher", "search", "student", "measure"]
TIMED = {"run", "seconds", "peak_rss_mb", "environment", "reused", "speedup", "target", "verdict"}
WEIGHTS = {
    "teacher": "teacher.safetensors",
    "search": "supernet.safetensors",
    "student": "student.safetensors",
}


@pytest.fixture(autouse=True)
def _latencies_of_no_interest(monkeypatch: pytest.MonkeyPatch, finished_run: FinishedRun) -> None:
    """Exporting and timing takes seconds; the finished run has done it for real."""
    monkeypatch.setattr("adarec.stages.measure.time_models", no_graphs)


@pytest.fixture
def copy(finished_run: FinishedRun, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace of its own with the finished run."""
    workspace = finished_run.copy_to(tmp_path / "copy")
    yield workspace
    workspace.close()


def folders(workspace: Workspace, run: str) -> dict[str, Path]:
    steps = workspace.store.run(run).steps
    return {step["role"]: workspace.artefacts.path(step["key"]) for step in steps}


def without_times(result: dict[str, Any]) -> dict[str, Any]:
    """What has to be the same bit for bit on every machine of this kind."""
    kept = {key: value for key, value in result.items() if key not in TIMED}
    for role in ("teacher", "student"):
        kept[role] = {k: v for k, v in kept[role].items() if not k.startswith("latency")}
    return json.loads(json.dumps(kept))


def after_batches_in(stage: str, batches: int, workspace: Workspace) -> Callable[[], bool]:
    """Says yes when the running stage is `stage` and has been asked so many times."""
    asked = [0]

    def should_stop() -> bool:
        asked[0] += workspace.store.runs()[0].stage == stage
        return asked[0] >= batches

    return should_stop


def assert_same_models(workspace: Workspace, run: str, other: Workspace, other_run: str) -> None:
    found, expected = folders(workspace, run), folders(other, other_run)
    for role, name in WEIGHTS.items():
        wanted = load_file(expected[role] / name)
        for key, value in load_file(found[role] / name).items():
            assert value.equal(wanted[key]), (role, key)
    for name in ("genotype.json", "candidates.json", "search.json"):
        assert (found["search"] / name).read_bytes() == (expected["search"] / name).read_bytes()
    arrays = read_epoch_arrays(expected["search"]).arrays
    for name, value in read_epoch_arrays(found["search"]).arrays.items():
        np.testing.assert_array_equal(value, arrays[name], err_msg=name)


def metrics(workspace: Workspace, run: str) -> list[tuple[str, int, str, float]]:
    keys = [step["key"] for step in workspace.store.run(run).steps]
    rows = workspace.store.metrics(keys)
    return [(row.stage_key, row.epoch, row.name, row.value) for row in rows]


def test_a_run_is_recorded_as_it_ends(finished_run: FinishedRun) -> None:
    workspace = Workspace.open(finished_run.home)
    record = workspace.store.run(finished_run.run)
    workspace.close()
    assert (record.state, record.error) == ("succeeded", None)
    assert record.result == json.loads(json.dumps(finished_run.result))
    assert record.seconds == finished_run.result["seconds"]
    assert record.started_at is not None
    assert record.finished_at is not None
    assert record.started_at <= record.finished_at
    assert finished_run.result["reused"] == []


def test_the_same_settings_re_use_every_stage(copy: Workspace, finished_run: FinishedRun) -> None:
    told = []
    run = create_run(copy, SCENE, small_settings())
    result = execute_run(copy, run.run, on_progress=lambda *what: told.append(what))
    assert result["reused"] == ROLES
    assert told == [(role, 1.0, "Re-used") for role in ROLES]
    assert without_times(result) == without_times(finished_run.result)
    assert result["seconds"] == finished_run.result["seconds"], "the seconds it took, then"


def test_a_second_search_re_uses_the_teacher_and_shows_its_curves(copy: Workspace) -> None:
    run = create_run(copy, SCENE, small_settings(search__epochs=2, student__epochs=1))
    teacher = folders(copy, run.run)["teacher"]
    before = (teacher / "teacher.safetensors").stat().st_mtime_ns
    result = execute_run(copy, run.run)
    assert result["reused"] == ["costs", "teacher"]
    assert (teacher / "teacher.safetensors").stat().st_mtime_ns == before
    curves = [row for row in metrics(copy, run.run) if row[0] == teacher.name]
    assert {epoch for _, epoch, _, _ in curves} == {1, 2, 3, 4}


@pytest.mark.parametrize("blend", ["counts", "hybrid"])
def test_a_blended_run_is_measured_with_its_counts(copy: Workspace, blend: str) -> None:
    """The ring's transitions alone find every item, so a blend of it does too."""
    asked = small_settings(blend=blend, student__epochs=1, search__epochs=1)
    result = execute_run(copy, create_run(copy, SCENE, asked).run)
    assert sum(result["teacher"]["blend"].values()) == pytest.approx(1.0)
    assert ("blend" in result["student"]) == (blend == "hybrid")
    assert result["teacher"]["metrics"]["ndcg@10"] == 1.0
    if blend == "hybrid":
        assert result["student"]["metrics"]["ndcg@10"] == 1.0, "whatever one epoch has taught"


def test_a_run_stopped_in_every_stage_resumes_to_the_same_result(
    finished_run: FinishedRun, tmp_path: Path
) -> None:
    """Also a computation from nothing in another workspace: the same, bit for bit."""
    workspace = workspace_with_cycle(tmp_path / "home")
    run, starts = create_run(workspace, SCENE, small_settings()).run, set()
    for stage, batches in (("train_teacher", 5), ("search_student", 60), ("distill_student", 31)):
        with pytest.raises(StopRequested):
            execute_run(workspace, run, should_stop=after_batches_in(stage, batches, workspace))
        record = workspace.store.run(run)
        assert (record.state, record.stage, record.result) == ("cancelled", stage, None)
        assert record.is_resumable
        starts.add(record.started_at)
    result = execute_run(workspace, run)
    record = workspace.store.run(run)
    assert record.state == "succeeded"
    assert starts == {record.started_at}, "a resumed run goes on from where it began"
    assert without_times(result) == without_times(finished_run.result)
    whole = Workspace.open(finished_run.home)
    assert_same_models(workspace, run, whole, finished_run.run)
    assert metrics(workspace, run) == metrics(whole, finished_run.run)
    for opened in (workspace, whole):
        opened.close()
    assert list(workspace.artefacts.root.glob("*.partial")) == []


def test_a_run_that_is_stopped_at_once_has_computed_nothing(copy: Workspace) -> None:
    run = create_run(copy, SCENE, small_settings(seed=9)).run
    with pytest.raises(StopRequested):
        execute_run(copy, run, should_stop=lambda: True)
    assert copy.store.run(run).state == "cancelled"
    assert not any(
        path.exists() for path in folders(copy, run).values() if "costs" not in path.name
    )


def test_a_fresh_run_computes_all_but_the_costs_again(
    copy: Workspace, finished_run: FinishedRun
) -> None:
    before = folders(copy, finished_run.run)
    written = {role: (path / "stage.json").stat().st_mtime_ns for role, path in before.items()}
    run = create_run(copy, SCENE, small_settings(), fresh=True).run
    result = execute_run(copy, run)
    assert result["reused"] == ["costs"]
    for role, path in folders(copy, run).items():
        is_newer = (path / "stage.json").stat().st_mtime_ns > written[role]
        assert is_newer == (role != "costs")
    assert without_times(result) == without_times(finished_run.result)
    whole = Workspace.open(finished_run.home)
    assert_same_models(copy, run, whole, finished_run.run)
    whole.close()


def test_a_speed_up_out_of_reach_fails_the_run_with_its_reason(copy: Workspace) -> None:
    run = create_run(copy, SCENE, small_settings(speedup=999)).run
    with pytest.raises(TargetError, match="within reach"):
        execute_run(copy, run)
    record = copy.store.run(run)
    assert record.state == "failed"
    assert "a speed-up of 999" in (record.error or "")


def test_a_speed_up_out_of_reach_is_refused_before_anything_is_trained(copy: Workspace) -> None:
    record = create_run(copy, SCENE, small_settings(speedup=999, seed=7))
    with pytest.raises(TargetError):
        execute_run(copy, record.run)
    teacher = next(step["key"] for step in record.steps if step["role"] == "teacher")
    assert copy.artefacts.readable_path(teacher) is None


def test_an_unexpected_error_is_recorded_too(
    copy: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(context: object) -> None:
        raise ZeroDivisionError("no luck")

    monkeypatch.setitem(STAGES, "train_teacher", broken)
    run = create_run(copy, SCENE, small_settings(seed=5)).run
    with pytest.raises(ZeroDivisionError):
        execute_run(copy, run)
    record = copy.store.run(run)
    assert record.state == "failed"
    assert "ZeroDivisionError" in (record.error or "")
    assert "no luck" in (record.error or "")


def test_a_run_that_somebody_executes_is_not_executed_twice(
    copy: Workspace, finished_run: FinishedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adarec.runs.workspace.HANDOVER_S", 0.05)
    with copy.executing(finished_run.run), pytest.raises(RunError, match="another process"):
        execute_run(copy, finished_run.run)


def test_progress_reaches_the_store_and_the_caller(copy: Workspace) -> None:
    told: list[tuple[str, float, str]] = []
    run = create_run(copy, SCENE, small_settings(search__epochs=1, student__epochs=1)).run
    execute_run(copy, run, on_progress=lambda *what: told.append(what))
    for role, path in folders(copy, run).items():
        assert [what[1] for what in told if what[0] == role][-1] == 1.0
        assert copy.store.progress([path.name])[path.name].fraction == 1.0
    assert all(0 <= fraction <= 1 for _, fraction, _ in told)
    assert all(message for _, _, message in told)


def test_controls_are_added_to_a_finished_run(
    copy: Workspace, finished_run: FinishedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random cells of about the found cell's cost and the all-skip cell, distilled for as many
    epochs."""

    monkeypatch.setattr("adarec.stages.measure_controls.time_models", no_graphs)
    add_controls(copy, finished_run.run, 1)
    result = execute_run(copy, finished_run.run)
    assert result["reused"] == ROLES
    assert {control["name"] for control in result["controls"]} == {"random-1", "all-skip"}
    for control in result["controls"]:
        assert set(control) >= {"metrics", "latency_ms", "genotype", "student_minus_control"}
        assert control["epochs"] == SMALL["student.epochs"]
        assert control["collapsed"] == (control["name"] == "all-skip")
    assert without_times(result)["student"] == without_times(finished_run.result)["student"]


@pytest.mark.slow
def test_a_search_by_measured_latency_repeats_exactly_in_one_workspace(tmp_path: Path) -> None:
    """The cost table is measured once and stays, so that `--fresh` steers by the same numbers."""
    workspace = workspace_with_cycle(tmp_path / "home")
    results = []
    for fresh in (False, True):
        settings = small_settings(cost="latency", speedup=None)
        run = create_run(workspace, SCENE, settings, fresh=fresh).run
        results.append(execute_run(workspace, run))
    assert results[1]["reused"] == ["costs"]
    assert without_times(results[0]) == without_times(results[1])
    workspace.close()


def test_a_run_tells_its_log_what_it_does(
    copy: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    run = create_run(copy, SCENE, small_settings(student__epochs=1))
    with caplog.at_level("INFO", logger="adarec.execute"):
        execute_run(copy, run.run)
    lines = [record.getMessage() for record in caplog.records if record.name == "adarec.execute"]
    assert "teacher: used again" in lines
    assert "student: starts (distill_student)" in lines
    assert any(line.startswith("student: epoch 1, ") and "task_loss" in line for line in lines)
