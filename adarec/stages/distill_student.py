"""Distil the student with the found cell."""

from adarec.genotype import Genotype
from adarec.runs.files import read_json
from adarec.stages.context import StageContext
from adarec.stages.distillation import distill


def run(context: StageContext) -> None:
    """Leaves what `distill` leaves."""
    genotype = Genotype.from_json(read_json(context.parents["search"] / "genotype.json"))
    student = context.settings["student"]
    distill(context, genotype, epochs=student["epochs"], patience=student["patience"])
