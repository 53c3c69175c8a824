"""Adapt the student to a scene without labels: the found cell, or a point of the front."""

from adarec.stages.adaptation import adapt
from adarec.stages.context import StageContext, duration_in
from adarec.stages.distillation import chosen_cell


def run(context: StageContext) -> None:
    """Leaves what `adapt` leaves."""
    genotype, described = chosen_cell(context)
    adapt(
        context,
        genotype,
        duration=duration_in(context.settings["student"]),
        described=described,
    )
