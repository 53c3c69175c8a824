"""Cells of one scene on another: which are not distilled yet, and having them distilled."""

from collections.abc import Mapping
from typing import Any

from adarec import jobs, submission
from adarec.genotype import Genotype, cell_name
from adarec.runs.records import EXAMPLE_RUN
from app.gateway.files import workspace

Cells = dict[str, str]


def cells_to_distil(results: Mapping[str, Mapping[str, Any]]) -> dict[str, Cells]:
    """Run -> name -> ops of the other scenes' cells that it has not distilled yet.

    Args:
        results: A scene to the contract's Result of its run.
    """
    found = {}
    for scene, result in results.items():
        if result["run"] == EXAMPLE_RUN:
            continue  # it came without its teacher
        if not takes_controls(result["settings"]):
            continue
        known = {str(control["name"]) for control in result.get("controls") or []}
        cells = {
            cell_name(other): ",".join(_cell(rival).ops)
            for other, rival in results.items()
            if other != scene
            and f"from-{cell_name(other)}" not in known
            and _fits(_cell(rival), result)
        }
        if cells:
            found[str(result["run"])] = cells
    return found


def takes_controls(settings: Mapping[str, Any]) -> bool:
    """Whether other cells can be compared with the student of a run with these settings: the
    weights that a warm start begins with fit one cell alone."""
    return settings.get("adaptation", {}).get("paradigm") != "warm"


def distil_cells(wanted: Mapping[str, Cells]) -> None:
    """Adds the cells to their runs as controls and queues these again; what is finished in them
    is used again. All are planned before any is changed: where one is refused, none is.
    """
    planned = {
        run: submission.plan_controls(workspace(), run, cells=cells)
        for run, cells in wanted.items()
    }
    for run, with_cells in planned.items():
        workspace().store.update_run(run, **with_cells)
        jobs.submit(workspace(), run)
    jobs.ensure_worker(workspace())


def _fits(cell: Genotype, result: Mapping[str, Any]) -> bool:
    """Whether the cell, or the cells one after the other, can stand in this result's student."""
    fits_stack = cell.num_own_cells in (1, result["student"].get("num_cells"))
    return fits_stack and cell.num_nodes == _cell(result).num_nodes


def _cell(result: Mapping[str, Any]) -> Genotype:
    return Genotype.from_json(result["student"]["genotype"])
