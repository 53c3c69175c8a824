"""The columns that lists of runs show, taken from a run's settings and result."""

from collections.abc import Mapping
from typing import Any


def settings_columns(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the summary columns that are known when a run is created."""
    return {
        "preset": _at(settings, "preset"),
        "teacher": _at(settings, "teacher", "name"),
        "mapping": _at(settings, "losses", "mapping"),
    }


def result_columns(result: Mapping[str, Any] | None) -> dict[str, Any]:
    """Values of the summary columns that a result brings; None where it says nothing."""
    found: dict[str, Any] = {}
    for role in ("teacher", "student"):
        found[f"{role}_ndcg_at_10"] = _at(result, role, "metrics", "ndcg@10")
        found[f"{role}_latency_p50_ms"] = _at(result, role, "latency_ms", "p50")
        found[f"{role}_params"] = _at(result, role, "params")
    found["speedup_p50"] = _at(result, "speedup", "p50")
    found["speedup_body_p50"] = _at(result, "speedup", "body_p50")
    found["verdict"] = _at(result, "verdict")
    return found


def _at(data: Any, *path: str) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, Mapping) else None
    return data
