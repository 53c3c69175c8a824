"""A fixed piece of work, so that times of different machines can be quoted as ratios.

It runs in a process of its own with torch as it comes: what this project changes in a process
(matrix products, memory, waiting threads) would make the yardstick shorter along with the work.
"""

import os
import statistics
import subprocess
import sys
import time

import torch
from torch import Tensor, nn
from torch.nn import functional as F

REPEATS, WARM_UP = 7, 2


class _Stack(nn.Module):
    """32 causal convolutions of width 256, kernel 3, dilations 1, 2, 4, 8 in turn, with norms."""

    def __init__(self) -> None:
        super().__init__()
        dilations = [1, 2, 4, 8] * 8
        self.convs = nn.ModuleList(nn.Conv1d(256, 256, 3, dilation=d) for d in dilations)
        self.norms = nn.ModuleList(nn.LayerNorm(256) for _ in dilations)
        self.reaches = [2 * d for d in dilations]

    def forward(self, x: Tensor) -> Tensor:
        """[64, 50, 256] -> the same shape; a residual around every pair."""
        hidden = x
        for index, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            padded = F.pad(hidden, (0, 0, self.reaches[index], 0)).transpose(1, 2)
            hidden = F.relu(norm(conv(padded).transpose(1, 2)))
            if index % 2:
                x = hidden = x + hidden
        return x


def yardstick_s(*, threads: int) -> float:
    """Median seconds of one forward pass of the stack on 64 histories of 50 positions."""
    plain = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    command = [sys.executable, "-m", "adarec.bench.yardstick", str(threads)]
    answer = subprocess.run(command, env=plain, check=True, stdout=subprocess.PIPE, text=True)
    return float(answer.stdout)


def _median_s(threads: int) -> float:
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    stack, histories = _Stack().eval(), torch.randn(64, 50, 256)
    times = []
    with torch.inference_mode():
        for turn in range(WARM_UP + REPEATS):
            start = time.perf_counter()
            stack(histories)
            if turn >= WARM_UP:
                times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    sys.stdout.write(str(_median_s(int(sys.argv[1]))))
