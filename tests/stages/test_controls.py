"""Controls of a finished run, hand-made and given ones: what they are, and what they cost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from adarec import catalog
from adarec.data.scene import read_scene
from adarec.execute import execute_run
from adarec.genotype import Genotype
from adarec.nets.batches import search_passes
from adarec.nets.folders import read_student
from adarec.ranking import metrics_from_ranks, ndcg_per_user, paired_bootstrap
from adarec.runs.files import read_json
from adarec.runs.workspace import Workspace
from adarec.stages.context import training_sequences
from adarec.submission import create_run
from tests.finished_run import SCENE, SMALL, FinishedRun, no_graphs, small_settings

pytestmark = pytest.mark.whole_run

OPS = ("conv3", "zero", "skip", "zero", "zero", "skip")
SETTINGS: dict[str, Any] = {
    "controls": 2,
    "hand_made": True,
    "cells__another-shop": ",".join(OPS),
    # Wide enough that a hand-made student of the same cost exists.
    "student__width": 32,
}
NAMES = {"random-1", "random-2", "all-skip", "from-another-shop"}
NAMES |= {"cnn", "gru", "sasrec", "no-distillation"}


@pytest.fixture(scope="module")
def compared(
    finished_run: FinishedRun, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Workspace, dict[str, Any]]]:
    """A workspace and the result of a run with every control; latencies are of no interest."""
    workspace = finished_run.copy_to(tmp_path_factory.mktemp("controls") / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("adarec.stages.measure.time_models", no_graphs)
        patch.setattr("adarec.stages.measure_controls.time_models", no_graphs)
        run = create_run(workspace, SCENE, small_settings(**SETTINGS)).run
        result = execute_run(workspace, run)
    yield workspace, result
    workspace.close()


@pytest.fixture
def controls(compared: tuple[Workspace, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {control["name"]: control for control in compared[1]["controls"]}


@pytest.fixture
def folders(compared: tuple[Workspace, dict[str, Any]]) -> dict[str, Path]:
    workspace, result = compared
    steps = workspace.store.run(result["run"]).steps
    scene = {"scene": workspace.artefacts.path(steps[-1]["parents"]["scene"])}
    return scene | {step["role"]: workspace.artefacts.path(step["key"]) for step in steps}


def test_every_control_is_measured_like_a_model(controls: dict[str, dict[str, Any]]) -> None:
    assert set(controls) == NAMES
    for control in controls.values():
        assert {"params", "macs", "metrics", "metrics_masked", "latency_ms"} <= set(control)
        assert control["receptive_field"] >= 1


def test_the_found_students_times_are_taken_beside_the_controls(
    compared: tuple[Workspace, dict[str, Any]],
) -> None:
    own = no_graphs({"student": None}, Path(), length=1, num_items=1)["student"]
    assert compared[1]["student_beside_controls"] == own


def test_a_student_that_is_no_cell_has_no_genotype(controls: dict[str, dict[str, Any]]) -> None:
    without = {name for name, control in controls.items() if control["genotype"] is None}
    assert without == {"gru", "sasrec"}
    for name in without:
        assert controls[name]["architecture"] in {teacher.name for teacher in catalog.TEACHERS}
        assert controls[name]["collapsed"] is False
        assert controls[name]["receptive_field"] == SMALL["length_cap"]


def test_hand_made_students_cost_about_what_the_found_one_costs(
    folders: dict[str, Path],
) -> None:
    costs = read_json(folders["hand_made"] / "costs.json")
    found = costs["student"]
    for name in ("gru", "sasrec"):
        control, table = read_json(folders[f"control-{name}"] / "control.json"), costs[name]
        assert control["found_cost"] == found
        assert control["cost"] == table[str(control["width"])]
        assert all(abs(control["cost"] - found) <= abs(cost - found) for cost in table.values())


def test_cells_of_equal_cost_are_those_that_were_timed(
    compared: tuple[Workspace, dict[str, Any]], folders: dict[str, Path]
) -> None:
    found = compared[1]["student"]["genotype"]
    random = read_json(folders["equal-random"] / "matched.json")
    assert random["unit"] == "M multiply-adds"
    cells = [each["genotype"] for each in random["cells"]]
    assert found not in cells
    gaps = [abs(each["cost"] / random["found"] - 1.0) for each in random["cells"]]
    equal = [gap for gap in gaps if gap <= 0.05]
    assert gaps[len(equal) :] == sorted(gap for gap in gaps if gap > 0.05)
    for place in (0, 1):
        control = read_json(folders[f"control-random-{place + 1}"] / "control.json")
        assert control["genotype"] == cells[place]
    stacks = read_json(folders["equal-stack"] / "matched.json")["cells"]
    cnn = read_json(folders["control-cnn"] / "control.json")["genotype"]
    assert cnn == stacks[0]["genotype"]
    assert {edge["op"] for edge in cnn["edges"]} <= {"conv3", "conv5", "skip", "zero"}


def test_the_others_are_the_cells_that_they_are_named_after(
    controls: dict[str, dict[str, Any]], compared: tuple[Workspace, dict[str, Any]]
) -> None:
    assert Genotype.from_json(controls["from-another-shop"]["genotype"]).ops == OPS
    assert controls["no-distillation"]["genotype"] == compared[1]["student"]["genotype"]
    assert set(Genotype.from_json(controls["all-skip"]["genotype"]).ops) == {"skip"}


def test_what_starts_anew_may_learn_for_as_many_passes_more_as_the_search_took(
    controls: dict[str, dict[str, Any]], folders: dict[str, Path]
) -> None:
    scene = read_scene(folders["scene"])
    searched = np.flatnonzero(~scene.architecture_slice)
    windows = training_sequences(scene, {"length": SMALL["length_cap"]}, searched)
    more = SMALL["search.epochs"] * search_passes(windows)
    assert more > SMALL["search.epochs"], "one pass an epoch would not tell passes from epochs"
    epochs = {name: control["epochs"] for name, control in controls.items()}
    own = epochs["random-1"]
    anew = {"gru", "sasrec", "no-distillation"}
    assert {name: epochs[name] - own for name in anew} == dict.fromkeys(anew, more)
    assert {epochs[name] for name in NAMES - anew} == {own}


def test_the_found_cell_as_a_control_is_the_found_student_where_it_stopped_early(
    finished_run: FinishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adarec.stages.measure.time_models", no_graphs)
    monkeypatch.setattr("adarec.stages.measure_controls.time_models", no_graphs)
    workspace = finished_run.copy_to(tmp_path / "home")
    # So slow that no epoch is better than the first.
    slow = {"student__learning_rate": 1e-6, "student__patience": 1, "student__epochs": 4}
    run = create_run(workspace, SCENE, small_settings(**slow))
    found = Genotype.from_json(execute_run(workspace, run.run)["student"]["genotype"])
    own = small_settings(**slow, cells__itself=",".join(found.ops))
    again = create_run(workspace, SCENE, own)
    execute_run(workspace, again.run)
    keys = {step["role"]: step["key"] for step in workspace.store.run(again.run).steps}
    student, control = (
        workspace.artefacts.path(keys[role]) for role in ("student", "control-from-itself")
    )
    assert read_json(student / "training.json")["epochs"] < slow["student__epochs"]
    for name in ("training.json", "student.safetensors"):
        assert (student / name).read_bytes() == (control / name).read_bytes()
    workspace.close()


def test_hand_made_students_learn_and_are_read_again(
    controls: dict[str, dict[str, Any]], folders: dict[str, Path]
) -> None:
    for name in ("gru", "sasrec", "no-distillation"):
        assert controls[name]["metrics"]["ndcg@10"] > 0.5, "of 1, on a ring"
        model, described = read_student(folders[f"control-{name}"])
        assert not model.training
        items = torch.arange(1, 6).unsqueeze(0)
        assert model.newest_state(items, items > 0).shape == (
            1,
            model.item_table.candidates.shape[1],
        )
        assert described["length"] == SMALL["length_cap"]


def test_no_distillation_records_the_task_loss_alone(
    compared: tuple[Workspace, dict[str, Any]], folders: dict[str, Path]
) -> None:
    rows = compared[0].store.metrics([folders["control-no-distillation"].name])
    names = {row.name for row in rows}
    assert names == {"loss", "task_loss", "validation_ndcg@10", "validation_hr@10"}
    losses = {name: [row.value for row in rows if row.name == name] for name in names}
    assert losses["loss"] == pytest.approx(losses["task_loss"])


def test_differences_are_those_of_the_kept_ranks(
    controls: dict[str, dict[str, Any]],
    compared: tuple[Workspace, dict[str, Any]],
    folders: dict[str, Path],
) -> None:
    with np.load(folders["measure-controls"] / "ranks.npz", allow_pickle=False) as stored:
        ranks = {name: stored[name] for name in stored.files}
    assert set(ranks) == {"student"} | {f"control-{name}" for name in NAMES}
    ndcg = {role: ndcg_per_user(found, 10) for role, found in ranks.items()}
    for name, control in controls.items():
        assert control["metrics"] == metrics_from_ranks(ranks[f"control-{name}"])
        expected = paired_bootstrap(ndcg["student"], ndcg[f"control-{name}"], seed=0)
        assert control["student_minus_control"]["ndcg@10"] == expected
    rivals = np.mean([ndcg["control-random-1"], ndcg["control-random-2"]], axis=0)
    assert compared[1]["student_minus_random_mean"]["ndcg@10"] == paired_bootstrap(
        ndcg["student"], rivals, seed=0
    )
