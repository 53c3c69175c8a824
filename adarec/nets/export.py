"""A trained model as an ONNX graph that answers one request: history in, top 10 out."""

import copy
import logging
import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from adarec.errors import ArtefactError
from adarec.nets.encoding import SequenceModel

TOP = 10
PAD_SCORE = -1e30


class Request(nn.Module):
    """history [1, L] int64, left-padded -> scores of all items, top-10 scores and item indices.

    Only the newest items that the model can see enter the graph. The item table is a stored [D, V]
    constant without
    PAD, so that no request copies it.
    """

    def __init__(self, model: SequenceModel) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).eval()
        self.table: Tensor  # [D, V]
        table = model.item_table.candidates.detach().T.contiguous()
        self.register_buffer("table", table)

    def forward(self, history: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """[1, L] -> top_items [1, 10] item indices, top_scores [1, 10], scores [1, V]."""
        state = Body.newest(self.model, history)
        scores = state @ self.table
        if self.model.blend is not None:
            scores = self.model.blend(scores, history)
        top_scores, columns = torch.topk(scores, min(TOP, scores.shape[1]), dim=1)
        return columns + 1, top_scores, scores


class Body(nn.Module):
    """The same without scoring and top 10: history [1, L] -> state [1, D]."""

    def __init__(self, model: SequenceModel) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).eval()

    def forward(self, history: Tensor) -> Tensor:
        """[1, L] -> [1, D]."""
        return self.newest(self.model, history)

    @staticmethod
    def newest(model: SequenceModel, history: Tensor) -> Tensor:
        """The newest state, computed from as many items as the model can see."""
        if model.receptive_field is not None:
            history = history[:, -model.receptive_field :]
        return model.newest_state(history, history != 0)


def write_graph(
    module: nn.Module, path: Path, *, inputs: dict[str, Tensor], outputs: list[str]
) -> None:
    """Exports `module` to one ONNX file with the given input and output names."""
    module.eval()
    with warnings.catch_warnings(), _quiet():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module,
            tuple(inputs.values()),
            dynamo=True,
            input_names=list(inputs),
            output_names=outputs,
            verbose=False,
            external_data=False,
        )
        if program is None:
            raise ArtefactError("The exporter gave no graph. Check the installed torch and onnx.")
        onnx.save_model(_without_traces(program.model_proto), path)


def _without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph without the exporter's notes: they name source files of this machine."""
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info):
        del part.metadata_props[:]
    return model


def write_request_graph(model: SequenceModel, path: Path, *, length: int) -> None:
    """The graph that is deployed: `history` -> `top_items`, `top_scores`, `scores`."""
    example = torch.ones(1, length, dtype=torch.int64)
    write_graph(
        Request(model),
        path,
        inputs={"history": example},
        outputs=["top_items", "top_scores", "scores"],
    )


def write_body_graph(model: SequenceModel, path: Path, *, length: int) -> None:
    """The graph without scoring and top 10, for `latency_body_ms`: `history` -> `state`."""
    example = torch.ones(1, length, dtype=torch.int64)
    write_graph(Body(model), path, inputs={"history": example}, outputs=["state"])


class _quiet:
    """Keeps the exporter's progress out of standard output, which belongs to `--json`."""

    def __enter__(self) -> None:
        self.level = logging.root.manager.disable
        logging.disable(logging.WARNING)

    def __exit__(self, *_: object) -> None:
        logging.disable(self.level)
