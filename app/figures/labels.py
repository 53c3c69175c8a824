"""How several charts write the edges of a cell."""

from adarec.genotype import cell_edges


def edge_label(source: int, target: int) -> str:
    """How pages write an edge: `input → 1`, `1 → 2`."""
    return f"{'input' if source == 0 else source} → {target}"


def edge_labels(count: int, num_own_cells: int = 1) -> list[str]:
    """How pages write `count` edges, of one cell or of several, one cell after the other; n nodes
    have n (n + 1) / 2."""
    num_nodes = 1
    while num_own_cells * num_nodes * (num_nodes + 1) // 2 < count:
        num_nodes += 1
    labels = [edge_label(*edge) for edge in cell_edges(num_nodes)]
    if num_own_cells == 1:
        return labels
    return [f"cell {cell}: {label}" for cell in range(1, num_own_cells + 1) for label in labels]
