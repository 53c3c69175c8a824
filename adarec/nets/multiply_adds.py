"""How many multiply-adds one call of a module takes."""

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def multiply_adds(module: nn.Module, *inputs: Tensor) -> int:
    """Multiply-adds of `module(*inputs)`, those of attention included: the counter knows its two
    products in the plain form only, and takes the fused one for nothing.
    """
    with (
        torch.no_grad(),
        sdpa_kernel(SDPBackend.MATH),
        FlopCounterMode(display=False) as counter,
    ):
        module(*inputs)
    return counter.get_total_flops() // 2
