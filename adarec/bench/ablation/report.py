"""The evidence as one JSON object: what the pages print and the figures draw."""

from collections.abc import Sequence

from adarec.bench.ablation.cells import Cell
from adarec.bench.ablation.changed import changed_row, paper_row
from adarec.bench.ablation.compared import compared_row, pooled_rows
from adarec.bench.ablation.evidence import Evidence
from adarec.bench.ablation.rows import Json, result_of, rows_of, runs_of
from adarec.bench.ablation.transfer import transfer_table


def ablation_report(evidence: Evidence, cells: Sequence[Cell]) -> Json:
    """All parts; a row that was not run has no runs, and nothing but its head."""
    compared = [compared_row(evidence, row) for row in rows_of(cells, "scenes")]
    environments = [result_of(run)["environment"] for run in runs_of(evidence, cells)]
    return {
        "settings_on_top": evidence.on_top,
        "machines": sorted({environment["cpu"] for environment in environments}),
        "threads": sorted({environment["threads"] for environment in environments}),
        "cells": [_stated(evidence, cell) for cell in cells],
        "scenes": compared,
        "pooled": pooled_rows(evidence, compared, cells),
        "losses": [changed_row(evidence, row, cells) for row in rows_of(cells, "losses")],
        "transfer": transfer_table(evidence, [cell for cell in cells if cell.part == "transfer"]),
        "paper": [paper_row(evidence, row) for row in rows_of(cells, "paper")],
    }


def _stated(evidence: Evidence, cell: Cell) -> Json:
    state = evidence.state(cell)
    run = None if state.run is None else state.run.run
    return {"cell": cell.name, "part": cell.part, "run": run, "problem": state.problem}
