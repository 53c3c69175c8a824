"""The axes of the accuracy-cost plane, and how to read a model's place along one."""

import math
from collections.abc import Mapping
from typing import Any

# The last part of a path: in percent of the value of the run's teacher. So scenes can be looked at
# together whose metrics are of quite different sizes.
OF_TEACHER = "% of teacher"
IN_PERCENT = f"({OF_TEACHER})"  # how the name of an axis ends that is read so
# Name in the page's box -> how to read it from a model of a result.
COST_AXES: dict[str, tuple[str, ...]] = {
    "Latency p50 (ms)": ("latency_ms", "p50"),
    "Latency p95 (ms)": ("latency_ms", "p95"),
    "Latency p50 without scoring and top 10 (ms)": ("latency_body_ms", "p50"),
    "Latency p50 (% of teacher)": ("latency_ms", "p50", OF_TEACHER),
    "Multiply-adds of one request": ("macs",),
    "Parameters": ("params",),
    "Parameters without the item table": ("params_without_embeddings",),
}
METRIC_NAMES = ("ndcg@10", "hr@10", "mrr@10", "ndcg@5", "hr@5", "ndcg@20", "hr@20")
ACCURACY_AXES: dict[str, tuple[str, ...]] = {
    **{f"{name.upper()}": ("metrics", name) for name in METRIC_NAMES},
    "NDCG@10 (% of teacher)": ("metrics", "ndcg@10", OF_TEACHER),
    **{
        f"{name.upper()}, consumed items masked": ("metrics_masked", name) for name in METRIC_NAMES
    },
}


def scaled(path: tuple[str, ...], teacher: Mapping[str, Any]) -> tuple[tuple[str, ...], float]:
    """The path to the value itself, and what to multiply it with."""
    if path[-1] != OF_TEACHER:
        return path, 1
    value = float(value_at(teacher, path[:-1]))
    return path[:-1], 100 / value if value else math.nan


def value_at(model: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """What a model of a result holds at `path`."""
    value: Any = model
    for name in path:
        value = value[name]
    return value


def count_values(
    baselines: Mapping[str, Mapping[str, Any]], path: tuple[str, ...]
) -> dict[str, float]:
    """The accuracy of each count baseline at `path`; of older results only the unmasked one is
    known."""
    group, metric = path
    found = {}
    for name, metrics in baselines.items():
        values = metrics if group == "metrics" else metrics.get(group) or {}
        if metric in values:
            found[name] = float(values[metric])
    return found
