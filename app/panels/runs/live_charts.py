"""The curves of a run: losses, validation, expected speed-up, op probabilities, their entropy."""

import math
from collections.abc import Callable
from functools import cached_property, partial

import streamlit as st

from adarec import catalog
from adarec.runs.records import RunRecord
from app import gateway, state
from app.panels.chart import Picture, show_kept_chart
from app.panels.kept_view import keep_views
from app.panels.later import folded
from app.panels.runs.run_pictures import (
    Recorded,
    cost_picture,
    entropy_picture,
    losses_picture,
    op_curves_picture,
    recorded_curves,
    validation_picture,
)

CHARTS = ("losses", "validation", "op_curves", "cost", "alpha_entropy")
# As the address has them -> role of the step; none is the newest step.
_LOSSES_OF = {
    "Newest step": "",
    "Teacher": gateway.TEACHER,
    "Search": gateway.SEARCH,
    "Aggregation": gateway.AGGREGATION,
    "Distillation": gateway.DISTIL,
}


def show_live_charts(run: RunRecord) -> None:
    """Everything that has been recorded so far; a chart appears with its first epoch."""
    kept = gateway.recorded_so_far(run)
    curves = _Curves(run)
    role = "" if run.started_at is None else _choose_losses(run)
    left, right = st.columns(2)
    with left:
        draw_losses = partial(losses_picture, role=role)
        show_kept_chart(
            (*kept, role), partial(_of_curves, draw_losses, curves), key="losses", scope=run.run
        )
    with right:
        show_kept_chart(
            kept, partial(_of_curves, validation_picture, curves), key="validation", scope=run.run
        )
    show_kept_chart(kept, partial(op_curves_picture, run), key="op_curves", scope=run.run)
    draw_cost = partial(
        show_kept_chart,
        kept,
        partial(_of_curves, cost_picture, curves),
        key="cost",
        scope=run.run,
    )
    if run.is_active:
        draw_cost()
    _show_entropy(run, kept, curves, draw_cost)
    keep_views(run.run, CHARTS)


def _show_entropy(
    run: RunRecord,
    kept: tuple[str | int | float | None, ...],
    curves: "_Curves",
    draw_cost: Callable[[], None],
) -> None:
    """The newest entropy in words, and its curve behind them: a chart more is a page later. So is
    the expected speed-up of a run that is over: the measured one has taken its place.
    """
    recorded = curves.recorded[gateway.SEARCH].get("alpha_entropy")
    if recorded is None:
        return
    most = math.log(len(catalog.OP_NAMES))
    st.caption(
        f"Entropy of the op probabilities: {recorded[1][-1]:.2f} nats; {most:.2f} is undecided, 0 "
        "decided."
    )
    label = "How undecided the edges were, epoch by epoch"
    if not run.is_active:
        label += ", and the expected speed-up"
    drawer = folded(label, key=state.ENTROPY)
    if drawer is not None:
        with drawer:
            draw = partial(_of_curves, entropy_picture, curves)
            show_kept_chart(kept, draw, key="alpha_entropy", scope=run.run)
            if not run.is_active:
                draw_cost()


def _choose_losses(run: RunRecord) -> str:
    """The role of the step whose losses are wanted; "" is the newest one, whatever it is."""
    # All steps of the run from the start: options that come later would move what is below them.
    offered = [name for name, role in _LOSSES_OF.items() if not role or _has_step(run, role)]
    chosen = st.segmented_control(
        "Losses of",
        offered,
        default=offered[0],
        required=True,
        key=state.LOSSES_OF,
        bind="query-params",
        help="While a run computes, the newest step is the one that it is at.",
    )
    role = _LOSSES_OF[chosen or offered[0]]
    if role and not gateway.curves(run, role):
        st.caption("This step has recorded no losses yet.")
    return role


def _has_step(run: RunRecord, role: str) -> bool:
    return gateway.step_stage(run, role) is not None


class _Curves:
    """The recorded numbers of a run, read when the first picture needs them."""

    def __init__(self, run: RunRecord) -> None:
        self.run = run

    @cached_property
    def recorded(self) -> Recorded:
        return recorded_curves(self.run)


def _of_curves(
    draw: Callable[[RunRecord, Recorded], Picture | None], curves: _Curves
) -> Picture | None:
    return draw(curves.run, curves.recorded)
