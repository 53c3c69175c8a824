"""Cost of hand-made students of several widths: measured, or counted."""

import torch

from adarec.nets.hand_made import hand_made_costs
from adarec.nets.latency import METHOD
from adarec.runs.files import write_json
from adarec.stages.context import StageContext


def run(context: StageContext) -> None:
    """Leaves costs.json: the cost by name and width, and how it was obtained."""
    cost, length = context.settings["cost"], context.settings["length"]
    torch.manual_seed(context.seed)
    context.say("Costs of hand-made students", 0.1)
    costs = hand_made_costs(cost, length=length, num_items=context.settings["num_items"])
    how = METHOD if cost == "latency" else "counted"
    write_json(
        context.folder / "costs.json",
        {"length": length, "method": {"how": how}, **costs},
    )
