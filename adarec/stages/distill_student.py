"""Distil the student: the cell that the search chose, or any point of its front."""

from adarec.stages.context import StageContext, duration_in
from adarec.stages.distillation import chosen_cell, distill


def run(context: StageContext) -> None:
    """Leaves what `distill` leaves; student.json of a point says which and what it costs.

    Raises:
        RunError: The front has no such point.
    """
    genotype, described = chosen_cell(context)
    distill(
        context,
        genotype,
        duration=duration_in(context.settings["student"]),
        described=described,
    )
