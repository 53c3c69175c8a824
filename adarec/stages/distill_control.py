"""Distil a control: a random cell of the found cell's cost, or the all-skip cell, for as many
epochs.
"""

import numpy as np

from adarec.genotype import Genotype
from adarec.nets.costs import cost_model
from adarec.nets.selection import all_skip, random_genotype
from adarec.runs.files import read_json, write_json
from adarec.stages.context import StageContext
from adarec.stages.distillation import distill

TOLERANCE = 0.05  # random cells cost within 5 % of the found one by the table


def run(context: StageContext) -> None:
    """Leaves what `distill` leaves, and control.json."""
    name = context.settings["control"]
    genotype = _control_genotype(context, name)
    write_json(context.folder / "control.json", {"name": name, "genotype": genotype.to_json()})
    epochs = read_json(context.parents["student"] / "training.json")["epochs"]
    distill(context, genotype, epochs=epochs, patience=epochs)


def _control_genotype(context: StageContext, name: str) -> Genotype:
    found = Genotype.from_json(read_json(context.parents["search"] / "genotype.json"))
    if name == "all-skip":
        return all_skip(found.num_nodes)
    table = read_json(context.parents["costs"] / "costs.json")
    costs = cost_model(table, of_body=True)
    rng = np.random.default_rng([context.seed, 2, int(name.rsplit("-", 1)[1])])
    return random_genotype(costs, cost=costs.of(found), tolerance=TOLERANCE, rng=rng)
