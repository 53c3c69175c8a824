"""Cells to compare the found student with: random ones, or plain stacks, of its cost."""

import zlib

import numpy as np
import torch

from adarec.errors import TargetError
from adarec.genotype import Genotype
from adarec.nets.costs import cost_model
from adarec.nets.equal_cost import (
    BY_CLOCK,
    BY_TABLE,
    nearest_first,
    priced_by_clock,
    priced_by_table,
    random_candidates,
    stack_candidates,
)
from adarec.nets.latency import METHOD
from adarec.runs.files import read_json, write_json
from adarec.stages.context import StageContext


def run(context: StageContext) -> None:
    """Leaves matched.json: the found cell's cost, and the other cells with theirs, best match
    first.

    Raises:
        TargetError: No other cell with a convolution costs about as much.
    """
    settings, student = context.settings, context.parents["student"]
    described = read_json(student / "student.json")
    found = Genotype.from_json(described["genotype"])
    costs = cost_model(read_json(context.parents["costs"] / "costs.json"), of_body=True)
    is_timed = settings["cost"] == "latency"
    windows = BY_CLOCK if is_timed else BY_TABLE
    if settings["cells"] == "random":
        # Of its own for every student: two students with the same cell are two samples.
        rng = np.random.default_rng([context.seed, 2, zlib.crc32(student.name.encode())])
        candidates = random_candidates(found, costs, windows=windows, rng=rng)
    else:
        candidates = stack_candidates(found, costs, windows=windows)
    if not candidates:
        raise TargetError(
            "No random cell with a convolution exists at this cost. Run without --controls."
        )
    context.say("Timing cells beside the found one", 0.1)
    torch.manual_seed(context.seed)
    if is_timed:
        sizes = {name: described[name] for name in ("num_items", "width", "num_cells")}
        priced = priced_by_clock(found, candidates, length=settings["length"], **sizes)
    else:
        priced = priced_by_table(found, candidates, costs)
    matched = nearest_first(priced[0], priced[1:])
    write_json(
        context.folder / "matched.json",
        {
            "found": priced[0].cost,
            "unit": costs.unit,
            "method": {"how": METHOD if is_timed else "counted"},
            "cells": [each.to_json() for each in matched],
        },
    )
