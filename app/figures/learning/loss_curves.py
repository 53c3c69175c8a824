"""The parts of the loss, epoch by epoch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, log_ticks, new_figure, show_epochs

Curve = tuple[Sequence[int], Sequence[float]]

LOSS_TITLES = {
    "loss": "Sum",
    "task_loss": "Task",
    "masked_loss": "Masked items",
    "embedding_loss": "Embedding",
    "hidden_loss": "Hidden layers",
    "logit_loss": "Logits",
    "pseudo_loss": "Pseudo-labels",
    "efficiency_loss": "Efficiency",
    "alpha_loss": "Architecture slice",
    "learnability_loss": "Matching",
    "expressivity_loss": "Predicting",
}

# Losses on the target of an adaptation: the same colours and shapes, dashed and hollow.
_ON_TARGET = "target_"
_OF_DISTILLATION = (
    "Mean of each loss over an epoch. Task: next item against the whole catalogue. Masked "
    "items: the same for items that were hidden. Embedding, hidden layers and logits: "
    "distance to the teacher, dashed on the target of an adaptation. Pseudo-labels: the "
    "teacher's surest answers there. Efficiency: expected cost of the sampled cells."
)
_OF_AGGREGATION = (
    "Mean of each loss over an epoch. Task: next item against the whole catalogue. Matching: "
    "distance of a student layer to its sum of teacher layers. Predicting: the task where that "
    "sum takes the student layer's place. Architecture slice: these two together on the users "
    "from whom the weights of the sum are learned."
)


@dataclass(frozen=True)
class LossCurvesInfo(ChartInfo):
    """Curves of the losses that were recorded: name -> (epochs, values)."""

    curves: dict[str, Curve]
    title: str
    explanation: str

    @property
    def values(self) -> list[float]:
        """Every value of every curve."""
        return [value for _, series in self.curves.values() for value in series]

    @property
    def is_log(self) -> bool:
        """True when a logarithmic axis can hold every value."""
        return min(self.values, default=0.0) > 0

    def rows(self) -> Rows:
        """One row per epoch, one column per loss."""
        epochs = sorted({epoch for series, _ in self.curves.values() for epoch in series})
        found = {name: dict(zip(*curve, strict=True)) for name, curve in self.curves.items()}
        return [
            {"epoch": epoch} | {_title(name): values.get(epoch) for name, values in found.items()}
            for epoch in epochs
        ]


def loss_curves_info(metrics: Mapping[str, Curve], *, stage_title: str) -> LossCurvesInfo:
    """Picks the losses out of everything that a stage recorded; `metrics` maps a name to (epochs,
    values)."""
    names = [*LOSS_TITLES, *(f"{_ON_TARGET}{name}" for name in LOSS_TITLES)]
    curves = {name: metrics[name] for name in names if name in metrics}
    if len(curves) == 2:
        # A sum of one part says nothing new.
        curves.pop("loss", None)
    explanation = _OF_AGGREGATION if "learnability_loss" in curves else _OF_DISTILLATION
    return LossCurvesInfo(curves, f"Losses: {stage_title.lower()}", explanation)


def draw_loss_curves(info: LossCurvesInfo) -> go.Figure:
    """One line per loss; the axis is logarithmic because the losses differ by orders of
    magnitude."""
    figure = new_figure(
        info, x="epoch", y="loss (log scale)" if info.is_log else "loss", legend_rows=2
    )
    last = max((epoch for epochs, _ in info.curves.values() for epoch in epochs), default=1)
    for name, (epochs, values) in info.curves.items():
        figure.add_scatter(
            x=list(epochs),
            y=list(values),
            name=_title(name),
            mode="lines+markers",
            line={
                "color": colours.LOSS_COLOURS[name.removeprefix(_ON_TARGET)],
                "dash": _dash(name),
            },
            marker={"size": 6, "symbol": _marker(name)},
            hovertemplate="epoch %{x}: %{y:.4g}<extra>" + _title(name) + "</extra>",
        )
    if info.is_log:
        figure.update_yaxes(type="log", tickvals=log_ticks(info.values), tickformat="~g")
    return show_epochs(figure, last)


def _title(name: str) -> str:
    title = LOSS_TITLES[name.removeprefix(_ON_TARGET)]
    return f"{title} (target)" if name.startswith(_ON_TARGET) else title


def _dash(name: str) -> str:
    if name == "loss":
        return "dot"
    return "dash" if name.startswith(_ON_TARGET) else "solid"


def _marker(name: str) -> str:
    marker = colours.LOSS_MARKERS[name.removeprefix(_ON_TARGET)]
    return f"{marker}-open" if name.startswith(_ON_TARGET) else marker
