"""What the picture of a cell says of each edge: reach, cost, the ops that it did not get; and the
shares of ops over the epochs."""

import numpy as np
import pytest

from adarec import catalog
from adarec.genotype import Genotype
from app.figures.cells.cell_graph import (
    CellGraphInfo,
    cell_graph_info,
    cell_graph_infos,
    draw_cell_graph,
    explain_graphs,
)
from app.figures.learning.op_share_curves import draw_op_share_curves, op_share_curves_info

CELL = Genotype(3, ("conv3", "skip", "zero", "dilconv3", "maxpool3", "zero"))
COSTS = {"unit": "ms", "ops": {op: 0.01 * k for k, op in enumerate(catalog.OP_NAMES)}}


def weights_of(**first_edge: float) -> np.ndarray:
    """[6, O] op probabilities: alike, but for those given of the first edge."""
    weights = np.full((6, len(catalog.OPS)), 1 / len(catalog.OPS))
    for op, weight in first_edge.items():
        weights[0, catalog.OP_NAMES.index(op)] = weight
    return weights


def hovers(info: CellGraphInfo) -> list[str]:
    """What each label says when it is pointed at."""
    return [note.hovertext for note in draw_cell_graph(info).layout.annotations]


@pytest.mark.parametrize("ops", [CELL.ops, ("dilconv5",) * 6, ("skip",) * 6])
def test_the_longest_path_of_a_cell_is_its_receptive_field(ops: tuple[str, ...]) -> None:
    genotype = Genotype(3, ops)
    reaches = [edge.longest_reach for edge in cell_graph_info(genotype).edges]
    assert max(reaches) == genotype.receptive_field(1) - 1


def test_each_edge_knows_how_far_its_paths_look() -> None:
    """By hand: 2 items to node 1, 2 more to node 3; 4 from the input to node 3; skip and zero."""
    info = cell_graph_info(CELL)
    assert [edge.longest_reach for edge in info.edges] == [4, 0, 0, 4, 4, 0]
    assert [row["looks back (items)"] for row in info.rows()] == [2, 0, 0, 4, 2, 0]
    first, skip, zero, *_ = hovers(info)
    assert "looks 2 items back, the longest path through it 4 items back" in first
    assert "looks no further back" in skip
    assert "looks" not in zero, "it carries nothing"


def test_each_edge_says_its_cost_in_the_unit_of_the_table() -> None:
    info = cell_graph_info(CELL, costs=COSTS)
    costs = [row["cost of one use (ms)"] for row in info.rows()]
    assert costs == pytest.approx([0, 0.06, 0.07, 0.02, 0.04, 0.07])
    assert "one use costs 0.02 ms" in hovers(info)[3]
    counted = cell_graph_info(CELL, costs=COSTS | {"unit": "M multiply-adds"})
    assert "one use costs 0.02 M multiply-adds" in hovers(counted)[3]
    plain = cell_graph_info(CELL)
    assert not any("cost" in name for name in plain.rows()[0])
    assert "costs" not in hovers(plain)[3]


def test_a_label_names_the_strongest_of_the_other_ops() -> None:
    weights = weights_of(conv3=0.3, conv5=0.18)
    info = cell_graph_info(CELL, op_weights=weights)
    assert "runner-up: Convolution 5, 18.0%" in hovers(info)[0]
    assert info.rows()[0]["strongest other op"] == "conv5"
    assert info.rows()[0]["its probability"] == pytest.approx(0.18)
    beaten = cell_graph_info(CELL, op_weights=weights_of(conv3=0.1, avgpool3=0.29))
    assert "more probable: Average pooling 3, 29.0%" in hovers(beaten)[0]
    assert "strongest other op" not in cell_graph_info(CELL).rows()[0]


def test_probable_ops_that_an_edge_did_not_get_are_drawn_beside_it() -> None:
    weights = weights_of(conv3=0.3, conv5=0.18, skip=0.2, zero=0.01)
    info = cell_graph_info(CELL, op_weights=weights, with_others=True)
    assert [other.op for other in info.edges[0].others] == ["skip", "conv5"]
    assert [len(edge.others) for edge in info.edges] == [2, 1, 1, 1, 1, 1], "only the runner-up"
    plain = cell_graph_info(CELL, op_weights=weights)
    drawn, without = draw_cell_graph(info), draw_cell_graph(plain)
    assert len(drawn.data) - len(without.data) == 7
    assert drawn.data[0].text == "input → 1: not taken: Skip, 20.0%"
    assert drawn.data[0].line.color == "rgba(204, 121, 167, 0.5)"
    assert drawn.data[0].line.width > drawn.data[1].line.width
    for edge in info.edges:
        for other in edge.others:
            assert other.path[0] == pytest.approx(edge.path[0])
            assert other.path[-1] == pytest.approx(edge.path[-1])
            assert other.path[20, 1] < edge.path[20, 1]


@pytest.mark.parametrize("num_nodes", [1, 3, 5])
def test_labels_of_neighbours_keep_their_distance(num_nodes: int) -> None:
    """Labels are about 26 pixels high; in a narrow picture a step is shorter than a label, but two
    steps are longer."""
    count = num_nodes * (num_nodes + 1) // 2
    figure = draw_cell_graph(cell_graph_info(Genotype(num_nodes, ("dilconv3",) * count)))
    low, high = figure.layout.yaxis.range
    plot = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    unit = plot / (high - low)
    places = [(note.x, note.y * unit + note.yshift) for note in figure.layout.annotations]
    for place, (x, y) in enumerate(places):
        for other_x, other_y in places[place + 1 :]:
            assert abs(x - other_x) >= 1.99 or abs(y - other_y) >= 26


def test_the_words_explain_what_is_drawn_and_nothing_else() -> None:
    signs = {
        "width of a coloured line": {"op_weights": weights_of()},
        "Faint lines": {"op_weights": weights_of(), "with_others": True},
        "Framed labels": {"compared_with": Genotype(3, ("skip",) * 6)},
        "what it costs": {"costs": COSTS},
    }
    for sign, options in signs.items():
        assert sign in cell_graph_info(CELL, **options).explanation  # type: ignore[arg-type]
        assert sign not in cell_graph_info(CELL).explanation
    assert "Framed" not in cell_graph_info(CELL, compared_with=CELL).explanation
    assert "Dotted" in cell_graph_info(CELL).explanation
    alive = cell_graph_info(Genotype(3, ("conv3",) * 6))
    assert "Dotted" not in alive.explanation
    known = cell_graph_info(CELL, op_weights=weights_of())
    assert ", where one was recorded" in explain_graphs([alive, known])
    assert "Dotted" in explain_graphs([alive, known])


def test_a_cell_without_partner_is_explained_as_marked() -> None:
    three, two = Genotype(3, CELL.ops * 3), Genotype(3, CELL.ops * 2)
    *same, alone = cell_graph_infos(three, compared_with=two)
    assert "Framed labels" in alone.explanation
    assert not any("Framed" in info.explanation for info in same)


def test_shares_of_ops_are_drawn_with_a_line_and_a_marker_each() -> None:
    shares = np.array([[1 / 8] * 8, [0.3, *[0.1] * 7]])
    info = op_share_curves_info(np.array([1, 2]), shares)
    assert info.rows()[1] == {"epoch": 2, "conv3": 0.3} | dict.fromkeys(
        catalog.OP_NAMES[1:], pytest.approx(0.1)
    )
    lines = draw_op_share_curves(info).data
    assert [line.name for line in lines] == list(catalog.OP_NAMES)
    assert len({line.marker.symbol for line in lines}) == len(lines)
    assert list(lines[0].y) == pytest.approx([1 / 8, 0.3])
