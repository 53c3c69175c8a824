"""Cost tables: measured in graphs on this machine, or counted as multiply-adds or parameters."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx.utils
import torch
from torch import Tensor, nn

from adarec import catalog
from adarec.genotype import Genotype, cell_edges
from adarec.nets.encoding import SequenceModel
from adarec.nets.export import Body, write_body_graph, write_graph, write_request_graph
from adarec.nets.latency import METHOD, open_session, request_call, time_in_turn
from adarec.nets.multiply_adds import multiply_adds
from adarec.nets.ops import OPS, num_parameters
from adarec.nets.students.student import build_student

CHAIN = 4  # copies of an op in its timing graph, so that the op outweighs the call
OP_REPEATS = 150
CARRYING = tuple(op for op in catalog.OP_NAMES if op != "zero")


@dataclass(frozen=True)
class StudentSizes:
    """Width and depth of the student."""

    width: int
    num_cells: int
    num_nodes: int


def measured_costs(
    teacher: SequenceModel,
    *,
    num_items: int,
    length: int,
    sizes: StudentSizes,
    blend: nn.Module | None = None,
) -> dict[str, Any]:
    """A table in milliseconds under onnxruntime: every op, the fixed rest, scoring, the teacher
    (untrained serves).

    Args:
        teacher: The heavy model.
        num_items: V.
        length: L.
        sizes: The student's.
        blend: What every request of both mixes into the scores; it counts as scoring.
    """
    short = max(2, min(8, length // 2))
    with tempfile.TemporaryDirectory() as folder:
        op_lines = _op_lines(
            Path(folder), width=sizes.width, lengths=(short, max(length, short + 1))
        )
        rest = _fixed_lines(
            Path(folder),
            op_lines["skip"],
            num_items=num_items,
            lengths=(short, length),
            sizes=sizes,
            blend=blend,
        )
        graphs = {
            "teacher": Path(folder) / "teacher.onnx",
            "teacher_body": Path(folder) / "teacher_body.onnx",
        }
        teacher.blend = blend
        write_request_graph(teacher, graphs["teacher"], length=length)
        write_body_graph(teacher, graphs["teacher_body"], length=length)
        times = _request_times(graphs, length=length, num_items=num_items)
    method = {"how": METHOD, "repeats": OP_REPEATS, "lengths": [short, length], "chain": CHAIN}
    return _table(op_lines, rest, times, unit="ms", length=length, sizes=sizes, method=method)


def counted_costs(
    kind: str, teacher: SequenceModel, *, num_items: int, length: int, sizes: StudentSizes
) -> dict[str, Any]:
    """A table of the body's multiply-adds in millions (`flops`) or parameters in thousands
    (`params`).
    """
    per_position = {op: num_parameters(op, sizes.width) for op in catalog.OP_NAMES}
    body = counted_body(kind, teacher, length=length)
    if kind == "flops":
        op_lines = {
            op: {"base": 0.0, "per_position": count / 1e6} for op, count in per_position.items()
        }
        unit, how = "M multiply-adds", "counted per position"
    else:
        op_lines = {
            op: {"base": count / 1e3, "per_position": 0.0} for op, count in per_position.items()
        }
        unit, how = "k parameters", "counted"
    norms = (
        2 * sizes.num_cells + 2
    ) * sizes.width  # a norm's share, so that no student costs nothing
    rest = {
        "fixed_line": {
            "base": norms / 1e3 if kind == "params" else norms * length / 1e6,
            "per_position": 0.0,
        },
        "scoring": 0.0,
    }
    times = {"teacher": body, "teacher_body": body}
    return _table(
        op_lines, rest, times, unit=unit, length=length, sizes=sizes, method={"how": how}
    )


def counted_body(kind: str, model: SequenceModel, *, length: int) -> float:
    """Multiply-adds in millions (`flops`) of a model's body, or parameters in thousands
    (`params`) of its matrices; item table and scoring left out.
    """
    if kind == "flops":
        return multiply_adds(Body(model), torch.ones(1, length, dtype=torch.int64)) / 1e6
    weights = sum(
        p.numel()
        for name, p in model.named_parameters()
        if p.dim() > 1 and "embedding" not in name
    )
    return weights / 1e3


def _table(
    op_lines: dict[str, dict[str, float]],
    rest: dict[str, Any],
    times: dict[str, float],
    *,
    unit: str,
    length: int,
    sizes: StudentSizes,
    method: dict[str, Any],
) -> dict[str, Any]:
    at_length = {op: line["base"] + length * line["per_position"] for op, line in op_lines.items()}
    fixed = rest["fixed_line"]["base"] + length * rest["fixed_line"]["per_position"]
    return {
        "unit": unit,
        "length": length,
        "num_cells": sizes.num_cells,
        "num_nodes": sizes.num_nodes,
        "width": sizes.width,
        "ops": at_length,
        "op_lines": op_lines,
        "fixed": fixed,
        **rest,
        **times,
        "method": method,
    }


class _OpChains(nn.Module):
    """For each length and op, `CHAIN` edges in a row as they stand in a cell: y + op(ReLU(y))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.chains = nn.ModuleDict(
            {op: nn.ModuleList(OPS[op](width) for _ in range(CHAIN)) for op in CARRYING}
        )

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Pairs of x [1, L, D] and history [1, L] -> per pair, a single cheap node and each op's
        chain.
        """
        outputs = []
        for x, history in zip(inputs[::2], inputs[1::2], strict=True):
            mask = history != 0
            outputs.append(torch.abs(x))
            for chain in self.chains.values():
                y = x
                for op in cast(nn.ModuleList, chain):
                    y = y + op(torch.relu(y), mask)
                outputs.append(y)
        return tuple(outputs)


def _op_lines(folder: Path, *, width: int, lengths: Sequence[int]) -> dict[str, dict[str, float]]:
    """Base and slope of each op from timings at two lengths."""
    path = folder / "ops.onnx"
    inputs: dict[str, Tensor] = {}
    outputs = []
    for length in lengths:
        inputs |= {
            f"x{length}": torch.randn(1, length, width),
            f"history{length}": torch.ones(1, length, dtype=torch.int64),
        }
        outputs += [f"{name}_{length}" for name in ("call", *CARRYING)]
    write_graph(_OpChains(width), path, inputs=inputs, outputs=outputs)
    extractor = onnx.utils.Extractor(onnx.load(path))
    calls = {}
    for output in outputs:
        suffix = output.rsplit("_", 1)[1]
        names = [f"x{suffix}", f"history{suffix}"]
        graph = extractor.extract_model(names, [output])
        # An op that reads no mask keeps the history as an input that nothing is made of.
        read = {name for node in graph.graph.node for name in node.input}
        for unread in [each for each in graph.graph.input if each.name not in read]:
            graph.graph.input.remove(unread)
        feeds = {name: inputs[name].numpy() for name in names if name in read}
        session = open_session(graph.SerializeToString())
        calls[output] = lambda session=session, output=output, feeds=feeds: session.run(
            [output], feeds
        )
    times = time_in_turn(calls, repeats=OP_REPEATS)

    def cost(op: str, length: int) -> float:
        return max(0.0, (times[f"{op}_{length}"].p50 - times[f"call_{length}"].p50) / CHAIN)

    lines = {op: _line(lengths, [cost(op, length) for length in lengths]) for op in CARRYING}
    return lines | {"zero": {"base": 0.0, "per_position": 0.0}}


def _fixed_lines(
    folder: Path,
    skip_line: dict[str, float],
    *,
    num_items: int,
    lengths: Sequence[int],
    sizes: StudentSizes,
    blend: nn.Module | None,
) -> dict[str, Any]:
    """The student's fixed rest (by the all-skip cell at two lengths, less its skips), and scoring
    with top 10.
    """
    num_edges = len(cell_edges(sizes.num_nodes))
    student = build_student(
        num_items=num_items,
        width=sizes.width,
        num_cells=sizes.num_cells,
        genotype=Genotype(sizes.num_nodes, ("skip",) * num_edges),
        dropout=0.0,
    )
    student.blend = blend
    graphs = {}
    for length in lengths:
        student.receptive_field = length
        graphs[f"body_{length}"] = folder / f"body_{length}.onnx"
        write_body_graph(student, graphs[f"body_{length}"], length=length)
    graphs["request"] = folder / "request.onnx"
    write_request_graph(student, graphs["request"], length=lengths[-1])
    times: dict[str, float] = {}
    for name, graph in graphs.items():
        length = lengths[0] if name == f"body_{lengths[0]}" else lengths[-1]
        times |= _request_times({name: graph}, length=length, num_items=num_items)
    edges = sizes.num_cells * num_edges
    fixed = [
        max(
            0.0,
            times[f"body_{length}"]
            - edges * (skip_line["base"] + length * skip_line["per_position"]),
        )
        for length in lengths
    ]
    scoring = max(0.0, times["request"] - times[f"body_{lengths[-1]}"])
    return {"fixed_line": _line(lengths, fixed), "scoring": scoring}


def _request_times(graphs: dict[str, Path], *, length: int, num_items: int) -> dict[str, float]:
    calls = {}
    for name, graph in graphs.items():
        outputs = ["state"] if "body" in name else ["top_items", "top_scores"]
        calls[name] = request_call(graph, length=length, num_items=num_items, outputs=outputs)
    return {name: latency.p50 for name, latency in time_in_turn(calls, repeats=OP_REPEATS).items()}


def _line(lengths: Sequence[int], costs: Sequence[float]) -> dict[str, float]:
    """The line through two (length, cost) points, never falling and never below zero."""
    if lengths[0] == lengths[-1]:
        return {"base": float(np.mean(costs)), "per_position": 0.0}
    slope = max(0.0, (costs[-1] - costs[0]) / (lengths[-1] - lengths[0]))
    return {"base": max(0.0, costs[-1] - slope * lengths[-1]), "per_position": slope}
