"""The contract of a candidate op, held by every op of the catalogue."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adarec import catalog
from adarec.nets.ops import OPS
from tests.nets.small_models import CARRYING

WIDTH, LENGTH = 4, 12
CONVOLUTIONS = {"conv3": (3, 1), "conv5": (5, 1), "dilconv3": (3, 2), "dilconv5": (5, 2)}

every_op = pytest.mark.parametrize("name", catalog.OP_NAMES)
every_carrying_op = pytest.mark.parametrize("name", CARRYING)


def build(name: str, width: int = WIDTH) -> nn.Module:
    torch.manual_seed(0)
    return OPS[name](width).eval()


def random_batch(pads: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """x [B, L, D] and mask [B, L]; row b has pads[b] PAD positions on the left, zero as promised
    to ops."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(len(pads), LENGTH, WIDTH, generator=generator)
    mask = torch.arange(LENGTH)[None, :] >= torch.tensor(pads)[:, None]
    return x * mask.unsqueeze(-1), mask


def column(values: list[float]) -> Tensor:
    """One history of one feature, [1, L, 1]."""
    return torch.tensor(values, dtype=torch.float32).view(1, -1, 1)


def test_the_registry_holds_the_catalogue() -> None:
    assert list(OPS.builders) == list(catalog.OP_NAMES)


@every_op
def test_the_shape_is_kept(name: str) -> None:
    x, mask = random_batch((0, 3))
    assert build(name)(x, mask).shape == x.shape
    assert build(name)(x, None).shape == x.shape
    assert build(name)(x[:, -1:], mask[:, -1:]).shape == (2, 1, WIDTH)


@every_op
@pytest.mark.parametrize("is_masked", [False, True])
def test_no_position_sees_its_own_future(name: str, is_masked: bool) -> None:
    op = build(name)
    x, mask = random_batch((0, 3))
    seen = mask if is_masked else None
    for t in range(1, LENGTH):
        changed = x.clone()
        changed[:, t:] += 1.0
        assert torch.equal(op(x, seen)[:, :t], op(changed, seen)[:, :t]), t


@every_op
def test_it_reaches_as_far_back_as_the_catalogue_says(name: str) -> None:
    op, reach = build(name), catalog.find(catalog.OPS, name).reach
    x, _ = random_batch((0,))
    moved = []
    for back in range(LENGTH):
        changed = x.clone()
        changed[:, LENGTH - 1 - back] += 100.0
        if not torch.equal(op(x, None)[:, -1], op(changed, None)[:, -1]):
            moved.append(back)
    assert moved == [] if name == "zero" else moved[0] == 0
    assert max(moved, default=0) == reach


@every_op
def test_it_is_zero_at_pad(name: str) -> None:
    x, mask = random_batch((1, 5, LENGTH - 1))
    assert (build(name)(x, mask)[~mask] == 0).all()


@every_op
@pytest.mark.parametrize("pads", [1, 2, 7])
def test_more_pad_changes_nothing_at_real_positions(name: str, pads: int) -> None:
    op = build(name)
    x, mask = random_batch((0, 3))
    wider, wider_mask = F.pad(x, (0, 0, pads, 0)), F.pad(mask, (pads, 0))
    torch.testing.assert_close(op(wider, wider_mask)[:, pads:][mask], op(x, mask)[mask])


@every_op
@pytest.mark.parametrize("length", [1, 2, 3, 4, 8])
def test_a_mask_of_real_positions_is_no_mask(name: str, length: int) -> None:
    """Also where an op's window reaches over the start of the history."""
    op = build(name)
    x, _ = random_batch((0, 0))
    short = x[:, :length]
    padded = F.pad(short, (0, 0, 9, 0))
    mask = (torch.arange(length + 9) >= 9).expand(2, -1)
    torch.testing.assert_close(op(padded, mask)[:, 9:], op(short, None))


@every_carrying_op
def test_gradient_reaches_input_and_weights(name: str) -> None:
    op = build(name)
    x, mask = random_batch((0, 3))
    x.requires_grad_()
    out = op(x, mask)
    (out * torch.randn(out.shape, generator=torch.Generator().manual_seed(2))).sum().backward()
    assert x.grad is not None
    for gradient in [x.grad, *(p.grad for p in op.parameters())]:
        assert gradient is not None
        assert gradient.isfinite().all()
        assert gradient.abs().sum() > 0


@every_op
def test_only_parametric_ops_have_parameters(name: str) -> None:
    is_parametric = catalog.find(catalog.OPS, name).parametric
    assert bool(list(build(name).parameters())) == is_parametric


def test_zero_gives_zeros_and_skip_its_input() -> None:
    x, mask = random_batch((0, 3))
    assert torch.equal(build("zero")(x, mask), torch.zeros_like(x))
    assert torch.equal(build("skip")(x, mask), x)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Tap i has the factor 10**i and tap 0 is the newest, so an output over 1, 2, 3, … spells
        # the items it saw.
        ("conv3", [1, 12, 123, 234, 345, 456]),
        ("conv5", [1, 12, 123, 1234, 12345, 23456]),
        ("dilconv3", [1, 2, 13, 24, 135, 246]),
        ("dilconv5", [1, 2, 13, 24, 135, 246]),
    ],
)
def test_convolutions_by_hand(name: str, expected: list[float]) -> None:
    op = build(name, width=1)
    taps = torch.tensor([[10.0**i for i in range(CONVOLUTIONS[name][0])]])
    op.load_state_dict({"conv.weight": taps})
    assert op(column([1, 2, 3, 4, 5, 6]), None).flatten().tolist() == expected


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_mix_features_as_torch_does(name: str) -> None:
    op = build(name)
    kernel_size, dilation = CONVOLUTIONS[name]
    x, _ = random_batch((0, 0))
    weight = op.get_parameter("conv.weight").view(WIDTH, kernel_size, WIDTH)
    oldest_first = weight.permute(0, 2, 1).flip(-1)  # [D_out, D_in, k]
    history = F.pad(x.transpose(1, 2), ((kernel_size - 1) * dilation, 0))
    expected = F.conv1d(history, oldest_first, dilation=dilation).transpose(1, 2)
    torch.testing.assert_close(op(x, None), expected)


def test_max_pooling_by_hand_never_meets_the_pad() -> None:
    x = column([0.0, 0.0, -5.0, -3.0, -4.0, -6.0, -7.0])
    mask = torch.tensor([[False, False, True, True, True, True, True]])
    found = build("maxpool3", width=1)(x, mask).flatten().tolist()
    assert found == [0.0, 0.0, -5.0, -3.0, -3.0, -3.0, -4.0]
    unmasked = build("maxpool3", width=1)(x[:, 2:], None).flatten().tolist()
    assert unmasked == [-5.0, -3.0, -3.0, -3.0, -4.0]


def test_average_pooling_by_hand_counts_real_positions() -> None:
    x = column([0.0, 0.0, 6.0, 2.0, 1.0, 9.0])
    mask = torch.tensor([[False, False, True, True, True, True]])
    found = build("avgpool3", width=1)(x, mask).flatten().tolist()
    assert found == [0.0, 0.0, 6.0, 4.0, 3.0, 4.0]
    assert build("avgpool3", width=1)(x[:, 2:], None).flatten().tolist() == [6.0, 4.0, 3.0, 4.0]
