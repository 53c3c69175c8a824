"""Accuracy against cost over all runs: teachers, students, controls, and the count baselines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, log_ticks, new_figure
from app.figures.labels import baseline_title

# Name in the page's box -> how to read it from a model of a result.
COST_AXES: dict[str, tuple[str, ...]] = {
    "Latency p50 (ms)": ("latency_ms", "p50"),
    "Latency p95 (ms)": ("latency_ms", "p95"),
    "Latency p50 without scoring and top 10 (ms)": ("latency_body_ms", "p50"),
    "Multiply-adds of one request": ("macs",),
    "Parameters": ("params",),
    "Parameters without the item table": ("params_without_embeddings",),
}
METRIC_NAMES = ("ndcg@10", "hr@10", "mrr@10", "ndcg@5", "hr@5", "ndcg@20", "hr@20")
ACCURACY_AXES: dict[str, tuple[str, ...]] = {
    **{f"{name.upper()}": ("metrics", name) for name in METRIC_NAMES},
    **{
        f"{name.upper()}, consumed items masked": ("metrics_masked", name) for name in METRIC_NAMES
    },
}


_MOST_LABELS = 12  # students whose scene is written beside them


@dataclass(frozen=True)
class FrontierPoint:
    """One model of one run; `interval` bounds the accuracy where a bootstrap interval is known."""

    run: str
    scene: str
    role: str
    name: str
    cost: float | None
    accuracy: float
    interval: tuple[float, float] | None = None
    on_front: bool = False


@dataclass(frozen=True)
class FrontierInfo(ChartInfo):
    """All points, and the titles of both axes."""

    points: list[FrontierPoint]
    cost_axis: str
    accuracy_axis: str
    title: str
    explanation: str = (
        "Up and to the left is better. An arrow leads from a run's teacher to its student; the "
        "line joins what no other model of that scene beats in both. Count baselines need no "
        "model and stand at the left edge. Whiskers: 95 % bootstrap interval of the difference to "
        "the teacher."
    )

    def rows(self) -> Rows:
        """One row per model."""
        return [
            {
                "scene": point.scene,
                "run": point.run,
                "model": point.role,
                "name": point.name,
                self.cost_axis: point.cost,
                self.accuracy_axis: point.accuracy,
                "on the front": point.on_front,
            }
            for point in self.points
        ]


def frontier_info(
    results: Mapping[str, Mapping[str, Any]], *, cost_axis: str, accuracy_axis: str
) -> FrontierInfo:
    """Points of every result (run id -> the contract's Result) along two of the axes above."""
    cost_path, accuracy_path = COST_AXES[cost_axis], ACCURACY_AXES[accuracy_axis]
    points: list[FrontierPoint] = []
    seen = set()
    for run, result in results.items():
        for point in _points_of(run, result, cost_path, accuracy_path):
            # Runs of one scene and teacher share the teacher and the baselines: draw them once.
            same = (point.scene, point.role, point.name, point.cost, point.accuracy)
            if point.role == "baseline" and same in seen:
                continue
            seen.add(same)
            points.append(point)
    title = f"{accuracy_axis} against {cost_axis[0].lower()}{cost_axis[1:]}"
    return FrontierInfo(mark_front(points), cost_axis, accuracy_axis, title)


def mark_front(points: list[FrontierPoint]) -> list[FrontierPoint]:
    """Sets `on_front` where no model of the same scene is at least as cheap and more accurate, or
    cheaper and equal."""
    marked = []
    for point in points:
        beaten = point.cost is None or any(
            other.scene == point.scene
            and other.cost is not None
            and (
                (other.cost <= point.cost and other.accuracy > point.accuracy)
                or (other.cost < point.cost and other.accuracy >= point.accuracy)
            )
            for other in points
        )
        marked.append(replace(point, on_front=not beaten))
    return marked


def draw_frontier(info: FrontierInfo) -> go.Figure:
    """Markers by role, arrows teacher → student, one front a scene; the cost axis is
    logarithmic."""
    figure = new_figure(
        info,
        x=f"{info.cost_axis}, log scale",
        y=info.accuracy_axis,
        plot_height=440,
        legend_rows=1,
    )
    costs = [point.cost for point in info.points if point.cost]
    left_edge = min(costs, default=1.0) / 1.6
    _draw_arrows(figure, info.points)
    for scene in dict.fromkeys(point.scene for point in info.points):
        front = sorted(
            (point for point in info.points if point.on_front and point.scene == scene),
            key=lambda point: point.cost or 0.0,
        )
        figure.add_scatter(
            x=[point.cost for point in front],
            y=[point.accuracy for point in front],
            mode="lines",
            line={"color": colours.NEUTRAL, "width": 1, "dash": "dot"},
            hoverinfo="skip",
            name="Pareto front",
            legendgroup="front",
            showlegend=not any(trace.name == "Pareto front" for trace in figure.data),
        )
    for role in ("baseline", "control", "teacher", "student"):
        _draw_role(figure, [point for point in info.points if point.role == role], role, left_edge)
    figure.update_xaxes(type="log", tickvals=log_ticks(costs))
    # Counts read as 2M; times must not read as 200m.
    figure.update_xaxes(tickformat="~g" if "(ms)" in info.cost_axis else "~s")
    return figure


def _points_of(
    run: str, result: Mapping[str, Any], cost_path: tuple[str, ...], accuracy_path: tuple[str, ...]
) -> Iterator[FrontierPoint]:
    scene = str(result["scene"]["name"])

    def point(role: str, model: Mapping[str, Any]) -> FrontierPoint:
        accuracy = float(_at(model, accuracy_path))
        return FrontierPoint(run, scene, role, str(model["name"]), _at(model, cost_path), accuracy)

    teacher, student = point("teacher", result["teacher"]), point("student", result["student"])
    yield teacher
    if accuracy_path == ("metrics", "ndcg@10"):
        difference = result["difference"]["ndcg@10"]
        bounds = [teacher.accuracy + difference[end] for end in ("low", "high")]
        student = replace(student, interval=(bounds[0], bounds[1]))
    yield student
    for control in result.get("controls") or []:
        yield point("control", control)
    if accuracy_path[0] == "metrics":
        for name, metrics in result["baselines"].items():
            value = float(metrics[accuracy_path[1]])
            yield FrontierPoint("", scene, "baseline", baseline_title(name), None, value)


def _draw_arrows(figure: go.Figure, points: list[FrontierPoint]) -> None:
    pairs: dict[str, dict[str, FrontierPoint]] = {}
    for point in points:
        pairs.setdefault(point.run, {})[point.role] = point
    x: list[float | None] = []
    y: list[float | None] = []
    for pair in pairs.values():
        if "teacher" in pair and "student" in pair:
            x += [pair["teacher"].cost, pair["student"].cost, None]
            y += [pair["teacher"].accuracy, pair["student"].accuracy, None]
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines+markers",
        line={"color": colours.faded(colours.NEUTRAL, 0.7), "width": 1.5},
        marker={
            "symbol": "arrow",
            "angleref": "previous",
            "size": [0, 11, 0] * (len(x) // 3),
            "standoff": [0, 7, 0] * (len(x) // 3),
            "color": colours.NEUTRAL,
            "opacity": 1,
        },
        hoverinfo="skip",
        showlegend=False,
    )


def _draw_role(
    figure: go.Figure, points: list[FrontierPoint], role: str, left_edge: float
) -> None:
    if not points:
        return
    bounds = [point.interval or (point.accuracy, point.accuracy) for point in points]
    figure.add_scatter(
        x=[left_edge if point.cost is None else point.cost for point in points],
        y=[point.accuracy for point in points],
        mode="markers+text" if role == "student" else "markers",
        name={"baseline": "count baseline"}.get(role, role),
        text=[point.scene if len(points) <= _MOST_LABELS else "" for point in points],
        textposition="top center",
        textfont={"size": 11},
        customdata=[[point.run, point.name, point.scene] for point in points],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [high - p.accuracy for (_, high), p in zip(bounds, points, strict=True)],
            "arrayminus": [p.accuracy - low for (low, _), p in zip(bounds, points, strict=True)],
            "thickness": 1,
            "width": 3,
            "visible": any(point.interval for point in points),
        },
        marker={
            "symbol": colours.ROLE_MARKERS[role],
            "color": colours.ROLE_COLOURS[role],
            "size": 12 if role == "student" else 9,
            "line": {"width": 1, "color": colours.GRID},
        },
        hovertemplate=(
            "%{customdata[2]}: "
            + role
            + " %{customdata[1]}<br>%{y:.4f} at %{x:.4g}<br>%{customdata[0]}<extra></extra>"
        ),
    )


def _at(model: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = model
    for name in path:
        value = value[name]
    return value
