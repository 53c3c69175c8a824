"""Accuracy against cost over all runs: teachers, students, controls, and the count baselines."""

from app.figures.results.frontier.axes import ACCURACY_AXES, COST_AXES, IN_PERCENT
from app.figures.results.frontier.drawing import PREDICTED, draw_frontier
from app.figures.results.frontier.point import FrontierPoint, PredictedCell
from app.figures.results.frontier.points import (
    FrontierInfo,
    frontier_info,
    mark_fastest,
    mark_front,
    predictable_axes,
    predicted_cells,
    predicted_front,
)
from app.figures.results.frontier.reading import CLICK

__all__ = [
    "ACCURACY_AXES",
    "CLICK",
    "COST_AXES",
    "IN_PERCENT",
    "PREDICTED",
    "FrontierInfo",
    "FrontierPoint",
    "PredictedCell",
    "draw_frontier",
    "frontier_info",
    "mark_fastest",
    "mark_front",
    "predictable_axes",
    "predicted_cells",
    "predicted_front",
]
