"""The curves of a run: losses, validation, expected speed-up, op probabilities."""

import streamlit as st

from adarec import catalog
from adarec.runs.records import RunRecord
from app import gateway
from app.figures.cost_curve import cost_curve_info, draw_cost_curve
from app.figures.labels import edges_of
from app.figures.loss_curves import draw_loss_curves, loss_curves_info
from app.figures.op_curves import draw_op_curves, op_curves_info
from app.figures.validation_curves import draw_validation_curves, validation_curves_info
from app.gateway import DISTIL, SEARCH, TEACHER
from app.panels.chart import show_chart

_MODELS = {"Teacher": TEACHER, "Supernet": SEARCH, "Student": DISTIL}


def show_live_charts(run: RunRecord) -> None:
    """Everything that has been recorded so far; a chart appears with its first epoch."""
    recorded = {role: gateway.curves(run, role) for role in _MODELS.values()}
    left, right = st.columns(2)
    with left:
        _show_losses(run, recorded)
    with right:
        _show_validation(run, recorded)
    left, right = st.columns([2, 1])
    with left:
        _show_ops(run)
    with right:
        _show_cost(run, recorded[SEARCH])


def _show_losses(run: RunRecord, recorded: dict[str, dict[str, gateway.Curve]]) -> None:
    # The newest stage that has recorded something is the one to look at.
    for role in (DISTIL, SEARCH, TEACHER):
        stage = gateway.step_stage(run, role)
        if recorded[role] and stage:
            info = loss_curves_info(
                recorded[role], stage_title=catalog.find(catalog.STAGES, stage).title
            )
            show_chart(info, draw_loss_curves(info), key="losses")
            return


def _show_validation(run: RunRecord, recorded: dict[str, dict[str, gateway.Curve]]) -> None:
    curves = {model: recorded[role].get("validation_ndcg@10") for model, role in _MODELS.items()}
    if any(curves.values()):
        info = validation_curves_info(
            curves, baselines=gateway.validation_baselines(run.scene_key)
        )
        show_chart(info, draw_validation_curves(info), key="validation")


def _show_cost(run: RunRecord, searched: dict[str, gateway.Curve]) -> None:
    if "expected_speedup" not in searched or "expected_cost" not in searched:
        return
    epochs, speedups = searched["expected_speedup"]
    info = cost_curve_info(
        epochs,
        searched["expected_cost"][1],
        speedups,
        target=gateway.target_speedup(run),
        cost=str(gateway.setting(run, "cost", "latency")),
    )
    show_chart(info, draw_cost_curve(info), key="cost")


def _show_ops(run: RunRecord) -> None:
    arrays = gateway.epoch_arrays(run, SEARCH)
    if arrays is None or "op_weights" not in arrays.arrays:
        return
    weights = arrays.arrays["op_weights"]
    info = op_curves_info(arrays.epochs, weights, edges_of(weights.shape[1]))
    show_chart(info, draw_op_curves(info), key="op_curves")
