"""What flows from each teacher layer into each student layer at one epoch."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.figures import colours
from app.figures.chart import ChartInfo, Rows, new_figure
from app.figures.layers.mapping_words import mapping_words

_LEAST_DRAWN = 0.002  # thinner bands are hairlines; the table has them
_PAD_PX = 8
_THICKNESS_PX = 16
_NAMES_PX = 84  # room for "teacher 12" beside the bands
_NAME: dict[str, Any] = {
    "xref": "paper",
    "yref": "paper",
    "yanchor": "middle",
    "showarrow": False,
    "font": {"size": 12},
}


@dataclass(frozen=True)
class LayerFlowInfo(ChartInfo):
    """flow [S, T]: the share of the transport (or of whatever the mapping shares out, `share_of`)
    from each teacher layer to each student layer."""

    flow: np.ndarray
    title: str
    explanation: str
    share_of: str

    def rows(self) -> Rows:
        """One row per pair of layers."""
        return [
            {"teacher layer": t + 1, "student layer": s + 1, "share": float(self.flow[s, t])}
            for t in range(self.flow.shape[1])
            for s in range(self.flow.shape[0])
        ]


def layer_flow_info(
    values: np.ndarray, *, epoch: int, mapping: str = "emd", of: str = ""
) -> LayerFlowInfo:
    """`values` [S, T] of one epoch, as the distillation by layer mapping `mapping` records it;
    `of` names the run where two stand side by side."""
    total, words = float(values.sum()), mapping_words(mapping)
    flow = values / total if total > 0 else values
    title = f"Flow at epoch {epoch}: {of}" if of else f"From teacher to student at epoch {epoch}"
    return LayerFlowInfo(flow, title, words.flow, words.share_of)


def draw_layer_flow(info: LayerFlowInfo) -> go.Figure:
    """Bands between two columns of layers, first layers at the top."""
    num_students, num_teachers = info.flow.shape
    height = max(220, (26 if num_teachers < 12 else 18) * num_teachers)
    figure = new_figure(info, plot_height=height)
    students, teachers = np.nonzero(info.flow >= _LEAST_DRAWN)
    shares = info.flow[students, teachers]
    masses = (info.flow.sum(axis=0), info.flow.sum(axis=1))
    most = max(num_students, num_teachers)
    scale = 1 - (most - 1) * _PAD_PX / height
    teacher_names = [f"teacher {t + 1}" for t in range(num_teachers)]
    student_names = [f"student {s + 1}" for s in range(num_students)]
    places = (node_places(masses[0], scale), node_places(masses[1], scale))
    figure.add_sankey(
        arrangement="fixed",
        node={
            "label": teacher_names + student_names,
            "color": [colours.ROLE_COLOURS["teacher"]] * num_teachers
            + [colours.ROLE_COLOURS["student"]] * num_students,
            # 0 and 1 themselves mean "not given" to plotly.
            "x": [0.001] * num_teachers + [0.999] * num_students,
            "y": [*places[0], *places[1]],
            "pad": _PAD_PX,
            "thickness": _THICKNESS_PX,
            "line": {"width": 0},
            "hovertemplate": "%{label}: %{value:.1%} of the " + info.share_of + "<extra></extra>",
        },
        link={
            "source": teachers,
            "target": num_teachers + students,
            "value": shares,
            # Strong bands stand out where many thin ones cross.
            "color": [
                colours.faded(colours.NEUTRAL, 0.25 + 0.5 * float(share / shares.max()))
                for share in shares
            ],
            "hovertemplate": "%{source.label} → %{target.label}: %{value:.1%}<extra></extra>",
        },
        # Plotly writes the names over the bands, where one of the two themes cannot read them.
        # They stand beside the bands, in the colour of the page's text.
        textfont={"color": "rgba(0, 0, 0, 0)", "shadow": "none", "size": 12},
        valueformat=".1%",
    )
    figure.update_layout(
        margin={"l": _NAMES_PX, "r": _NAMES_PX},
        annotations=[
            *_names(teacher_names, places[0], x=0, xanchor="right", xshift=-8),
            *_names(student_names, places[1], x=1, xanchor="left", xshift=8),
        ],
    )
    return figure


def _names(names: list[str], places: list[float], **column: Any) -> list[dict[str, Any]]:
    return [
        {**_NAME, "text": name, "y": 1 - place, **column}
        for name, place in zip(names, places, strict=True)
    ]


def node_places(masses: np.ndarray, scale: float) -> list[float]:
    """Centres (0 top, 1 bottom) of nodes with `masses` that sum to one and take `scale` of the
    height; the rest is spread evenly between them."""
    gap = (1 - scale) / max(1, len(masses) - 1)
    ends = np.cumsum(masses * scale + gap) - gap
    centres = ends - masses * scale / 2
    if len(masses) == 1:
        centres = np.array([0.5])
    return [float(place) for place in np.clip(centres, 0.001, 0.999)]
