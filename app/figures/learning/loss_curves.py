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

_LONG_NAME = 20  # letters; two longer ones do not stand side by side in half a page's legend
# Losses on the target of an adaptation: the same colours and shapes, dashed and hollow.
_ON_TARGET = "target_"
# Curve -> what is said where it is drawn, in this order.
_MEANINGS = {
    "task_loss": "Task: next item against the whole catalogue.",
    "masked_loss": "Masked items: the same for items that were hidden.",
    "hidden_loss": "Embedding, hidden layers and logits: distance to the teacher.",
    "target_logit_loss": "Dashed: on the target of an adaptation.",
    "pseudo_loss": "Pseudo-labels: the teacher's surest answers there.",
    "learnability_loss": "Matching: distance of a student layer to its sum of teacher layers.",
    "expressivity_loss": "Predicting: the task where that sum takes the student layer's place.",
}
_OF_SUM = (
    "The sum adds up the parts, each times the factor in brackets; their curves are without it."
)
_OF_ALPHAS = (
    "Architecture slice: the same sum on the users from whom the alphas learn, plus efficiency. "
    "Efficiency: the cost that the alphas let expect, or the target's where that is more, with "
    "its factor in it{set_once}."
)
_SET_ONCE = ", set at the alphas' first step so that the expected cost counts {share:.3g} % there"
_OF_LAYER_WEIGHTS = (
    "Architecture slice: these two together on the users from whom the weights of the sum are "
    "learned."
)


@dataclass(frozen=True)
class LossCurvesInfo(ChartInfo):
    """Curves of the losses that were recorded: name -> (epochs, values), and by which factor each
    enters the sum, where that is known."""

    curves: dict[str, Curve]
    factors: dict[str, float]
    title: str
    explanation: str

    def name_of(self, name: str) -> str:
        """What legend and table call a loss: its title, with its factor."""
        factor = self.factors.get(name)
        return _title(name) if factor is None else f"{_title(name)} (× {factor:g})"

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
            {"epoch": epoch}
            | {self.name_of(name): values.get(epoch) for name, values in found.items()}
            for epoch in epochs
        ]


def loss_curves_info(
    metrics: Mapping[str, Curve],
    *,
    stage_title: str,
    factors: Mapping[str, float] | None = None,
    efficiency_share: float | None = None,
) -> LossCurvesInfo:
    """Picks the losses out of everything that a stage recorded.

    Args:
        metrics: Name -> (epochs, values).
        stage_title: What the losses are of.
        factors: Name of a part -> its factor in the sum; none where nothing is added up.
        efficiency_share: How much the expected cost counted at the first step of the alphas, as a
            share of the rest of the loss.
    """
    names = [*LOSS_TITLES, *(f"{_ON_TARGET}{name}" for name in LOSS_TITLES)]
    curves = {name: metrics[name] for name in names if name in metrics}
    if len(curves) == 2:
        # A sum of one part says nothing new.
        curves.pop("loss", None)
    found = {name: factor for name, factor in (factors or {}).items() if name in curves}
    words = ["Mean of each loss over an epoch."]
    words += [meaning for name, meaning in _MEANINGS.items() if name in curves]
    if "loss" in curves and found:
        words.append(_OF_SUM)
    if "efficiency_loss" in curves:
        share = None if efficiency_share is None else 100 * efficiency_share
        set_once = "" if share is None else _SET_ONCE.format(share=share)
        words.append(_OF_ALPHAS.format(set_once=set_once))
    elif "alpha_loss" in curves:
        words.append(_OF_LAYER_WEIGHTS)
    return LossCurvesInfo(curves, found, f"Losses: {stage_title.lower()}", " ".join(words))


def draw_loss_curves(info: LossCurvesInfo) -> go.Figure:
    """One line per loss; the axis is logarithmic because the losses differ by orders of
    magnitude."""
    names = [info.name_of(name) for name in info.curves]
    # Beside another chart there is room for two names of usual length.
    rows = len(names) if any(len(name) > _LONG_NAME for name in names) else -(-len(names) // 2)
    figure = new_figure(
        info, x="epoch", y="loss (log scale)" if info.is_log else "loss", legend_rows=rows
    )
    last = max((epoch for epochs, _ in info.curves.values() for epoch in epochs), default=1)
    for name, (epochs, values) in info.curves.items():
        figure.add_scatter(
            x=list(epochs),
            y=list(values),
            name=info.name_of(name),
            mode="lines+markers",
            line={
                "color": colours.LOSS_COLOURS[name.removeprefix(_ON_TARGET)],
                "dash": _dash(name),
            },
            marker={"size": 6, "symbol": _marker(name)},
            customdata=[value * info.factors.get(name, 1.0) for value in values],
            hovertemplate=_hover(info, name),
        )
    if info.is_log:
        figure.update_yaxes(type="log", tickvals=log_ticks(info.values), tickformat="~g")
    return show_epochs(figure, last)


def _hover(info: LossCurvesInfo, name: str) -> str:
    """The value, and what it adds to the sum where its factor is known."""
    factor = info.factors.get(name)
    product = "" if factor is None else f" × {factor:g} = %{{customdata:.4g}}"
    return "epoch %{x}: %{y:.4g}" + product + "<extra>" + _title(name) + "</extra>"


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
