"""Every number of a result with the method that it was obtained by."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adarec.catalog import baseline_title
from app.report.html import table

# What each group of metrics was ranked against: key in the model -> (words, key in the protocol).
_RANKINGS = {
    "metrics": ("", "ranking"),
    "metrics_masked": (", consumed masked", "masked"),
    "metrics_sampled_100": (", 100 sampled", "sampled_100"),
    "metrics_without_pseudo": (", histories without pseudo-priors", "ranking"),
}
_SAMPLED = "metrics_sampled_100"
_SAMPLED_ITEMS = 100
_TIMES = {
    "latency_ms": ("Latency", "latency", ""),
    "latency_body_ms": ("Latency of the body", "latency", "; without scoring and top 10"),
    "latency_eager_ms": ("Latency under torch", "", "eager, the same history, batch 1"),
}
_COUNTS = {
    "params": ("Parameters", "counted, item table included"),
    "params_without_embeddings": ("Parameters without the item table", "counted"),
    "macs": ("Multiply-adds", "counted for one request, scoring included"),
}


def numbers_table(result: Mapping[str, Any]) -> str:
    """A row a number: how it was obtained, then every model's value."""
    models = {"teacher: " + str(result["teacher"]["name"]): result["teacher"]}
    models["student"] = result["student"]
    models |= {  # of an adaptation
        title: result[role]
        for role, title in (("source_only", "student of the source"), ("oracle", "oracle"))
        if role in result
    }
    # What counting reaches stands beside the two, not behind a dozen controls.
    models |= {
        f"counting: {baseline_title(name)}": {"metrics": metrics, **metrics}
        for name, metrics in result["baselines"].items()
    }
    if "student_beside_controls" in result:
        models["student, timed beside the controls"] = result["student_beside_controls"]
    models |= {f"control: {control['name']}": control for control in result.get("controls") or []}
    rows = [
        (label, method, *(_value(model, path, form) for model in models.values()))
        for label, method, path, form in _quantities(result)
    ]
    return table(("number", "method", *models), rows, first_number=2)


def _quantities(result: Mapping[str, Any]) -> Iterable[tuple[str, str, tuple[str, ...], str]]:
    """(label, method, where in a model, format) of every number that the student has."""
    protocol, student = result.get("protocol") or {}, result["student"]
    for group, (words, method) in _RANKINGS.items():
        how = protocol.get(method, "")
        if group == _SAMPLED:
            how += _repeats(result["scene"]["items"])
        for metric in student.get(group) or {}:
            yield f"{metric.upper()}{words}", how, (group, metric), ".4f"
    for group, (label, method, more) in _TIMES.items():
        for quantile in student.get(group) or {}:
            how = f"{protocol.get(method, '')}{more}"
            yield f"{label}, {quantile} (ms)", how, (group, quantile), ".4g"
    for name, (label, method) in _COUNTS.items():
        if name in student:
            yield label, method, (name,), ",d"


def _repeats(num_items: int) -> str:
    """What a sample of a small catalogue is: drawn with replacement, it holds items twice."""
    others = num_items - 1
    if others >= _SAMPLED_ITEMS:
        return ""
    return (
        f"; drawn with replacement from only {others} others, so harder than the full ranking and "
        "not comparable with published figures"
    )


def _value(model: Mapping[str, Any], path: Sequence[str], form: str) -> str:
    value: Any = model
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return "–" if value is None else format(value, form)
