"""The table of the real scenes, filled from runs on a sample scene."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from adarec.execute import execute_run
from adarec.ranking import ndcg_per_user
from adarec.runs.workspace import Workspace
from adarec.submission import create_run
from tests.finished_run import SCENE, FinishedRun, small_settings

pytestmark = pytest.mark.whole_run

ROW = "ml-100k"  # under this name the sample scene's runs are stored here


@pytest.fixture
def workspace(finished_run: FinishedRun, tmp_path: Path) -> Workspace:
    return finished_run.copy_to(tmp_path / "copy")


def line_of(folder: Path, heading: str, scene: str = ROW) -> str:
    """The scene's row below `heading` ("" is the page's top)."""
    text = (folder / "scenes.md").read_text(encoding="utf-8")
    rows = text.split(f"## {heading}\n")[1].splitlines() if heading else text.splitlines()
    return next(row for row in rows if row.startswith(f"| {scene} "))


def with_ndcg(result: dict[str, Any], value: float) -> dict[str, Any]:
    """The result as if its teacher had this NDCG@10."""
    copy = json.loads(json.dumps(result))
    copy["teacher"]["metrics"]["ndcg@10"] = value
    return copy


def test_one_seed_is_a_row_and_nothing_is_pooled(
    scenes: ModuleType, workspace: Workspace, finished_run: FinishedRun, tmp_path: Path
) -> None:
    scenes.store(tmp_path, ROW, finished_run.result, workspace)
    ndcg = finished_run.result["teacher"]["metrics"]["ndcg@10"]
    assert f"| {ndcg:.4f} |" in line_of(tmp_path, "")
    assert "not run" in line_of(tmp_path, "Over the seeds")
    assert "not run" in line_of(tmp_path, "", "retailrocket")


def test_a_row_that_another_process_stored_meanwhile_stays(
    scenes: ModuleType, workspace: Workspace, finished_run: FinishedRun, tmp_path: Path
) -> None:
    scenes.store(tmp_path, ROW, finished_run.result, workspace)
    other = scenes.read_results(tmp_path / "scenes.json")
    other["retailrocket"] = {
        "seeds": {"0": with_ndcg(finished_run.result, 0.4321)},
        "pooled": None,
    }
    (tmp_path / "scenes.json").write_text(json.dumps(other), encoding="utf-8")
    scenes.store(tmp_path, ROW, finished_run.result, workspace)
    assert "| 0.4321 |" in line_of(tmp_path, "", "retailrocket")


def test_a_file_of_one_result_a_scene_is_read_as_that_seed(
    scenes: ModuleType, finished_run: FinishedRun, tmp_path: Path
) -> None:
    path = tmp_path / "scenes.json"
    path.write_text(json.dumps({ROW: finished_run.result}), encoding="utf-8")
    kept = scenes.read_results(path)[ROW]
    assert kept["seeds"]["0"]["run"] == finished_run.run
    assert kept["pooled"] is None


@pytest.mark.usefixtures("untimed")
def test_two_seeds_are_pooled_over_users(
    scenes: ModuleType, workspace: Workspace, finished_run: FinishedRun, tmp_path: Path
) -> None:
    run = create_run(workspace, SCENE, small_settings(seed=1, controls=1)).run
    second = execute_run(workspace, run)
    scenes.store(tmp_path, ROW, second, workspace)
    assert line_of(tmp_path, "", f"{ROW} (seed 1)"), "the lowest seed stored is the row"
    scenes.store(tmp_path, ROW, finished_run.result, workspace)
    pooled = scenes.read_results(tmp_path / "scenes.json")[ROW]["pooled"]
    assert pooled["seeds"] == [0, 1]
    differences = [
        result["student"]["metrics"]["ndcg@10"] - result["teacher"]["metrics"]["ndcg@10"]
        for result in (finished_run.result, second)
    ]
    gain = pooled["student_minus_teacher"]
    assert gain["mean"] == pytest.approx(np.mean(differences))
    assert gain["low"] <= gain["mean"] <= gain["high"]
    ranks = [scenes.run_ranks(workspace, found["run"]) for found in (finished_run.result, second)]
    teacher = np.mean([ndcg_per_user(found["teacher"], 10).mean() for found in ranks])
    assert pooled["teacher"] == pytest.approx(teacher)
    assert "student_minus_random_mean" not in pooled, "only one of the two has controls"
    row = line_of(tmp_path, "Over the seeds")
    assert "| 0, 1 |" in row
    assert row.endswith("| not run |")
    assert f"**{ROW}, 2 seeds.**" in (tmp_path / "scenes.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("untimed")
def test_runs_of_other_settings_are_not_pooled(
    scenes: ModuleType, workspace: Workspace, finished_run: FinishedRun, tmp_path: Path
) -> None:
    settings = small_settings(seed=1, teacher__epochs=1, search__epochs=1, student__epochs=2)
    second = execute_run(workspace, create_run(workspace, SCENE, settings).run)
    scenes.store(tmp_path, ROW, finished_run.result, workspace)
    scenes.store(tmp_path, ROW, second, workspace)
    assert scenes.read_results(tmp_path / "scenes.json")[ROW]["pooled"] is None
