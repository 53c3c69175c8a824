"""Milliseconds of one request under onnxruntime: one thread, batch 1, graphs timed in turn."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch

WARM_UP = 20
REPEATS = 300
METHOD = "onnxruntime, CPU, 1 thread, batch 1, graphs in turn"


@dataclass(frozen=True)
class Latency:
    """Quantiles over repeats, in milliseconds."""

    p50: float
    p95: float

    def to_json(self) -> dict[str, float]:
        """Plain data for the result."""
        return {"p50": self.p50, "p95": self.p95}


def open_session(graph: Path | bytes) -> onnxruntime.InferenceSession:
    """A session with one thread, as requests are served."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    source = graph if isinstance(graph, bytes) else str(graph)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def request_call(
    graph: Path, *, length: int, num_items: int, outputs: list[str]
) -> Callable[[], Any]:
    """A call that answers one fixed history of `length` items with the graph."""
    session = open_session(graph)
    history = np.arange(length, dtype=np.int64)[None, :] % num_items + 1
    return lambda: session.run(outputs, {"history": history})


def time_in_turn(
    calls: Mapping[str, Callable[[], Any]], *, repeats: int = REPEATS, warm_up: int = WARM_UP
) -> dict[str, Latency]:
    """Latency of each call; they take turns, so that a drifting machine moves all alike.

    Each turn runs a call twice and times the second, because the first finds the other's data in
    the caches.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(warm_up + repeats):
        for name, call in calls.items():
            call()
            start = time.perf_counter()
            call()
            elapsed = time.perf_counter() - start
            if turn >= warm_up:
                times[name].append(1000.0 * elapsed)
    return {
        name: Latency(p50=float(np.quantile(taken, 0.5)), p95=float(np.quantile(taken, 0.95)))
        for name, taken in times.items()
    }


def eager_call(model: torch.nn.Module, *, length: int, num_items: int) -> Callable[[], Any]:
    """The same request in eager torch, for comparison; the caller sets the number of threads."""
    history = torch.arange(length).unsqueeze(0) % num_items + 1

    def call() -> Any:
        with torch.inference_mode():
            return model(history)

    return call
