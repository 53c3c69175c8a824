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
    nearest_widths,
)
from adarec.nets.latency import Latency, request_call, time_in_turn

LENGTH = 5


def test_widths_are_ordered_by_the_distance_of_their_costs() -> None:
    by_width = {"16": 1.0, "32": 2.0, "128": 9.0, "64": 6.0}
    assert nearest_widths(by_width, cost=0.1) == [16, 32, 64, 128]
    assert nearest_widths(by_width, cost=4.1) == [64, 32, 16, 128]
    assert nearest_widths(by_width, cost=1.5)[:2] == [16, 32], "of two equally near the narrower"


def costs(cost: str, *, num_items: int = 9, width: int = 16) -> tuple[float, dict[str, Any]]:
    found = build_hand_made("gru", num_items=num_items, length=LENGTH, width=width, dropout=0.0)
    return hand_made_costs(found.eval(), cost, length=LENGTH, num_items=num_items)


def test_counted_costs_are_those_of_the_matrices() -> None:
    width = WIDTHS[0]
    found, by_width = costs("params", width=width)
    assert set(by_width) == set(ARCHITECTURES)
    # Three gates, each with a matrix for the input and one for the state.
    assert by_width["gru"][str(width)] == pytest.approx(6 * width**2 / 1e3)
    assert found == by_width["gru"][str(width)]
    # Query, key, value, output; four times as wide and back; a row a position.
    sasrec = 4 * width**2 + 8 * width**2 + LENGTH * width
    assert by_width["sasrec"][str(width)] == pytest.approx(sasrec / 1e3)
    _, multiply_adds = costs("flops")
    assert multiply_adds["gru"][str(width)] == pytest.approx(6 * width**2 * LENGTH / 1e6)


def test_wider_costs_more() -> None:
    for by_width in costs("flops")[1].values():
        assert list(by_width.values()) == sorted(by_width.values())
        assert list(by_width) == [str(width) for width in WIDTHS]


def test_latencies_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_made, "WIDTHS", (16,))
    found, by_width = costs("latency")
    assert {name: set(times) for name, times in by_width.items()} == {
        "gru": {"16"},
        "sasrec": {"16"},
    }
    assert all(0 < ms < 1000 for times in by_width.values() for ms in times.values())
    assert 0 < found < 1000


def test_whole_requests_are_timed_in_one_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[list[str], int]] = []
    turns: list[set[str]] = []

    def noted(graph: Path, *, length: int, num_items: int, outputs: list[str]) -> Any:
        tensors = onnx.load(graph).graph.initializer
        asked.append((outputs, max(max(each.dims, default=0) for each in tensors)))
        return request_call(graph, length=length, num_items=num_items, outputs=outputs)

    def timed(calls: dict[str, Any], *, repeats: int) -> Any:
        turns.append(set(calls))
        return time_in_turn(calls, repeats=1, warm_up=0)

    monkeypatch.setattr(hand_made, "WIDTHS", (16,))
    monkeypatch.setattr(hand_made, "request_call", noted)
    monkeypatch.setattr(hand_made, "time_in_turn", timed)
    costs("latency", num_items=321)
    assert asked == [(["top_items", "top_scores"], 322)] * 3 * (1 + hand_made.LOADS)
    assert turns == [{"found", "gru-16", "sasrec-16"}] * (1 + hand_made.LOADS)


def test_the_nearest_widths_are_timed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def timed(calls: dict[str, Any], *, repeats: int) -> Any:
        crowd = 10.0 if len(calls) > 7 else 0.0  # as if every graph were slower among many
        ms = {name: float(name.rpartition("-")[2]) for name in calls if name != "found"}
        return {name: Latency(ms.get(name, 41.0) + crowd, 0.0) for name in calls}

    monkeypatch.setattr(hand_made, "time_in_turn", timed)
    monkeypatch.setattr(hand_made, "WIDTHS", (16, 24, 32, 40, 48, 56))
    found, by_width = costs("latency")
    assert found == 41.0
    assert by_width["gru"] == by_width["sasrec"] == {"32": 32.0, "40": 40.0, "48": 48.0}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_one_block_offers_one_layer(name: str) -> None:
    model = build_hand_made(name, num_items=9, length=LENGTH, width=16, dropout=0.0)
    assert model.num_layers == 1
    assert model.item_table.candidates.shape == (9, 16)
    assert len(model.blocks) == 1  # type: ignore[arg-type]
