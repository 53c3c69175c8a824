"""The accuracy-cost plane as a figure."""

import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import log_ticks, new_figure
from app.figures.results.frontier.point import FrontierPoint, PredictedCell
from app.figures.results.frontier.points import FrontierInfo

PREDICTED = "predicted"  # the last entry of a predicted cell's customdata
_MOST_LABELS = 12  # students whose scene is written beside them


def draw_frontier(info: FrontierInfo) -> go.Figure:
    """Markers by role, arrows teacher → student, one front a scene; the cost axis is
    logarithmic."""
    figure = new_figure(
        info,
        x=f"{info.cost_axis}, log scale",
        y=info.accuracy_axis,
        plot_height=440,
        legend_rows=2,
    )
    costs = [point.cost for point in info.points if point.cost]
    costs += [cell.cost for cell in info.predicted]
    left_edge = min(costs, default=1.0) / 1.6
    _draw_predicted(figure, info.predicted)
    if not info.is_crowded:
        _draw_arrows(figure, info.points)
        _draw_fronts(figure, info.points)
    _draw_rings(figure, info.fastest)
    for role in ("baseline", "control", "teacher", "student"):
        of_role = [point for point in info.points if point.role == role]
        _draw_role(
            figure,
            of_role,
            role,
            left_edge,
            axes=(info.cost_axis, info.accuracy_axis),
            with_intervals=not info.is_crowded,
        )
    if info.frame is not None:
        figure.update_yaxes(range=info.frame)
    figure.update_xaxes(type="log", tickvals=log_ticks(costs))
    # Counts read as 2M; times must not read as 200m.
    figure.update_xaxes(tickformat="~g" if "(ms)" in info.cost_axis else "~s")
    return figure


def _draw_fronts(figure: go.Figure, points: list[FrontierPoint]) -> None:
    """The front of every scene, all in one trace with gaps between them."""
    front = [point for point in points if point.on_front]
    x: list[float | None] = []
    y: list[float | None] = []
    for scene in dict.fromkeys(point.scene for point in front):
        of_scene = [point for point in front if point.scene == scene]
        for point in sorted(of_scene, key=lambda point: point.cost or 0.0):
            x.append(point.cost)
            y.append(point.accuracy)
        x.append(None)
        y.append(None)
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": colours.NEUTRAL, "width": 1, "dash": "dot"},
        hoverinfo="skip",
        name="Pareto front",
    )


def _draw_predicted(figure: go.Figure, cells: list[PredictedCell]) -> None:
    if not cells:
        return
    front = sorted((cell for cell in cells if cell.on_front), key=lambda cell: cell.cost)
    figure.add_scatter(
        x=[cell.cost for cell in front],
        y=[cell.accuracy for cell in front],
        mode="lines",
        line={"color": colours.faded(colours.ROLE_COLOURS["student"], 0.6), "shape": "hv"},
        name="predicted front",
        hoverinfo="skip",
    )
    for is_front, name, opacity in ((False, "predicted cell", 0.6), (True, "on its front", 0.8)):
        drawn = [cell for cell in cells if cell.on_front == is_front]
        figure.add_scatter(
            x=[cell.cost for cell in drawn],
            y=[cell.accuracy for cell in drawn],
            mode="markers",
            marker={
                "symbol": "circle-open",
                "size": 8 if is_front else 5,
                "color": colours.faded(colours.ROLE_COLOURS["student"], opacity),
            },
            name=name,
            customdata=[[cell.run, cell.ops, cell.point, PREDICTED] for cell in drawn],
            # A clicked cell can be distilled; the others stay as they are.
            unselected={"marker": {"opacity": 1}},
            hovertemplate="%{customdata[1]}<br>predicted %{y:.4f} at %{x:.4g}<extra></extra>",
        )


def _draw_rings(figure: go.Figure, fastest: list[FrontierPoint]) -> None:
    if not fastest:
        return
    figure.add_scatter(
        x=[point.cost for point in fastest],
        y=[point.accuracy for point in fastest],
        mode="markers",
        marker={
            "symbol": "circle-open",
            "size": 22,
            "color": colours.MARK,
            "line": {"width": 2.5},
        },
        name="fastest that qualifies",
        hoverinfo="skip",
    )


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
    figure: go.Figure,
    points: list[FrontierPoint],
    role: str,
    left_edge: float,
    *,
    axes: tuple[str, str],
    with_intervals: bool,
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
        textposition="top right",  # a whisker runs above, an arrow beside it
        textfont={"size": 11},
        customdata=[_hover(point) for point in points],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [high - p.accuracy for (_, high), p in zip(bounds, points, strict=True)],
            "arrayminus": [p.accuracy - low for (low, _), p in zip(bounds, points, strict=True)],
            "thickness": 1,
            "width": 3,
            "visible": with_intervals and any(point.interval for point in points),
        },
        marker={
            "symbol": colours.ROLE_MARKERS[role],
            "color": colours.ROLE_COLOURS[role],
            "size": (12 if role == "student" else 9) if with_intervals else 7,
            "line": {"width": 1, "color": colours.GRID},
        },
        # A clicked point opens its run; the others stay as they are.
        unselected={"marker": {"opacity": 1}},
        hovertemplate="<br>".join(_hover_lines(role, axes)) + "<extra></extra>",
    )


def _hover(point: FrontierPoint) -> list[str]:
    """What the hover text needs, the run first; the last one is never that of a predicted cell."""
    name = "" if point.name == point.role else f" {point.name}"
    interval = ""
    if point.interval:
        low, high = point.interval
        interval = f" (95 % interval {low:.4g} to {high:.4g})"
    return [point.run, name, point.title, interval, point.scene]


def _hover_lines(role: str, axes: tuple[str, str]) -> list[str]:
    """Whose point it is, its accuracy and its cost with their names, and the run."""
    cost, accuracy = axes
    lines = [
        "%{customdata[4]}: " + role + "%{customdata[1]}",
        accuracy + " %{y:.4g}%{customdata[3]}",
    ]
    if role == "baseline":  # it stands at the edge, not at a cost
        return lines
    return [*lines, cost + " %{x:.4g}", "run %{customdata[2]}"]
