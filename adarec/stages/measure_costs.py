"""Cost of every op, of the student's fixed rest and of the teacher: measured, or counted."""

import torch

from adarec.data.transitions import SUCCESSORS
from adarec.nets.cost_tables import StudentSizes, counted_costs, measured_costs
from adarec.nets.counts import CountBlend
from adarec.nets.teachers import build_teacher
from adarec.runs.files import write_json
from adarec.stages.context import StageContext


def run(context: StageContext) -> None:
    """Leaves costs.json."""
    settings = context.settings
    length, num_items = settings["length"], settings["num_items"]
    torch.manual_seed(context.seed)
    described = dict(settings["teacher"])
    teacher = build_teacher(
        described.pop("name"), num_items=num_items, length=length, sizes=described, dropout=0.0
    ).eval()
    sizes = StudentSizes(**settings["student"])
    if settings["cost"] == "latency":
        context.say("Timing every op and the teacher", 0.1)
        # Of a student that carries counts every request looks them up, whatever they are.
        blend = CountBlend.of_size(num_items, SUCCESSORS) if settings.get("counts") else None
        table = measured_costs(
            teacher, num_items=num_items, length=length, sizes=sizes, blend=blend
        )
    else:
        table = counted_costs(
            settings["cost"], teacher, num_items=num_items, length=length, sizes=sizes
        )
    write_json(context.folder / "costs.json", table)
