"""Cost tables: counted by hand, and measured in graphs on this machine."""

from pathlib import Path

import pytest

from adarec import catalog
from adarec.genotype import Genotype
from adarec.nets import cost_tables
from adarec.nets.cost_tables import StudentSizes, counted_costs, measured_costs
from adarec.nets.costs import cost_model
from adarec.nets.counts import CountBlend
from adarec.nets.encoding import SequenceModel
from adarec.nets.ops import OPS
from adarec.nets.selection import all_skip
from tests.nets.small_models import CARRYING, WIDTH, small_teacher

LENGTH = 10
SIZES = StudentSizes(width=8, num_cells=2, num_nodes=2)
TEACHER_WEIGHTS = 2 * 2 * 3 * WIDTH * WIDTH  # two blocks of two convolutions of three taps
REST = (2 * 2 + 2) * 8  # norms of the student


def table(kind: str) -> dict:
    return counted_costs(kind, small_teacher(), num_items=12, length=LENGTH, sizes=SIZES)


def test_multiply_adds_by_hand() -> None:
    found = table("flops")
    assert found["unit"] == "M multiply-adds"
    # The last convolution has dilation 8: its third tap is 16 items back, and never computed.
    computed = TEACHER_WEIGHTS - WIDTH * WIDTH
    assert found["teacher"] == found["teacher_body"] == computed * LENGTH / 1e6
    model = cost_model(found, of_body=False)
    conv3, conv5 = 3 * 8 * 8, 5 * 8 * 8
    genotype = Genotype(2, ("conv3", "skip", "conv5"))  # sees 13 items, so all 10 are computed
    expected = (REST * LENGTH + 2 * LENGTH * (conv3 + conv5)) / 1e6
    assert model.of(genotype) == pytest.approx(expected)
    narrow = Genotype(2, ("conv3", "skip", "skip"))  # sees 5 items
    assert model.of(narrow) == pytest.approx((REST * LENGTH + 2 * 5 * conv3) / 1e6)


def test_parameters_by_hand() -> None:
    found = table("params")
    assert found["unit"] == "k parameters"
    assert found["teacher"] == TEACHER_WEIGHTS / 1e3
    model = cost_model(found, of_body=False)
    genotype = Genotype(2, ("conv3", "skip", "maxpool3"))
    assert model.of(genotype) == pytest.approx((REST + 2 * 3 * 8 * 8) / 1e3)
    assert model.of(all_skip(2)) > 0, "no student costs nothing"


@pytest.mark.parametrize("kind", ["flops", "params"])
def test_a_table_names_every_op_and_its_method(kind: str) -> None:
    found = table(kind)
    assert set(found["ops"]) == set(found["op_lines"]) == set(catalog.OP_NAMES)
    for op, line in found["op_lines"].items():
        at_length = line["base"] + LENGTH * line["per_position"]
        assert found["ops"][op] == pytest.approx(at_length)
        assert (at_length > 0) == catalog.find(catalog.OPS, op).parametric
    assert found["method"]["how"].startswith("counted")


def test_any_op_may_read_the_mask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which graph needs the history is seen in the graph, not in the op's name."""
    pool, skip = OPS["avgpool3"], OPS["skip"]
    monkeypatch.setitem(OPS.builders, "conv3", pool)
    monkeypatch.setitem(OPS.builders, "maxpool3", skip)
    monkeypatch.setattr(cost_tables, "OP_REPEATS", 2)
    lines = cost_tables._op_lines(tmp_path, width=8, lengths=(4, 8))
    assert set(lines) == set(catalog.OP_NAMES)


def test_requests_that_look_counts_up_are_timed_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The limit of a hybrid student has to hold with its counts."""
    timed = []

    def spy(model: SequenceModel, path: Path, *, length: int) -> None:
        timed.append((model.item_table.embedding.embedding_dim, model.blend))

    line = {"base": 1.0, "per_position": 0.0}
    monkeypatch.setattr(cost_tables, "write_request_graph", spy)
    monkeypatch.setattr(cost_tables, "write_body_graph", lambda *_, **__: None)
    monkeypatch.setattr(cost_tables, "_op_lines", lambda *_, **__: {"skip": line, "zero": line})
    monkeypatch.setattr(
        cost_tables, "_request_times", lambda graphs, **_: dict.fromkeys(graphs, 1)
    )
    counts = CountBlend.of_size(12, 4)
    for blend in (counts, None):
        teacher = small_teacher()
        measured_costs(teacher, num_items=12, length=LENGTH, sizes=SIZES, blend=blend)
    student, teacher = SIZES.width, WIDTH
    assert timed == [(student, counts), (teacher, counts), (student, None), (teacher, None)]


@pytest.mark.slow
def test_a_measured_table_is_plausible() -> None:
    sizes = StudentSizes(width=64, num_cells=2, num_nodes=3)
    teacher = small_teacher("sasrec", num_items=500, length=20)
    found = measured_costs(teacher, num_items=500, length=20, sizes=sizes)
    assert found["unit"] == "ms"
    assert "onnxruntime" in found["method"]["how"]
    for op in CARRYING:
        assert 0 <= found["ops"][op] < 5
    assert found["ops"]["zero"] == 0
    assert found["ops"]["conv5"] > found["ops"]["skip"]
    assert found["scoring"] >= 0
    assert 0 < found["teacher_body"]
    assert 0 < found["teacher"]
