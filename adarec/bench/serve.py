"""How long answers take: exact scoring of large catalogues, by dot product and by Wasserstein
distance, and one request of an exported folder.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor, nn

from adarec.environment import describe_environment
from adarec.genotype import Genotype
from adarec.nets.export import TOP, write_graph, write_request_graph
from adarec.nets.gaussians import as_keys, as_points, as_queries
from adarec.nets.latency import METHOD, Latency, open_session, time_in_turn
from adarec.nets.process import peak_rss_mb, prepare_process
from adarec.nets.students.student import build_student
from adarec.serving import Recommender

COUNTS = (10_000, 100_000, 1_000_000)
WIDTH = 64
REPEATS, WARM_UP = 100, 10
# An untrained student at the sizes of `quick`, with amazon-beauty's catalogue.
STUDENT_ITEMS, STUDENT_LENGTH, STUDENT_CELLS = 12_101, 50, 2
STUDENT_CELL = Genotype(3, ("conv3", "conv5", "maxpool3", "skip", "dilconv3", "avgpool3"))


def bench_serve(folder: Path | None = None, *, counts: Sequence[int] = COUNTS) -> dict[str, Any]:
    """Milliseconds of scoring `counts` items with top 10, and of one request.

    Args:
        folder: A folder that `export` wrote; without one, an untrained student is exported.
        counts: Sizes of the catalogue; both kinds of scoring have states of the same width.

    Raises:
        ArtefactError: `folder` is no exported folder.
    """
    prepare_process(1)
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as scratch:
        student = folder or _export_student(Path(scratch))
        request = _times({"request": _request(student)})["request"].to_json()
        scoring = {str(count): _scoring(Path(scratch), count) for count in counts}
    return {
        "width": WIDTH,
        "top": TOP,
        "scoring_ms": scoring,
        "request_ms": request | {"of": "untrained student" if folder is None else str(folder)},
        "method": f"{METHOD}; {REPEATS} repeats after {WARM_UP} warm-ups; exact top {TOP}",
        "peak_rss_mb": round(peak_rss_mb(), 1),
        "environment": describe_environment(1),
    }


class Scoring(nn.Module):
    """The end of a request graph: state [1, D] -> top scores and columns, table [D, V] stored."""

    def __init__(self, candidates: Tensor) -> None:
        super().__init__()
        self.table: Tensor
        self.register_buffer("table", candidates.T.contiguous())

    def forward(self, state: Tensor) -> tuple[Tensor, Tensor]:
        """[1, D] -> [1, 10] scores and [1, 10] columns, best first."""
        scores, columns = torch.topk(state @ self.table, TOP, dim=1)
        return scores, columns


def drawn(kind: str, count: int) -> tuple[Tensor, Tensor]:
    """A state [1, D'] and candidates [count, D'] of the kind `dot` or `wasserstein`."""
    if kind == "dot":
        return torch.randn(1, WIDTH), torch.randn(count, WIDTH)
    state, items = as_points(torch.randn(1, 2 * WIDTH)), as_points(torch.randn(count, 2 * WIDTH))
    return as_queries(state), as_keys(items)


def _scoring(folder: Path, count: int) -> dict[str, Any]:
    calls = {}
    for kind in ("dot", "wasserstein"):
        state, candidates = drawn(kind, count)
        graph = folder / f"{kind}.onnx"
        outputs = ["scores", "columns"]
        write_graph(Scoring(candidates), graph, inputs={"state": state}, outputs=outputs)
        calls[kind] = _call(graph, state.numpy(), outputs)
        graph.unlink()
    times = _times(calls)
    found: dict[str, Any] = {kind: latency.to_json() for kind, latency in times.items()}
    return found | {"ratio": round(times["wasserstein"].p50 / times["dot"].p50, 2)}


def _call(graph: Path, state: np.ndarray, outputs: list[str]) -> Callable[[], Any]:
    session = open_session(graph)
    return lambda: session.run(outputs, {"state": state})


def _times(calls: dict[str, Callable[[], Any]]) -> dict[str, Latency]:
    return time_in_turn(calls, repeats=REPEATS, warm_up=WARM_UP)


def _request(folder: Path) -> Callable[[], Any]:
    """Ids in, ids out, as `recommend` answers."""
    recommender = Recommender.open(folder)
    history = recommender.item_ids[: recommender.length]
    return lambda: recommender.recommend(history)


def _export_student(folder: Path) -> Path:
    """A folder with what a request needs."""
    student = build_student(
        num_items=STUDENT_ITEMS,
        width=WIDTH,
        num_cells=STUDENT_CELLS,
        genotype=STUDENT_CELL,
        dropout=0.0,
    )
    write_request_graph(student, folder / "student.onnx", length=STUDENT_LENGTH)
    ids = [f"i{index}" for index in range(STUDENT_ITEMS)]
    titles = pa.nulls(STUDENT_ITEMS, pa.string())
    pq.write_table(pa.table({"item_id": ids, "title": titles}), folder / "items.parquet")
    return folder
