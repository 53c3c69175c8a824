"""The found cell as plain data: edges, what carries anything, and how far back it looks."""

import pytest

from adarec.errors import ArtefactError
from adarec.genotype import Genotype, cell_edges


def test_edges_come_node_by_node() -> None:
    assert cell_edges(1) == ((0, 1),)
    assert cell_edges(3) == ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
    genotype = Genotype(2, ("conv3", "skip", "zero"))
    assert genotype.edges == [(0, 1, "conv3"), (0, 2, "skip"), (1, 2, "zero")]


@pytest.mark.parametrize(
    ("ops", "live"),
    [
        (("conv3", "skip", "zero"), [(0, 1, "conv3"), (0, 2, "skip")]),
        (("zero", "skip", "conv5"), [(0, 2, "skip")]),  # node 1 is empty, so what leaves it is
        (("zero", "zero", "conv5"), []),
        (("zero", "zero", "zero"), []),
    ],
)
def test_live_edges_carry_something_from_the_input(ops, live) -> None:
    assert Genotype(2, ops).live_edges == live


@pytest.mark.parametrize(
    ("ops", "collapsed"),
    [
        (("skip", "skip", "skip"), True),
        (("maxpool3", "avgpool3", "skip"), True),
        (("zero", "zero", "zero"), True),
        (("zero", "skip", "conv3"), True),  # the convolution is fed by nothing
        (("skip", "zero", "conv3"), False),
        (("dilconv5", "skip", "skip"), False),
    ],
)
def test_a_cell_without_a_living_convolution_has_collapsed(ops, collapsed: bool) -> None:
    assert Genotype(2, ops).is_collapsed == collapsed


@pytest.mark.parametrize(
    ("ops", "num_cells", "expected"),
    [
        (("skip", "skip", "skip"), 4, 1),
        (("conv3", "skip", "skip"), 1, 3),
        (("conv3", "skip", "skip"), 2, 5),
        (("conv3", "skip", "conv5"), 1, 7),  # 2 + 4 back along the chain
        (("conv3", "dilconv5", "zero"), 1, 9),  # node 2 alone looks 8 back
        (("conv3", "dilconv5", "zero"), 3, 25),
        (("zero", "skip", "dilconv5"), 2, 1),  # what looks far is fed by nothing
        (("maxpool3", "zero", "dilconv3"), 1, 7),
        (("zero", "zero", "zero"), 2, 1),
    ],
)
def test_the_receptive_field_by_hand(ops, num_cells: int, expected: int) -> None:
    assert Genotype(2, ops).receptive_field(num_cells) == expected


def test_json_and_back() -> None:
    genotype = Genotype(2, ("conv3", "skip", "zero"))
    data = genotype.to_json()
    assert data["edges"][1] == {"source": 0, "target": 2, "op": "skip"}
    assert Genotype.from_json(data) == genotype
    assert Genotype.from_json(data).dumps() == genotype.dumps()
    assert Genotype(2, ("conv5", "skip", "zero")).dumps() != genotype.dumps()
    assert genotype.describe() == "0>1 conv3, 0>2 skip, 1>2 zero"


@pytest.mark.parametrize("ops", [(), ("conv3",), ("conv3", "skip", "conv7"), ("skip",) * 4])
def test_a_genotype_of_other_edges_or_ops_is_refused(ops) -> None:
    with pytest.raises(ArtefactError, match="needs 3 known ops"):
        Genotype(2, ops)


def test_differing_edges_are_named_and_counted() -> None:
    one, other = Genotype(2, ("conv3", "skip", "zero")), Genotype(2, ("conv3", "conv5", "skip"))
    assert one.differing_edges(other) == {(1, 0, 2), (1, 1, 2)}
    assert one.distance(other) == other.distance(one) == pytest.approx(2 / 3)
    assert one.distance(one) == 0


def test_an_edge_that_one_cell_lacks_differs() -> None:
    assert Genotype(1, ("skip",)).distance(Genotype(2, ("skip",) * 3)) == pytest.approx(2 / 3)


CONV, WIDE, SKIPS = ("conv3", "skip", "zero"), ("dilconv5", "zero", "conv5"), ("skip",) * 3


def test_one_cell_after_the_other_is_split_into_its_cells() -> None:
    genotype = Genotype(2, CONV + WIDE)
    assert genotype.num_own_cells == 2
    assert genotype.cells == (Genotype(2, CONV), Genotype(2, WIDE))
    assert genotype.edges == Genotype(2, CONV).edges + Genotype(2, WIDE).edges
    assert genotype.in_series(2) == genotype.cells
    assert Genotype(2, CONV).in_series(3) == (Genotype(2, CONV),) * 3
    assert Genotype(1, ("skip",) * 3).num_own_cells == 3


def test_what_is_dead_in_one_cell_may_live_in_the_next() -> None:
    fed = Genotype(2, ("zero", "skip", "conv5", *CONV))
    assert fed.live_edges == [(0, 2, "skip"), (0, 1, "conv3"), (0, 2, "skip")]
    assert not fed.is_collapsed
    assert not Genotype(2, SKIPS + CONV).is_collapsed
    assert Genotype(2, SKIPS + ("zero", "skip", "conv5")).is_collapsed


@pytest.mark.parametrize(
    ("ops", "expected"),
    [
        (CONV + SKIPS, 3),
        (CONV + CONV, 5),
        (CONV + WIDE, 15),  # 2 back, then 8 + 4
        (WIDE + CONV + SKIPS, 15),
        (SKIPS + SKIPS, 1),
    ],
)
def test_the_receptive_field_adds_up_over_the_cells(ops, expected: int) -> None:
    genotype = Genotype(2, ops)
    assert genotype.receptive_field(genotype.num_own_cells) == expected


def test_as_many_cells_as_the_student_has_are_needed() -> None:
    with pytest.raises(ArtefactError, match="of 2 cells does not fit a student of 3"):
        Genotype(2, CONV + WIDE).receptive_field(3)


def test_edges_name_their_cell_in_json_where_cells_differ() -> None:
    genotype = Genotype(1, ("conv3", "skip"))
    data = genotype.to_json()
    assert data == {
        "num_nodes": 1,
        "edges": [
            {"source": 0, "target": 1, "op": "conv3", "cell": 1},
            {"source": 0, "target": 1, "op": "skip", "cell": 2},
        ],
    }
    assert Genotype.from_json(data) == genotype
    assert genotype.describe() == "cell 1: 0>1 conv3; cell 2: 0>1 skip"
    shared = Genotype(1, ("conv3",))
    assert shared.dumps() == (
        '{"edges": [{"op": "conv3", "source": 0, "target": 1}], "num_nodes": 1}'
    )


def test_a_repeated_cell_is_compared_with_each_of_the_others() -> None:
    shared, apart = Genotype(2, CONV), Genotype(2, CONV + WIDE)
    assert shared.differing_edges(apart) == {(2, 0, 1), (2, 0, 2), (2, 1, 2)}
    assert shared.distance(apart) == apart.distance(shared) == 1 / 2
    assert shared.distance(Genotype(2, CONV + CONV)) == 0
    assert apart.distance(Genotype(2, CONV + WIDE + CONV)) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("ops", "is_chain"),
    [
        (("conv3", "zero", "skip"), True),
        (("conv3", "skip", "skip"), False),
        (("zero", "conv3", "skip"), False),
        (("conv3", "zero", "skip", "conv5", "skip", "skip"), False),
        (("conv3", "zero", "skip", "conv5", "zero", "conv3"), True),
    ],
)
def test_in_a_chain_each_node_hears_of_the_one_before_alone(
    ops: tuple[str, ...], is_chain: bool
) -> None:
    assert Genotype(2, ops).is_chain == is_chain
