"""Distil the student: the cell that the search chose, or any point of its front."""

from adarec.stages.context import StageContext
from adarec.stages.distillation import chosen_cell, distill


def run(context: StageContext) -> None:
    """Leaves what `distill` leaves; student.json of a point says which and what it costs.

    Raises:
        RunError: The front has no such point.
    """
    genotype, described = chosen_cell(context)
    student = context.settings["student"]
    distill(
        context,
        genotype,
        epochs=student["epochs"],
        patience=student["patience"],
        described=described,
    )
