"""Cost of the found student and, beside it, of hand-made ones of several widths: measured, or
counted.
"""

import torch

from adarec.nets.folders import read_student
from adarec.nets.hand_made import hand_made_costs
from adarec.nets.latency import METHOD
from adarec.runs.files import write_json
from adarec.stages.context import StageContext


def run(context: StageContext) -> None:
    """Leaves costs.json: the student's cost, the others' by name and width, and how they were
    obtained.
    """
    cost, length = context.settings["cost"], context.settings["length"]
    student, described = read_student(context.parents["student"])
    torch.manual_seed(context.seed)
    context.say("Costs of hand-made students", 0.1)
    found, by_width = hand_made_costs(
        student, cost, length=length, num_items=described["num_items"]
    )
    how = METHOD if cost == "latency" else "counted"
    write_json(
        context.folder / "costs.json",
        {"length": length, "method": {"how": how}, "student": found, **by_width},
    )
