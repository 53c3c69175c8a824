"""Hand-made students to compare a found one with: one recurrent or one attention block, as wide as
its cost allows.
"""

import statistics
import tempfile
from pathlib import Path

from adarec.nets.cost_tables import OP_REPEATS, counted_body
from adarec.nets.encoding import SequenceModel
from adarec.nets.export import write_request_graph
from adarec.nets.latency import request_call, time_in_turn
from adarec.nets.teachers import build_teacher

ARCHITECTURES = {"gru": "gru4rec", "sasrec": "sasrec"}  # a control's name -> the teacher's builder
WIDTHS = tuple(range(16, 129, 8))
TIMED_AGAIN = 3  # widths of each architecture
LOADS = 5  # of each graph of these


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
    so much so that its body hardly counts. Graphs take turns, the found student's among them:
    timed alone it would find the caches to itself. As dozens of graphs leave each other less of
    the caches than the few that are compared in the end, the nearest widths of each are timed
    once more among themselves, and only they are returned.

    Args:
        found: The student to compare with.
        cost: `latency` (milliseconds under onnxruntime, one thread), or `flops` or `params`,
            counted as they are for a teacher: of the body.
        length: L.
        num_items: V.
    """
    models = {
        (name, width): build_hand_made(
            name, num_items=num_items, length=length, width=width, dropout=0.0
        ).eval()
        for name in ARCHITECTURES
        for width in WIDTHS
    }
    if cost != "latency":
        counted = {key: counted_body(cost, model, length=length) for key, model in models.items()}
        return counted_body(cost, found, length=length), _by_width(counted)
    own, times = _request_times(found, models, length=length, num_items=num_items, loads=1)
    near = {
        (name, width): models[name, width]
        for name, by_width in _by_width(times).items()
        for width in nearest_widths(by_width, cost=own)[:TIMED_AGAIN]
    }
    own, times = _request_times(found, near, length=length, num_items=num_items, loads=LOADS)
    return own, _by_width(times)


def nearest_widths(costs: dict[str, float], *, cost: float) -> list[int]:
    """The widths, that of the nearest cost to `cost` first; of equally near ones the narrower."""
    widths = sorted(int(width) for width in costs)
    return sorted(widths, key=lambda width: abs(costs[str(width)] - cost))


def _by_width(costs: dict[tuple[str, int], float]) -> dict[str, dict[str, float]]:
    return {
        name: {str(width): costs[of, width] for of, width in sorted(costs) if of == name}
        for name in ARCHITECTURES
    }


def _request_times(
    found: SequenceModel,
    models: dict[tuple[str, int], SequenceModel],
    *,
    length: int,
    num_items: int,
    loads: int,
) -> tuple[float, dict[tuple[str, int], float]]:
    """Milliseconds of the found student and of the models. What a request takes beside another
    one's may differ by a tenth from one load of the graphs to the next, so the median is taken.
    """
    names = {"found": found} | {f"{name}-{width}": each for (name, width), each in models.items()}
    turns = []
    with tempfile.TemporaryDirectory() as folder:
        graphs = {name: Path(folder) / f"{name}.onnx" for name in names}
        for name, graph in graphs.items():
            write_request_graph(names[name], graph, length=length)
        for _ in range(loads):
            calls = {
                name: request_call(
                    graph, length=length, num_items=num_items, outputs=["top_items", "top_scores"]
                )
                for name, graph in graphs.items()
            }
            turns.append(time_in_turn(calls, repeats=OP_REPEATS))
    own = statistics.median(times["found"].p50 for times in turns)
    by_model = {
        (name, width): own
        * statistics.median(times[f"{name}-{width}"].p50 / times["found"].p50 for times in turns)
        for name, width in models
    }
    return own, by_model
