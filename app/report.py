"""A run as one HTML file that opens anywhere without a network: its numbers with the method of
each, its pictures, its settings and the command that repeats it."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from adarec.errors import RunError
from adarec.runs.records import RunRecord
from app import gateway
from app.figures.chart import ChartInfo
from app.figures.labels import baseline_title
from app.gateway.settings import flat
from app.panels import run_pictures
from app.panels.run_pictures import Picture

_STYLE = Path(__file__).parent / "static" / "report.css"
_NUMBER = ' class="number"'
_CONFIG = {"displaylogo": False, "responsive": True}
# The browser itself then refuses to load anything, whatever a text in the report says.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
<script>{plotly}</script>
</head>
<body>
{body}
</body>
</html>
"""
# What each group of metrics was ranked against: key in the model -> (words, key in the protocol).
_RANKINGS = {
    "metrics": ("", "ranking"),
    "metrics_masked": (", consumed masked", "masked"),
    "metrics_sampled_100": (", 100 sampled", "sampled_100"),
}
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


def run_report(run: RunRecord) -> str:
    """The report of a finished run as HTML.

    Raises:
        RunError: The run has no result yet.
    """
    if run.result is None:
        raise RunError(f"{run.run} has not finished. Its report can be written afterwards.")
    result = run.result
    title = f"{run.scene}: run {run.run}"
    sections = (
        f"<h1>{escape(title)}</h1>",
        f'<p class="about">{escape(_about(run))}</p>',
        f'<p class="verdict"><b>Verdict.</b> {escape(str(result["verdict"]))}</p>',
        _section("What was found", _table(("what", "value"), _facts(result))),
        _section("Every number and its method", _numbers(result)),
        _section("The cell and how it formed", *_figures(_cell_pictures(run))),
        _section("Learning", *_figures(_learning_pictures(run))),
        _section("Repeat it", f"<pre>{escape(gateway.repeat_command(run))}</pre>"),
        _section("Settings", _table(("setting", "value"), flat(run.settings).items())),
        _section("Where and how long", _table(("what", "value"), _circumstances(result))),
    )
    return _PAGE.format(
        policy=_POLICY,
        title=escape(title),
        style=_STYLE.read_text(encoding="utf-8"),
        plotly=get_plotlyjs(),
        body="\n".join(sections),
    )


def _about(run: RunRecord) -> str:
    scene = (run.result or {})["scene"]
    return (
        f"Distilled from {run.teacher}, preset {run.preset}, mapping {run.mapping}, seed "
        f"{run.seed}. {scene['users']:,} users, {scene['items']:,} items, "
        f"{scene['interactions']:,} interactions; models read the newest "
        f"{scene['sequence_length']} items. Written by AdaRec Studio."
    )


def _facts(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    difference, speedup = result["difference"]["ndcg@10"], result["speedup"]
    student = result["student"]
    return [
        (
            "NDCG@10, student minus teacher",
            f"{difference['mean']:+.4f}, 95 % paired bootstrap interval over users "
            f"{difference['low']:+.4f} to {difference['high']:+.4f}",
        ),
        (
            "Speed-up",
            f"{speedup['p50']:.1f}× per request, {speedup['body_p50']:.1f}× without scoring and "
            "top 10 (medians)",
        ),
        ("Receptive field", f"{student['receptive_field']} items"),
        ("Collapsed", "yes: no edge with parameters" if student["collapsed"] else "no"),
    ]


def _circumstances(result: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    yield from flat(result["environment"]).items()
    yield "peak memory (MB)", f"{result['peak_rss_mb']:.0f}"
    for stage, seconds in result["seconds"].items():
        yield f"{stage} (s)", f"{seconds:.1f}"


def _numbers(result: Mapping[str, Any]) -> str:
    """A row a number: how it was obtained, then every model's value."""
    models = {"teacher: " + str(result["teacher"]["name"]): result["teacher"]}
    models["student"] = result["student"]
    models |= {f"control: {control['name']}": control for control in result.get("controls") or []}
    models |= {
        f"counting: {baseline_title(name)}": {"metrics": metrics}
        for name, metrics in result["baselines"].items()
    }
    rows = [
        (label, method, *(_value(model, path, form) for model in models.values()))
        for label, method, path, form in _quantities(result)
    ]
    return _table(("number", "method", *models), rows, first_number=2)


def _quantities(result: Mapping[str, Any]) -> Iterable[tuple[str, str, tuple[str, ...], str]]:
    """(label, method, where in a model, format) of every number that the student has."""
    protocol, student = result.get("protocol") or {}, result["student"]
    for group, (words, method) in _RANKINGS.items():
        for metric in student.get(group) or {}:
            yield f"{metric.upper()}{words}", protocol.get(method, ""), (group, metric), ".4f"
    for group, (label, method, more) in _TIMES.items():
        for quantile in student.get(group) or {}:
            how = f"{protocol.get(method, '')}{more}"
            yield f"{label}, {quantile} (ms)", how, (group, quantile), ".4g"
    for name, (label, method) in _COUNTS.items():
        if name in student:
            yield label, method, (name,), ",d"


def _value(model: Mapping[str, Any], path: Sequence[str], form: str) -> str:
    value: Any = model
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return "–" if value is None else format(value, form)


def _cell_pictures(run: RunRecord) -> list[Picture | None]:
    return [
        run_pictures.cell_picture(run),
        run_pictures.op_weights_picture(run),
        run_pictures.op_curves_picture(run),
    ]


def _learning_pictures(run: RunRecord) -> list[Picture | None]:
    recorded = run_pictures.recorded_curves(run)
    return [
        run_pictures.mapping_picture(run),
        run_pictures.validation_picture(run, recorded),
        run_pictures.losses_picture(run, recorded),
        run_pictures.cost_picture(run, recorded),
    ]


def _figures(pictures: Iterable[Picture | None]) -> list[str]:
    found = [picture for picture in pictures if picture is not None]
    return [_figure(*picture) for picture in found] or ["<p>Nothing was recorded.</p>"]


def _figure(info: ChartInfo, figure: go.Figure) -> str:
    """The interactive drawing, its sentence, and its numbers folded away."""
    figure.update_layout(template="plotly_white", font={"family": "system-ui, sans-serif"})
    drawing = figure.to_html(full_html=False, include_plotlyjs=False, config=_CONFIG)
    rows = info.rows()
    columns = list(rows[0]) if rows else []
    numbers = _table(columns, ([row.get(name) for name in columns] for row in rows))
    return (
        f"<figure>{drawing}<figcaption>{escape(info.explanation)}</figcaption>"
        f"<details><summary>Numbers as a table</summary>{numbers}</details></figure>"
    )


def _section(title: str, *parts: str) -> str:
    return f"<h2>{escape(title)}</h2>\n" + "\n".join(parts)


def _table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, first_number: int | None = None
) -> str:
    """An HTML table; columns from `first_number` on are aligned as numbers."""

    def cells(tag: str, values: Sequence[Any]) -> str:
        number = len(values) if first_number is None else first_number
        return "".join(
            f"<{tag}{_NUMBER if place >= number else ''}>{escape(_words(value))}</{tag}>"
            for place, value in enumerate(values)
        )

    lines = [f"<tr>{cells('td', list(row))}</tr>" for row in rows]
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{cells("th", columns)}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _words(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
