"""The data half of the pictures of cells: graph, receptive field, heat map, costs, shares."""

import math

import numpy as np
import pytest

from adarec import catalog
from adarec.genotype import Genotype, cell_edges
from app.figures.cells.cell_distances import cell_distances_info, draw_cell_distances
from app.figures.cells.cell_graph import arc, cell_graph_info, cell_graph_infos, draw_cell_graph
from app.figures.cells.op_costs import draw_op_costs, op_costs_info
from app.figures.cells.op_heat_map import draw_op_heat_map, op_heat_map_info
from app.figures.cells.op_shares import draw_op_shares, op_shares_info
from app.figures.cells.receptive_field import (
    cell_paths,
    draw_receptive_field,
    op_offsets,
    receptive_field_info,
)
from app.figures.labels import edge_label, edge_labels
from app.figures.learning.op_curves import draw_op_curves, op_curves_info
from app.figures.results.scene_transfer import draw_scene_transfer, scene_transfer_info

CELL = Genotype(3, ("conv3", "skip", "zero", "dilconv3", "maxpool3", "zero"))


def test_an_arc_starts_and_ends_at_its_nodes_and_rises_between() -> None:
    path = arc((0.0, 0.0), (2.0, 0.0), height=0.5)
    assert path[0] == pytest.approx([0, 0])
    assert path[-1] == pytest.approx([2, 0])
    assert path[:, 1].max() == pytest.approx(0.5, abs=1e-3)


def test_the_graph_labels_every_edge_with_op_and_weight() -> None:
    weights = np.full((6, len(catalog.OPS)), 0.1)
    weights[0, 0] = 0.3
    info = cell_graph_info(CELL, op_weights=weights)
    assert [row["op"] for row in info.rows()] == list(CELL.ops)
    assert info.edges[0].weight == pytest.approx(0.3)
    texts = [annotation.text for annotation in draw_cell_graph(info).layout.annotations]
    assert texts[0] == "conv3 30%"
    assert len(texts) == 6


def test_the_graph_places_nodes_in_order_and_marks_dead_edges() -> None:
    info = cell_graph_info(CELL)
    places = [info.positions[node][0] for node in sorted(info.positions)]
    assert places == pytest.approx([0, 1, 2, 3, 4])
    live = {(edge.source, edge.target): edge.is_live for edge in info.edges}
    assert live == {
        (0, 1): True,
        (0, 2): True,
        (1, 2): False,
        (0, 3): True,
        (1, 3): True,
        (2, 3): False,
    }


def test_dilated_ops_skip_every_second_item() -> None:
    assert op_offsets(catalog.find(catalog.OPS, "dilconv3")) == [0, 2, 4]
    assert op_offsets(catalog.find(catalog.OPS, "conv3")) == [0, 1, 2]
    assert op_offsets(catalog.find(catalog.OPS, "skip")) == [0]


def test_paths_of_a_cell_are_counted_by_hand() -> None:
    # One node, one convolution over three items, and the residual around it.
    assert cell_paths(Genotype(1, ("conv3",))).tolist() == [2, 1, 1]


@pytest.mark.parametrize("ops", [CELL.ops, ("skip",) * 6, ("dilconv5",) * 6])
def test_the_picture_agrees_with_the_genotypes_receptive_field(ops: tuple[str, ...]) -> None:
    genotype = Genotype(3, ops)
    info = receptive_field_info(genotype, num_cells=2, length=500)
    assert info.shares.shape[1] == genotype.receptive_field(2)
    assert info.shares[-1, -1] > 0
    assert info.shares.sum(axis=1) == pytest.approx([1, 1])
    assert draw_receptive_field(info).data[0].z.shape == info.shares.shape


def test_the_picture_ends_where_the_history_ends() -> None:
    info = receptive_field_info(Genotype(3, ("dilconv5",) * 6), num_cells=4, length=10)
    assert info.shares.shape == (4, 10)
    assert info.title == f"Receptive field: all 10 items (it could be {info.field})"


def test_the_title_says_how_much_of_a_history_is_seen() -> None:
    genotype = Genotype(2, ("conv3", "zero", "skip"))  # two places back in each of two cells
    titles = [receptive_field_info(genotype, num_cells=2, length=n).title for n in (50, 5)]
    assert titles == ["Receptive field: 5 of 50 items", "Receptive field: all 5 items"]


def test_edges_are_recovered_from_their_number() -> None:
    for num_nodes in range(1, 7):
        edges = [edge_label(*edge) for edge in cell_edges(num_nodes)]
        assert edge_labels(len(edges)) == edges
        for cells in (2, 4):
            several = edge_labels(cells * len(edges), cells)
            assert several[len(edges)] == "cell 2: input → 1"
            assert [label.partition(": ")[2] for label in several] == edges * cells


def test_heat_map_and_curves_show_the_same_numbers() -> None:
    weights = np.random.default_rng(0).dirichlet(np.ones(len(catalog.OPS)), size=(2, 6))
    epochs = np.array([1, 2])
    now = op_heat_map_info(weights[1], epoch=2, edges=edge_labels(6))
    over_time = op_curves_info(epochs, weights, edge_labels(6))
    assert now.rows()[0]["edge"] == "input → 1"
    assert now.rows()[5]["zero"] == pytest.approx(weights[1, 5, 7])
    assert over_time.rows()[6 + 5] == {"epoch": 2} | now.rows()[5]
    assert draw_op_heat_map(now).data[0].z.shape == (6, 8)
    figure = draw_op_curves(over_time)
    assert len(figure.data) == 8
    # The line of an op passes through the charts of all edges, epoch by epoch.
    skip = figure.data[catalog.OP_NAMES.index("skip")]
    told = [float(told) for (told, _), x in zip(skip.customdata, skip.x, strict=True) if x == x]
    assert told == pytest.approx(weights[:, :, catalog.OP_NAMES.index("skip")].T.ravel())


def test_curves_say_since_when_an_op_leads_without_a_break() -> None:
    # Edge 1: op 1, then 0, then 1 to the end; edge 2: op 2 from the start.
    leads = [[1, 2], [0, 2], [1, 2], [1, 2]]
    weights = np.array([[np.eye(3)[op] for op in edges] for edges in leads])
    info = op_curves_info(np.array([1, 2, 3, 4]), weights, edge_labels(2)[:2])
    assert info.leaders == [("conv5", 3), ("dilconv3", 1)]
    names = [note.text for note in draw_op_curves(info).layout.annotations]
    assert names == ["input → 1: conv5 since 3", "input → 2: dilconv3 since 1"]


def test_costs_count_the_edges_that_carry_an_op() -> None:
    info = op_costs_info({"conv3": 0.5, "zero": 0.0}, unit="ms", genotype_ops=CELL.ops)
    assert info.rows() == [
        {"op": "conv3", "cost (ms)": 0.5, "edges that carry it": 1},
        {"op": "zero", "cost (ms)": 0.0, "edges that carry it": 2},
    ]
    assert list(draw_op_costs(info).data[0].text) == ["1 edge", "2 edges"]


def test_op_shares_add_up_to_the_edges_of_a_cell() -> None:
    info = op_shares_info({"shop": CELL, "other": Genotype(3, ("skip",) * 6)})
    assert sum(info.counts["shop"].values()) == 6
    assert info.counts["other"]["skip"] == 6
    assert {bar.name for bar in draw_op_shares(info).data} == {
        "Convolution 3",
        "Dilated convolution 3",
        "Max pooling 3",
        "Skip",
        "Zero",
    }


def test_edges_that_differ_between_two_cells_are_marked() -> None:
    other = Genotype(3, ("conv3", "skip", "zero", "conv5", "maxpool3", "zero"))
    info = cell_graph_info(CELL, compared_with=other)
    assert [row["in the other cell"] for row in info.rows()] == list(other.ops)
    texts = [annotation.text for annotation in draw_cell_graph(info).layout.annotations]
    assert [text for text in texts if "≠" in text] == ["<b>≠ dilconv3</b>"]
    assert "in the other cell" not in cell_graph_info(CELL).rows()[0]


OTHER = Genotype(3, ("conv5", "skip", "zero", "dilconv3", "maxpool3", "skip"))
APART = Genotype(3, CELL.ops + OTHER.ops)


def test_each_cell_of_a_stack_has_a_graph_with_its_own_weights() -> None:
    weights = np.linspace(0, 1, 12 * len(catalog.OPS)).reshape(12, -1)
    infos = cell_graph_infos(APART, op_weights=weights)
    assert [info.title for info in infos] == ["Cell 1", "Cell 2"]
    assert [[edge.op for edge in info.edges] for info in infos] == [[*CELL.ops], [*OTHER.ops]]
    dilconv3 = catalog.OP_NAMES.index("dilconv3")
    found = [info.edges[3].weight for info in infos]
    assert found == pytest.approx([weights[3, dilconv3], weights[9, dilconv3]])
    (alone,) = cell_graph_infos(CELL, op_weights=weights[:6])
    assert alone.title == "The cell that was found"
    assert alone.rows() == cell_graph_info(CELL, op_weights=weights[:6]).rows()


def marked(cell: Genotype, other: Genotype) -> list[tuple[str, list[int]]]:
    """Title of each graph, and which of its edges are marked beside `other`."""
    return [
        (info.title, [k for k, edge in enumerate(info.edges) if edge.other_op is not None])
        for info in cell_graph_infos(cell, title="Cell of run", compared_with=other)
    ]


def test_a_repeated_cell_stands_beside_each_cell_of_the_other_run() -> None:
    expected = [("Cell 1 of run", []), ("Cell 2 of run", [0, 5])]
    assert marked(APART, CELL) == marked(CELL, APART) == expected
    assert marked(CELL, OTHER) == [("Cell of run", [0, 5])]
    three = Genotype(3, CELL.ops * 3)
    assert marked(three, APART)[2] == ("Cell 3 of run", [0, 1, 2, 3, 4, 5])


def test_the_receptive_field_grows_by_each_cells_own_reach() -> None:
    skips = ("skip",) * 6
    for ops, reached in ((CELL.ops + skips, [5, 5]), (skips + CELL.ops, [1, 5])):
        info = receptive_field_info(Genotype(3, ops), num_cells=2, length=50)
        assert info.field == Genotype(3, ops).receptive_field(2) == 5
        assert [int((row > 0).nonzero()[0].max()) + 1 for row in info.shares] == reached


def test_curves_of_many_cells_have_room() -> None:
    count = 16 * 6
    weights = np.full((2, count, len(catalog.OPS)), 1 / len(catalog.OPS))
    info = op_curves_info(np.array([1, 2]), weights, edge_labels(count, 16))
    figure = draw_op_curves(info)
    layout = figure.layout
    names = [(note.x, note.y) for note in layout.annotations]
    assert len(set(names)) == count
    low, high = layout.yaxis.range
    assert all(low < y < high for _, y in names)
    assert layout.height / 32 > 100
    # 1/8 of a probability lies in each row's own chart, 32 rows under each other.
    levels = sorted({round(float(y), 6) for y in figure.data[0].y if y == y})
    assert len(levels) == 32
    assert layout.annotations[-1].text.startswith("cell 16: 2 → 3")


def result_with(ndcg: float, **foreign: float) -> dict:
    """A result whose student and controls from other scenes have these NDCG@10."""
    controls = [
        {"name": f"from-{name}", "metrics": {"ndcg@10": value}} for name, value in foreign.items()
    ]
    return {"student": {"metrics": {"ndcg@10": ndcg}}, "controls": controls}


def test_a_foreign_cell_is_compared_with_the_scenes_own() -> None:
    results = {
        "shop": result_with(0.2, films=0.21, elsewhere=0.9),
        "films": result_with(0.5),
        "my news": result_with(0.1, shop=0.05),
    }
    results["shop"]["controls"].append({"name": "from-my-news", "metrics": {"ndcg@10": 0.1}})
    info = scene_transfer_info(results)
    expected = [[0, 0.05, -0.5], [math.nan, 0, math.nan], [-0.5, math.nan, 0]]
    np.testing.assert_allclose(info.gains, expected, atol=1e-12)
    assert info.rows()[0]["NDCG@10 with the cell of my news"] == 0.1
    fields, written = draw_scene_transfer(info).data
    assert (fields.zmin, fields.zmax) == (-0.5, 0.5), "white is no difference"
    assert list(written.text)[:4] == ["+0.0%", "+5.0%", "-50.0%", ""]


def test_distances_are_the_share_of_edges_with_other_ops() -> None:
    other = Genotype(3, ("conv3", "skip", "zero", "conv5", "maxpool3", "skip"))
    info = cell_distances_info({"shop": CELL, "other": other})
    assert info.distances == pytest.approx(np.array([[0, 1 / 3], [1 / 3, 0]]))
    assert info.rows()[0] == {"cell": "shop", "shop": 0.0, "other": pytest.approx(1 / 3)}
    assert list(draw_cell_distances(info).data[0].x) == ["shop", "other"]


def test_only_edges_that_carry_nothing_are_dotted() -> None:
    """The cell has two of them (zero ops); its three nodes all lead to the output."""
    info = cell_graph_info(CELL)
    dashes = [line.line.dash for line in draw_cell_graph(info).data if line.mode == "lines"]
    assert len(dashes) == len(CELL.ops) + 3
    assert dashes[:3] == ["solid"] * 3, "to the output"
    assert dashes.count("dot") == sum(not edge.is_live for edge in info.edges) == 2
    assert "thin grey lines" in info.explanation
