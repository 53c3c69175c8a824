"""Words that several charts use for edges and count baselines."""

from adarec.genotype import cell_edges

BASELINE_TITLES = {
    "popularity": "popularity",
    "own_frequency": "own most frequent items",
    "last_item_transitions": "most often after the last item",
}


def edge_label(source: int, target: int) -> str:
    """How pages write an edge: `input → 1`, `1 → 2`."""
    return f"{'input' if source == 0 else source} → {target}"


def edges_of(count: int) -> list[tuple[int, int]]:
    """The edges (source, target) of a cell that has `count` of them: n nodes have n (n + 1) /
    2."""
    num_nodes = 1
    while num_nodes * (num_nodes + 1) // 2 < count:
        num_nodes += 1
    return cell_edges(num_nodes)


def baseline_title(name: str) -> str:
    """How pages name a count baseline."""
    return BASELINE_TITLES.get(name, name.replace("_", " "))
