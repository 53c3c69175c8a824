"""One cell: nodes that sum ops of the cell input and of all earlier nodes (AdaRec, section 3)."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adarec.genotype import cell_edges
from adarec.nets.ops import OPS


class Cell(nn.Module):
    """output = x + ReLU(LayerNorm(sum_n softmax(node_logits)_n node_n)).

    node_n = sum over edges (j, n) of op(ReLU(node_j)), node_0 = x. Each edge holds the ops it may
    run (all of them in a
    supernet, one in a derived student); `choice` names the one that runs, the others cost nothing.
    """

    def __init__(self, *, width: int, num_nodes: int, edge_ops: Sequence[Sequence[str]]) -> None:
        super().__init__()
        self.edges = cell_edges(num_nodes)
        self.num_nodes = num_nodes
        self.ops = nn.ModuleList(
            nn.ModuleDict({name: OPS[name](width) for name in names}) for names in edge_ops
        )
        self.node_logits = nn.Parameter(torch.zeros(num_nodes))
        self.norm = nn.LayerNorm(width, bias=False)  # maps zero to zero: no mask is needed at PAD

    def forward(
        self, x: Tensor, mask: Tensor | None, choice: Sequence[str], gates: Tensor | None = None
    ) -> Tensor:
        """[B, L, D] -> [B, L, D], zero at PAD.

        Args:
            x: The cell's input.
            mask: [B, L] True at real positions, or None.
            choice: The op that runs on each edge.
            gates: [E] a factor for each edge's output, 1 in value, through which alphas get their
                gradient.
        """
        activated: list[Tensor | None] = [F.relu(x)]
        nodes: list[Tensor | None] = [None] * (self.num_nodes + 1)
        for index, (source, target) in enumerate(self.edges):
            fed = activated[source]
            if choice[index] != "zero" and fed is not None:
                output = cast(nn.ModuleDict, self.ops[index])[choice[index]](fed, mask)
                output = output if gates is None else output * gates[index]
                so_far = nodes[target]
                nodes[target] = output if so_far is None else so_far + output
            if source == target - 1:  # the node's last edge
                node = nodes[target]
                activated.append(None if node is None else F.relu(node))
        node_weights = torch.softmax(self.node_logits, dim=0)
        mixed = x.new_zeros(())
        for index in range(self.num_nodes):
            node = nodes[index + 1]
            mixed = mixed if node is None else mixed + node_weights[index] * node
        if mixed.dim() == 0:
            return x
        return x + F.relu(self.norm(mixed))
