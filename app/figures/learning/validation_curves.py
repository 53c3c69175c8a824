"""How the validation metric of teacher, supernet and student moves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import plotly.graph_objects as go

from adarec.catalog import baseline_title
from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure, show_epochs

Curve = tuple[Sequence[int], Sequence[float]]

# Model -> colour, line, marker. The supernet is the student with every op: the student's colour,
# open and dotted, as on the Trade-offs page.
_LOOK = {
    "Teacher": (colours.ROLE_COLOURS["teacher"], "dash", "square"),
    "Supernet": (colours.ROLE_COLOURS["student"], "dot", "circle-open"),
    "Student": (colours.ROLE_COLOURS["student"], "solid", "circle"),
}


@dataclass(frozen=True)
class ValidationCurvesInfo(ChartInfo):
    """Curves by model: title -> (epochs, NDCG@10), and the best count baseline on the same
    item."""

    curves: dict[str, Curve]
    baseline: tuple[str, float] | None
    title: str = "Validation NDCG@10"
    explanation: str = (
        "NDCG@10 of the last but one item of teacher's and student's users (a sample of 4,096 "
        "where a scene has more), and of the architecture slice's for the supernet, ranked among "
        "all items. It chooses the epoch that is kept; no loss sees this item. The dashed brown "
        "line is the best of the three count baselines, of all users."
    )

    def rows(self) -> Rows:
        """One row per model and epoch."""
        return [
            {"model": model, "epoch": epoch, "NDCG@10": value}
            for model, curve in self.curves.items()
            for epoch, value in zip(*curve, strict=True)
        ]


def validation_curves_info(
    curves: Mapping[str, Curve | None],
    *,
    baselines: Mapping[str, Mapping[str, float]] | None = None,
) -> ValidationCurvesInfo:
    """Keeps the models that recorded something; `baselines` maps a count baseline to its
    validation metrics."""
    best = None
    if baselines:
        name = max(baselines, key=lambda each: baselines[each]["ndcg@10"])
        best = (baseline_title(name), baselines[name]["ndcg@10"])
    found = ValidationCurvesInfo({model: curve for model, curve in curves.items() if curve}, best)
    if best is None:
        return found
    named = found.explanation.removesuffix(".") + f" ({best[0]}, {best[1]:.4f})."
    return replace(found, explanation=named)


def draw_validation_curves(info: ValidationCurvesInfo) -> go.Figure:
    """One line per model over its own epochs."""
    figure = new_figure(info, x="epoch", y="NDCG@10, validation item", legend_rows=2)
    last = max((epoch for epochs, _ in info.curves.values() for epoch in epochs), default=1)
    for model, (epochs, values) in info.curves.items():
        colour, dash, marker = _LOOK.get(model, (colours.NEUTRAL, "solid", "circle"))
        figure.add_scatter(
            x=list(epochs),
            y=list(values),
            name=model,
            mode="lines+markers",
            line={"color": colour, "dash": dash},
            marker={"size": 6, "symbol": marker},
            hovertemplate="epoch %{x}: %{y:.4f}<extra>" + model + "</extra>",
        )
    if info.baseline:
        name, value = info.baseline
        figure.add_scatter(
            x=[1, max(last, 2)],
            y=[value, value],
            name="Best count baseline",
            mode="lines",
            line={"color": colours.ROLE_COLOURS["baseline"], "dash": "dash", "width": 1.5},
            hovertemplate="%{y:.4f}<extra>counting: " + name + "</extra>",
        )
    figure.update_yaxes(rangemode="tozero")
    return show_epochs(figure, last)
