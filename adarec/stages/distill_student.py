"""Distil the student: the cell that the search chose, or any point of its front."""

from adarec.genotype import Genotype
from adarec.runs.files import read_json
from adarec.runs.front import front_point
from adarec.stages.context import StageContext
from adarec.stages.distillation import distill


def run(context: StageContext) -> None:
    """Leaves what `distill` leaves; student.json of a point says which and what it costs.

    Raises:
        RunError: The front has no such point.
    """
    searched, settings = context.parents["search"], context.settings["student"]
    described = {}
    if "point" in context.settings:
        found = front_point(searched, context.settings["point"])
        genotype = found.genotype
        described = {"point": found.point, "cost": found.cost}
    else:
        genotype = Genotype.from_json(read_json(searched / "genotype.json"))
    distill(
        context,
        genotype,
        epochs=settings["epochs"],
        patience=settings["patience"],
        described=described,
    )
