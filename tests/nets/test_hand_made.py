"""Hand-made students: as wide as their cost allows, counted or measured."""

from pathlib import Path
from typing import Any

import onnx
import pytest

from adarec.nets import hand_made
from adarec.nets.hand_made import (
    ARCHITECTURES,
    WIDTHS,
    build_hand_made,
    hand_made_costs,
    nearest_width,
)
from adarec.nets.latency import request_call

LENGTH = 5


def test_the_width_of_the_nearest_cost_is_taken() -> None:
    costs = {"16": 1.0, "32": 2.0, "64": 6.0}
    assert [nearest_width(costs, cost=cost) for cost in (0.1, 1.6, 3.9, 4.1, 99.0)] == [
        16,
        32,
        32,
        64,
        64,
    ]
    assert nearest_width(costs, cost=1.5) == 16, "the narrower of two equally near ones"


def test_counted_costs_are_those_of_the_matrices() -> None:
    width = WIDTHS[0]
    found = hand_made_costs("params", length=LENGTH, num_items=9)
    assert set(found) == set(ARCHITECTURES)
    # Three gates, each with a matrix for the input and one for the state.
    assert found["gru"][str(width)] == pytest.approx(6 * width**2 / 1e3)
    # Query, key, value, output; four times as wide and back; a row a position.
    sasrec = 4 * width**2 + 8 * width**2 + LENGTH * width
    assert found["sasrec"][str(width)] == pytest.approx(sasrec / 1e3)
    multiply_adds = hand_made_costs("flops", length=LENGTH, num_items=9)
    assert multiply_adds["gru"][str(width)] == pytest.approx(6 * width**2 * LENGTH / 1e6)


def test_wider_costs_more() -> None:
    for costs in hand_made_costs("flops", length=LENGTH, num_items=9).values():
        assert list(costs.values()) == sorted(costs.values())
        assert list(costs) == [str(width) for width in WIDTHS]


def test_latencies_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_made, "WIDTHS", (16,))
    found = hand_made_costs("latency", length=LENGTH, num_items=9)
    assert {name: set(costs) for name, costs in found.items()} == {
        "gru": {"16"},
        "sasrec": {"16"},
    }
    assert all(0 < ms < 1000 for costs in found.values() for ms in costs.values())


def test_a_latency_is_that_of_scoring_too(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[list[str], int]] = []

    def noted(graph: Path, *, length: int, num_items: int, outputs: list[str]) -> Any:
        inputs = onnx.load(graph).graph.initializer
        asked.append((outputs, max(max(each.dims, default=0) for each in inputs)))
        return request_call(graph, length=length, num_items=num_items, outputs=outputs)

    monkeypatch.setattr(hand_made, "WIDTHS", (16,))
    monkeypatch.setattr(hand_made, "request_call", noted)
    hand_made_costs("latency", length=LENGTH, num_items=321)
    assert asked == [(["top_items", "top_scores"], 322)] * len(ARCHITECTURES)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_one_block_offers_one_layer(name: str) -> None:
    model = build_hand_made(name, num_items=9, length=LENGTH, width=16, dropout=0.0)
    assert model.num_layers == 1
    assert model.item_table.candidates.shape == (9, 16)
    assert len(model.blocks) == 1  # type: ignore[arg-type]
