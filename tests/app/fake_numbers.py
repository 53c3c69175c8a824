"""Numbers of a run that never happened: plausible, cheap, and by the names that real steps use."""

import random
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from adarec import catalog
from adarec.config import preset_settings
from adarec.genotype import Genotype, cell_edges

NUM_ITEMS = 40
NUM_NODES, NUM_CELLS, NUM_STUDENT_LAYERS, NUM_TEACHER_LAYERS = 3, 2, 2, 4


def run_settings(seed: int, *, mapping: str = "emd") -> dict[str, Any]:
    """Settings as the plan stores them."""
    settings = preset_settings("quick", overrides={"seed": seed, "losses.mapping": mapping})
    return settings.model_dump(mode="json")


def write_model(path: Path, *, seed: int) -> None:
    """A graph with the contract's inputs and outputs that answers every history alike."""
    scores = np.random.default_rng(seed).random((1, NUM_ITEMS)).astype(np.float32)
    constants = {
        "table": scores,
        "ten": np.array([10], dtype=np.int64),
        "one": np.array([1], dtype=np.int64),
    }
    nodes = [
        helper.make_node("Identity", ["table"], ["scores"]),
        helper.make_node("TopK", ["scores", "ten"], ["top_scores", "places"]),
        helper.make_node("Add", ["places", "one"], ["top_items"]),
    ]
    kinds = {
        "scores": TensorProto.FLOAT,
        "top_scores": TensorProto.FLOAT,
        "top_items": TensorProto.INT64,
    }
    sizes = {"scores": NUM_ITEMS, "top_scores": 10, "top_items": 10}
    graph = helper.make_graph(
        nodes,
        "fake",
        [helper.make_tensor_value_info("history", TensorProto.INT64, [1, 24])],
        [helper.make_tensor_value_info(name, kinds[name], [1, sizes[name]]) for name in kinds],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())


def write_fake_uncertainty(folder: Path) -> None:
    """What a teacher of Gaussians leaves; its state's variance is the number of the history's
    items."""
    nodes = [
        helper.make_node("Sign", ["history"], ["signs"]),
        helper.make_node("Cast", ["signs"], ["ones"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["ones", "axis"], ["total_variance"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "fake",
        [helper.make_tensor_value_info("history", TensorProto.INT64, [1, 24])],
        [helper.make_tensor_value_info("total_variance", TensorProto.FLOAT, [1])],
        [numpy_helper.from_array(np.array([1], dtype=np.int64), "axis")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    (folder / "uncertainty.onnx").write_bytes(model.SerializeToString())
    variances = np.linspace(3.0, 9.0, NUM_ITEMS, dtype=np.float32)
    np.savez(
        folder / "uncertainty.npz",
        allow_pickle=False,
        total_variance=variances,
        rank_correlation=-0.2,
        users=900,
    )


def fake_metrics(role: str, epoch: int) -> dict[str, float]:
    """Metrics of one epoch of one step, by the names that the real steps use."""
    falling = 4.0 / epoch
    validation = {
        "validation_ndcg@10": 0.06 - 0.04 / epoch,
        "validation_hr@10": 0.11 - 0.06 / epoch,
    }
    distilled = {
        "loss": 2 * falling,
        "task_loss": falling,
        "embedding_loss": 0.1 * falling,
        "hidden_loss": 0.3 * falling,
        "logit_loss": 0.2 * falling,
    }
    if role == "teacher":
        return {"task_loss": falling, **validation}
    if role == "student":
        return {**distilled, **validation}
    if role == "aggregation":
        parts = {"learnability_loss": 0.3 * falling, "expressivity_loss": falling}
        return {"loss": 2 * falling, "task_loss": falling, "alpha_loss": falling, **parts}
    if role == "search":
        return {
            **distilled,
            **validation,
            "efficiency_loss": 0.4,
            "alpha_loss": falling,
            "gumbel_temperature": 1 / epoch,
            "expected_cost": 0.4 - 0.02 * epoch,
            "expected_speedup": 3 + 0.5 * epoch,
            "alpha_entropy": 2.0 - 0.2 * epoch,
        }
    return {}


def fake_arrays(
    role: str, epoch: int, epochs: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Arrays of one epoch of `search`, `aggregation` or `student`."""
    if role not in ("search", "aggregation", "student"):
        return {}
    shape = (NUM_STUDENT_LAYERS, NUM_TEACHER_LAYERS)
    mapping = rng.dirichlet(np.ones(shape[0] * shape[1])).reshape(shape)
    found = {
        "mapping": mapping,
        "distance": rng.uniform(0.3, 1.5, shape),
        "student_layer_weights": mapping.sum(axis=1),
        "teacher_layer_weights": mapping.sum(axis=0),
    }
    if role == "search":
        target = np.random.default_rng(7).normal(
            size=(len(cell_edges(NUM_NODES)), len(catalog.OPS))
        )
        alphas = 2.5 * target * epoch / epochs
        weights = np.exp(alphas) / np.exp(alphas).sum(axis=1, keepdims=True)
        found |= {"alphas": alphas, "op_weights": weights, "op_shares": weights.mean(axis=0)}
    return found


def fake_genotype(seed: int) -> Genotype:
    """A cell that is not collapsed and has one edge of zero."""
    chooser = random.Random(seed)
    ops = [chooser.choice(catalog.OP_NAMES[:7]) for _ in cell_edges(NUM_NODES)]
    return Genotype(NUM_NODES, ("conv3", *ops[1:-1], "zero"))


def fake_candidates(seed: int) -> list[dict[str, Any]]:
    """Three cells that a search compared: a cheap one, one that is beaten, a better one."""
    return [
        {
            "genotype": fake_genotype(seed + place).to_json(),
            "cost": cost,
            "predicted_ndcg@10": ndcg,
            "within_limit": True,
        }
        for place, (cost, ndcg) in enumerate([(0.2, 0.05), (0.25, 0.04), (0.3, 0.06)])
    ]


def fake_front(seed: int) -> list[dict[str, Any]]:
    """Every cell that a search validated, cheapest first: those of `fake_candidates`, and a dearer
    one beyond the limit."""
    dear = {
        "genotype": fake_genotype(seed + 3).to_json(),
        "cost": 0.5,
        "predicted_ndcg@10": 0.07,
        "within_limit": False,
    }
    marks = (True, False, True, True)
    cells = [*fake_candidates(seed), dear]
    return [cell | {"on_front": mark} for cell, mark in zip(cells, marks, strict=True)]


def fake_model(name: str, *, ndcg: float, p50: float, params: int) -> dict[str, Any]:
    """The contract's M."""
    metrics = {
        f"{metric}@{k}": ndcg * (k / 10) ** 0.5 for metric in ("hr", "ndcg") for k in (5, 10, 20)
    }
    metrics["mrr@10"] = ndcg * 0.8
    times = {"p50": p50, "p95": 1.3 * p50}
    return {
        "name": name,
        "params": params,
        "params_without_embeddings": params // 3,
        "macs": params * 20,
        "latency_ms": times,
        "latency_body_ms": {key: 0.8 * value for key, value in times.items()},
        "latency_eager_ms": {key: 4 * value for key, value in times.items()},
        "metrics": metrics,
        "metrics_masked": {key: 1.1 * value for key, value in metrics.items()},
    }


def fake_metrics_by_length() -> list[dict[str, Any]]:
    """Two buckets of history lengths, the shorter one harder."""
    return [
        {
            "from": low,
            "to": high,
            "users": users,
            "teacher": fake_model("", ndcg=ndcg, p50=1, params=3)["metrics"],
            "student": fake_model("", ndcg=0.9 * ndcg, p50=1, params=3)["metrics"],
            "baselines": {
                name: fake_model("", ndcg=share * ndcg, p50=1, params=3)["metrics"]
                for name, share in (("popularity", 0.5), ("last_item_transitions", 0.8))
            },
        }
        for low, high, users, ndcg in ((1, 3, 20, 0.04), (20, None, 40, 0.07))
    ]


def fake_result(run: str, scene: str, seed: int) -> dict[str, Any]:
    """The contract's Result."""
    genotype = fake_genotype(seed)
    student = fake_model(
        "student", ndcg=0.055 + 0.001 * (seed % 4), p50=0.25 + 0.02 * (seed % 5), params=120_000
    )
    student |= {
        "genotype": genotype.to_json(),
        "collapsed": genotype.is_collapsed,
        "receptive_field": genotype.receptive_field(NUM_CELLS),
    }
    teacher = fake_model("nextitnet", ndcg=0.058, p50=1.9, params=900_000)
    baselines = {
        name: fake_model(name, ndcg=value, p50=1, params=3)["metrics"]
        for name, value in (
            ("popularity", 0.022),
            ("own_frequency", 0.01),
            ("last_item_transitions", 0.05),
        )
    }
    return {
        "run": run,
        "scene": {
            "name": scene,
            "users": 60,
            "items": 40,
            "interactions": 900,
            "sequence_length": 24,
        },
        "settings": run_settings(seed),
        "seed": seed,
        "teacher": teacher,
        "student": student,
        "baselines": baselines,
        "speedup": {"p50": 7.1, "body_p50": 8.3},
        "difference": {"ndcg@10": {"mean": -0.002, "low": -0.005, "high": 0.001}},
        "controls": [
            fake_model("random-1", ndcg=0.049, p50=0.26, params=119_000),
            # A student that was made by hand is no cell.
            fake_model("gru", ndcg=0.047, p50=0.29, params=121_000) | {"genotype": None},
        ],
        "target": {"of": "request", "speedup": 5.0, "limit": 0.33, "unit": "ms"},
        "metrics_by_length": fake_metrics_by_length(),
        "verdict": "non-inferior to the teacher and 7.1x faster",
        "seconds": {"train_teacher": 60.0, "search_student": 90.0},
        "peak_rss_mb": 800.0,
        "environment": {"cpu": "a test"},
        "protocol": {"ranking": "full, unmasked", "latency": "onnxruntime, batch 1, one thread"},
    }


def fake_adaptation(result: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """What the Result of an adaptation has besides."""
    student = result["student"]["metrics"]["ndcg@10"]
    found: dict[str, Any] = {"settings": settings}
    for role, ndcg in (("source_only", student - 0.01), ("oracle", student + 0.02)):
        mean = student - ndcg
        interval = {"mean": mean, "low": mean - 0.004, "high": mean + 0.003}
        found[role] = fake_model(role, ndcg=ndcg, p50=0.3, params=120_000)
        found[role]["difference"] = {"ndcg@10": interval}
    found["adaptation"] = {
        **{name: settings["adaptation"][name] for name in ("source", "target", "paradigm")},
        "shared_items": 30,
        "source_items": 50,
        "target_items": 40,
        "shared_item_share": 0.75,
        "learnable_event_share": 0.9,
        "unlearnable_test_share": 0.05,
    }
    return found
