"""The result of a run on the scene whose right answer is known, against the contract."""

import json
import math
from typing import Any

import numpy as np
import pytest

from adarec.data.baselines import COUNT_BASELINES
from adarec.genotype import Genotype
from adarec.nets.evolution import on_front
from adarec.ranking import METRIC_NAMES, metrics_from_ranks, ndcg_per_user, paired_bootstrap
from adarec.runs.files import read_epoch_arrays, read_json
from adarec.runs.workspace import Workspace
from tests.finished_run import FinishedRun

KEYS = {"run", "scene", "settings", "seed", "teacher", "student", "baselines", "speedup"}
KEYS |= {"difference", "controls", "verdict", "seconds", "peak_rss_mb", "environment"}
MODEL_KEYS = {"name", "params", "params_without_embeddings", "macs", "metrics", "metrics_masked"}
MODEL_KEYS |= {"latency_ms", "latency_body_ms", "latency_eager_ms"}
ROLES = ("costs", "teacher", "search", "student", "measure")
STAGES = ("train_teacher", "measure_costs", "search_student", "distill_student", "measure")


@pytest.fixture(scope="module")
def result(finished_run: FinishedRun) -> dict[str, Any]:
    return finished_run.result


@pytest.fixture(scope="module")
def folders(finished_run: FinishedRun) -> dict[str, Any]:
    """Role -> folder."""
    workspace = Workspace.open(finished_run.home)
    steps = workspace.store.run(finished_run.run).steps
    workspace.close()
    return {step["role"]: workspace.artefacts.path(step["key"]) for step in steps}


def numbers(data: Any) -> list[float]:
    if isinstance(data, dict):
        return [number for value in data.values() for number in numbers(value)]
    if isinstance(data, list):
        return [number for value in data for number in numbers(value)]
    return [data] if isinstance(data, int | float) else []


def test_every_key_of_the_contract_is_there(result) -> None:
    assert set(result) >= KEYS
    assert set(result["teacher"]) >= MODEL_KEYS
    assert set(result["student"]) >= MODEL_KEYS | {"genotype", "collapsed", "receptive_field"}
    for model in (result["teacher"], result["student"]):
        assert set(model["metrics"]) == set(model["metrics_masked"]) == set(METRIC_NAMES)
        for kind in ("latency_ms", "latency_body_ms", "latency_eager_ms"):
            assert 0 < model[kind]["p50"] <= model[kind]["p95"]
        assert 0 < model["params_without_embeddings"] < model["params"]
        assert model["macs"] > 0
    assert set(result["baselines"]) == set(COUNT_BASELINES)
    assert set(COUNT_BASELINES) == {"popularity", "own_frequency", "last_item_transitions"}
    for counts in result["baselines"].values():
        assert set(counts) >= set(METRIC_NAMES)
    assert result["controls"] == []


def test_the_result_is_plain_json_without_nan(result) -> None:
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert all(math.isfinite(number) for number in numbers(result))


def test_the_scene_is_described(result) -> None:
    assert result["scene"] == {
        "name": "cycle",
        "users": 400,
        "items": 60,
        "interactions": 8517,
        "sequence_length": 8,
    }
    assert result["seed"] == result["settings"]["seed"] == 0


@pytest.mark.parametrize("role", ["teacher", "student"])
def test_the_right_answer_is_always_first(result, role: str) -> None:
    assert result[role]["metrics"] == dict.fromkeys(METRIC_NAMES, 1.0)


def test_ranks_per_user_are_kept_and_give_the_metrics(result, folders) -> None:
    with np.load(folders["measure"] / "ranks.npz", allow_pickle=False) as stored:
        ranks = {name: stored[name] for name in stored.files}
    for role in ("teacher", "student"):
        assert (ranks[role] == 1).all()  # hit rate at 1 is 1
        assert result[role]["metrics_masked"] == metrics_from_ranks(ranks[f"{role}.masked"])
    for name in COUNT_BASELINES:
        found = metrics_from_ranks(ranks[f"baseline.{name}"])
        assert {key: result["baselines"][name][key] for key in METRIC_NAMES} == found
    both = [ndcg_per_user(ranks[role], 10) for role in ("student", "teacher")]
    assert result["difference"]["ndcg@10"] == paired_bootstrap(*both, seed=0)
    assert result["difference"]["ndcg@10"] == {"mean": 0.0, "low": 0.0, "high": 0.0}


def test_the_verdict_says_that_counting_does_as_well(result) -> None:
    assert "as good as the teacher" in result["verdict"]
    assert "does not need this teacher" in result["verdict"]
    assert "most often after the last item" in result["verdict"]


def test_speed_ups_are_ratios_of_the_latencies(result) -> None:
    teacher, student = result["teacher"], result["student"]
    for key, kind in (("p50", "latency_ms"), ("body_p50", "latency_body_ms")):
        ratio = teacher[kind]["p50"] / student[kind]["p50"]
        assert result["speedup"][key] == pytest.approx(ratio)


def test_a_number_carries_its_method(result) -> None:
    assert set(result["seconds"]) == set(STAGES)
    assert all(seconds >= 0 for seconds in result["seconds"].values())
    assert result["peak_rss_mb"] > 50
    environment = result["environment"]
    assert set(environment) >= {"cpu", "cores", "threads", "device", "versions"}
    assert {"torch", "onnxruntime", "numpy"} <= set(environment["versions"])
    protocol = " ".join(str(value) for value in result["protocol"].values())
    for word in ("not masked", "1 thread", "batch 1", "repeats", "warm-up"):
        assert word in protocol


def test_the_student_is_the_best_finalist_within_the_limit(result, folders) -> None:
    search = read_json(folders["search"] / "search.json")
    candidates = read_json(folders["search"] / "candidates.json")
    finalists = read_json(folders["search"] / "finalists.json")
    found = Genotype.from_json(read_json(folders["search"] / "genotype.json"))
    assert Genotype.from_json(result["student"]["genotype"]) == found
    assert len(finalists) == 3, "the two best predicted ones and a random one"
    assert [each["genotype"] for each in finalists] == [c["genotype"] for c in candidates[:3]]
    assert finalists[0]["genotype"] == candidates[0]["genotype"] == found.to_json()
    ndcg = [each["validation_ndcg@10"] for each in finalists]
    assert ndcg == sorted(ndcg, reverse=True)
    assert [each["epochs"] for each in finalists] == [1, 1, 1]
    assert all(candidate["cost"] <= search["target"]["limit"] for candidate in candidates)
    assert search["cost"] * 4 <= search["teacher_cost"]
    assert result["student"]["collapsed"] == found.is_collapsed
    assert result["student"]["receptive_field"] == found.receptive_field(2)


def test_the_front_holds_every_validated_cell_and_marks_what_none_beats(folders) -> None:
    search = read_json(folders["search"] / "search.json")
    front = read_json(folders["search"] / "front.json")
    costs = [point["cost"] for point in front]
    assert costs == sorted(costs)
    assert costs[-1] <= search["teacher_cost"]
    assert costs[-1] > search["target"]["limit"], "cells beyond the limit are predicted too"
    assert len(front) == search["validated_cells"] == len({str(p["genotype"]) for p in front})
    plane = [(point["cost"], point["predicted_ndcg@10"]) for point in front]
    assert [point["on_front"] for point in front] == on_front(plane)
    found = read_json(folders["search"] / "genotype.json")
    assert front[search["point"]]["genotype"] == found
    within = [point["genotype"] for point in front if point["within_limit"]]
    candidates = read_json(folders["search"] / "candidates.json")
    assert all(candidate["genotype"] in within for candidate in candidates)


def test_the_result_says_what_the_choice_of_one_cell_loses(result, folders) -> None:
    gap = result["discretisation_gap"]
    found = read_json(folders["search"] / "search.json")["discretisation_gap"]
    assert gap["users"] == result["scene"]["users"]
    assert gap["sampled_supernet"] == found["sampled_ndcg@10"]
    assert gap["chosen_on_supernet"] == found["chosen_ndcg@10"]
    trained = read_json(folders["student"] / "training.json")
    assert gap["derived_student"] == trained["validation_ndcg@10"]
    assert gap["gap"] == gap["sampled_supernet"] - gap["derived_student"]
    assert found["samples"] > 1


def test_stages_leave_what_the_pages_draw(folders) -> None:
    arrays = read_epoch_arrays(folders["search"])
    assert arrays.epochs.tolist() == [1, 2, 3]
    assert arrays.arrays["alphas"].shape == (3, 6, 8)
    assert arrays.arrays["op_shares"].shape == (3, 8)
    np.testing.assert_allclose(arrays.arrays["op_shares"].sum(1), 1.0, rtol=1e-5)
    assert arrays.arrays["decided_epoch"].tolist()[0] == [0] * 6, "alphas rest in the warm-up"
    assert set(arrays.arrays["decided_epoch"][-1].tolist()) <= {2, 3}
    assert arrays.arrays["mapping"].shape == (3, 2, 4)
    np.testing.assert_allclose(arrays.arrays["mapping"].sum((1, 2)), 1.0)
    assert read_epoch_arrays(folders["student"]).arrays["student_layer_weights"].shape[1:] == (2,)
    for role in ROLES:
        names = {path.name for path in folders[role].iterdir()}
        assert "stage.json" in names
        assert "checkpoint.safetensors" not in names
        assert not any(path.is_dir() for path in folders[role].iterdir())
    assert {"teacher.onnx", "student.onnx"} <= {p.name for p in folders["measure"].iterdir()}


def test_every_epoch_is_recorded(finished_run: FinishedRun) -> None:
    workspace = Workspace.open(finished_run.home)
    keys = {step["role"]: step["key"] for step in workspace.store.run(finished_run.run).steps}
    rows = workspace.store.metrics([keys["search"]])
    workspace.close()
    epochs = {name: {r.epoch for r in rows if r.name == name} for name in {r.name for r in rows}}
    for name in ("loss", "task_loss", "hidden_loss", "validation_ndcg@10", "expected_cost"):
        assert epochs[name] == {1, 2, 3}
    assert epochs["alpha_loss"] == epochs["efficiency_loss"] == {2, 3}
