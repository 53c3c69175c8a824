"""Hand-made students to compare a found one with: one recurrent or one attention block, as wide as
its cost allows.
"""

import tempfile
from pathlib import Path

from adarec.nets.cost_tables import OP_REPEATS, counted_body
from adarec.nets.encoding import SequenceModel
from adarec.nets.export import write_request_graph
from adarec.nets.latency import request_call, time_in_turn
from adarec.nets.teachers import build_teacher

ARCHITECTURES = {"gru": "gru4rec", "sasrec": "sasrec"}  # a control's name -> the teacher's builder
WIDTHS = tuple(range(16, 129, 8))


def hand_made_sizes(width: int) -> dict[str, int]:
    """Sizes of `build_teacher` for one block of that width, which offers its one layer."""
    return {"num_blocks": 1, "width": width, "num_heads": 1, "num_layers": 1}


def build_hand_made(
    name: str, *, num_items: int, length: int, width: int, dropout: float
) -> SequenceModel:
    """The untrained student `name` of `ARCHITECTURES`."""
    return build_teacher(
        ARCHITECTURES[name],
        num_items=num_items,
        length=length,
        sizes=hand_made_sizes(width),
        dropout=dropout,
    )


def hand_made_costs(
    found: SequenceModel, cost: str, *, length: int, num_items: int
) -> tuple[float, dict[str, dict[str, float]]]:
    """Cost of the found student, and of the hand-made ones by name and width.

    A latency is that of a whole request: a wider student scores more slowly, on a large catalogue
    so much so that its body hardly counts. All graphs take turns, the found student's among them:
    timed alone it would find the caches to itself.

    Args:
        found: The student to compare with.
        cost: `latency` (milliseconds under onnxruntime, one thread), or `flops` or `params`,
            counted as they are for a teacher: of the body.
        length: L.
        num_items: V.
    """
    models = {
        f"{name}-{width}": build_hand_made(
            name, num_items=num_items, length=length, width=width, dropout=0.0
        ).eval()
        for name in ARCHITECTURES
        for width in WIDTHS
    }
    students = {"found": found} | models
    if cost == "latency":
        costs = _request_times(students, length=length, num_items=num_items)
    else:
        costs = {key: counted_body(cost, model, length=length) for key, model in students.items()}
    by_width = {
        name: {str(width): costs[f"{name}-{width}"] for width in WIDTHS} for name in ARCHITECTURES
    }
    return costs["found"], by_width


def nearest_width(costs: dict[str, float], *, cost: float) -> int:
    """The width whose cost is nearest to `cost`; the narrower of two equally near ones."""
    return min((int(width) for width in costs), key=lambda width: abs(costs[str(width)] - cost))


def _request_times(
    models: dict[str, SequenceModel], *, length: int, num_items: int
) -> dict[str, float]:
    calls = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, model in models.items():
            graph = Path(folder) / f"{name}.onnx"
            write_request_graph(model, graph, length=length)
            calls[name] = request_call(
                graph, length=length, num_items=num_items, outputs=["top_items", "top_scores"]
            )
    return {name: times.p50 for name, times in time_in_turn(calls, repeats=OP_REPEATS).items()}
