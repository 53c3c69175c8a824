"""Adapt the student to a scene without labels: the found cell, or a point of the front."""

from adarec.stages.adaptation import adapt
from adarec.stages.context import StageContext
from adarec.stages.distillation import chosen_cell


def run(context: StageContext) -> None:
    """Leaves what `adapt` leaves."""
    genotype, described = chosen_cell(context)
    student = context.settings["student"]
    adapt(
        context,
        genotype,
        epochs=student["epochs"],
        patience=student["patience"],
        described=described,
    )
