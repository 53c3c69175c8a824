"""Quality, size and speed of trained models: what the `M` of a result holds."""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from adarec.nets.batches import Sequences, request_batches
from adarec.nets.encoding import SequenceModel
from adarec.nets.evaluation import (
    EVALUATION_POSITIONS,
    among_all,
    among_samples,
    encode_histories,
    ranks_by,
)
from adarec.nets.export import Request, write_body_graph, write_graph, write_request_graph
from adarec.nets.gaussians import total_variance
from adarec.nets.latency import Latency, eager_call, request_call, time_in_turn
from adarec.nets.multiply_adds import multiply_adds
from adarec.nets.teachers.dt4sr import DT4SR
from adarec.ranking import metrics_from_ranks

SAMPLED_SEED = 42


@dataclass(frozen=True)
class Ranks:
    """Rank of each user's test item [U] under three protocols."""

    unmasked: np.ndarray
    masked: np.ndarray
    sampled: np.ndarray

    def metrics(self) -> dict[str, Any]:
        """The metric entries of an `M`."""
        return {
            "metrics": metrics_from_ranks(self.unmasked),
            "metrics_masked": metrics_from_ranks(self.masked),
            "metrics_sampled_100": metrics_from_ranks(self.sampled),
        }


def rank_test_items(
    model: SequenceModel, histories: Sequences, targets: np.ndarray, consumed: Sequences
) -> Ranks:
    """Ranks of the held-out items after the histories [U], whole catalogue, masked, and among 100
    random ones.
    """
    states = encode_histories(model, histories)
    rankings = [
        among_all(targets),
        among_all(targets, consumed),
        among_samples(targets, seed=SAMPLED_SEED),
    ]
    return Ranks(*ranks_by(rankings, model, states, histories))


def model_size(model: SequenceModel, *, length: int) -> dict[str, int]:
    """Parameters with and without the item table, and multiply-adds of one request (scoring
    included).
    """
    params = sum(parameter.numel() for parameter in model.parameters())
    table = model.item_table.embedding.weight.numel()
    return {
        "params": params,
        "params_without_embeddings": params - table,
        "macs": multiply_adds(Request(model), torch.ones(1, length, dtype=torch.int64)),
    }


def time_models(
    models: dict[str, SequenceModel], folder: Path, *, length: int, num_items: int
) -> dict[str, Any]:
    """Latencies of the models, all graphs in turn; leaves `<name>.onnx` in `folder`.

    Returns:
        Per model `latency_ms`, `latency_body_ms`, `latency_eager_ms`, each with p50 and p95.
    """
    calls = {}
    for name, model in models.items():
        write_request_graph(model, folder / f"{name}.onnx", length=length)
        body = folder / f"{name}.body.onnx"
        write_body_graph(model, body, length=length)
        shape = {"length": length, "num_items": num_items}
        calls[f"{name}.latency_ms"] = request_call(
            folder / f"{name}.onnx", outputs=["top_items", "top_scores"], **shape
        )
        calls[f"{name}.latency_body_ms"] = request_call(body, outputs=["state"], **shape)
    times = time_in_turn(calls) | _eager_times(models, length=length, num_items=num_items)
    for name in models:
        (folder / f"{name}.body.onnx").unlink()
    kinds = ("latency_ms", "latency_body_ms", "latency_eager_ms")
    return {name: {kind: times[f"{name}.{kind}"].to_json() for kind in kinds} for name in models}


class _Uncertainty(nn.Module):
    """history [1, L] -> total variance [1] of the state after it."""

    def __init__(self, model: DT4SR) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).eval()

    def forward(self, history: Tensor) -> Tensor:
        """[1, L] -> [1]."""
        return self.model.uncertainty(history, history != 0)


def write_uncertainty(
    model: DT4SR, folder: Path, *, length: int, histories: Sequences, ranks: np.ndarray
) -> None:
    """Leaves the total variances of a teacher of Gaussians for whoever asks without torch.

    uncertainty.onnx takes `history` and gives `total_variance` of the state after it.
    uncertainty.npz holds `total_variance` of the items [V], and what a state's is worth:
    `rank_correlation`, Spearman's with the rank of the item that came next, over `users`
    histories (nan where all ranks are alike). Nothing in training makes it positive.

    Args:
        model: The teacher.
        folder: Where to.
        length: L of a request.
        histories: [U] requests.
        ranks: [U] rank of the held-out item of each.
    """
    example = torch.ones(1, length, dtype=torch.int64)
    write_graph(
        _Uncertainty(model),
        folder / "uncertainty.onnx",
        inputs={"history": example},
        outputs=["total_variance"],
    )
    with torch.no_grad():
        of_items = total_variance(model.item_table.rows).numpy()
    np.savez(
        folder / "uncertainty.npz",
        allow_pickle=False,
        total_variance=of_items,
        rank_correlation=rank_correlation(state_variances(model, histories), ranks),
        users=len(ranks),
    )


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's; nan where one side is constant."""
    if len(np.unique(first)) < 2 or len(np.unique(second)) < 2:
        return float("nan")
    return float(spearmanr(first, second).statistic)


def state_variances(model: DT4SR, histories: Sequences) -> np.ndarray:
    """[N] total variance of the state after each history."""
    found = np.empty(len(histories))
    with torch.inference_mode():
        for batch in request_batches(histories, positions=EVALUATION_POSITIONS):
            found[batch.rows] = model.uncertainty(batch.items, batch.mask).numpy()
    return found


def _eager_times(
    models: dict[str, SequenceModel], *, length: int, num_items: int
) -> dict[str, Latency]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return time_in_turn(
            {
                f"{name}.latency_eager_ms": eager_call(
                    Request(model), length=length, num_items=num_items
                )
                for name, model in models.items()
            }
        )
    finally:
        torch.set_num_threads(threads)
