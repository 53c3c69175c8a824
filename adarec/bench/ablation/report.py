"""The evidence as one JSON object: what the pages print and the figures draw."""

from collections.abc import Sequence

from adarec.bench.ablation.changed import changed_row, paper_row, teacher_row
from adarec.bench.ablation.compared import compared_row, pooled_rows
from adarec.bench.ablation.front import front_row
from adarec.bench.ablation.transfer import transfer_table
from adarec.bench.experiments.cell import Cell
from adarec.bench.experiments.evidence import Evidence
from adarec.bench.experiments.rows import Json, rows_of, stated


def ablation_report(evidence: Evidence, cells: Sequence[Cell]) -> Json:
    """All parts; a row that was not run has no runs, and nothing but its head."""
    compared = [compared_row(evidence, row) for row in rows_of(cells, "scenes")]
    return stated(evidence, cells) | {
        "scenes": compared,
        "pooled": pooled_rows(evidence, compared, cells),
        "losses": [changed_row(evidence, row, cells) for row in rows_of(cells, "losses")],
        "transfer": transfer_table(evidence, [cell for cell in cells if cell.part == "transfer"]),
        "front": [front_row(evidence, row) for row in rows_of(cells, "front")],
        "teachers": [teacher_row(evidence, row) for row in rows_of(cells, "teachers")],
        "paper": [paper_row(evidence, row) for row in rows_of(cells, "paper")],
    }
