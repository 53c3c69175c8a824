"""What is already known about the cells: their runs, the ranks of those, what is left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adarec.bench.experiments.cell import Cell
from adarec.bench.experiments.kept import KeptRuns, RunFacts, read_facts
from adarec.bench.pooling import Gain, gain_over_seeds
from adarec.config import RunSettings
from adarec.environment import machine_fingerprint
from adarec.errors import SceneError
from adarec.runs.files import write_json
from adarec.runs.front import spread_points
from adarec.runs.records import RunRecord
from adarec.runs.workspace import Workspace
from adarec.submission import planned_steps

FAILED = "failed"
Step = dict[str, Any]


@dataclass(frozen=True)
class CellState:
    """How far a cell is: `run` when it is finished, else `problem` in words (empty: not run)."""

    cell: Cell
    run: RunRecord | None
    problem: str = ""

    @property
    def words(self) -> str:
        """For lists and tables."""
        if self.run is not None:
            return self.run.run
        return self.problem or "not run"


class Evidence:
    """Reads the workspace when made or refreshed; a cell's run is one whose last steps are the
    cell's by key, so a run of older settings or versions does not count.

    Args:
        workspace: Where the runs are.
        on_top: Settings by dotted key that every cell gets.
        kept: Runs of other workspaces.
    """

    def __init__(
        self, workspace: Workspace, on_top: dict[str, Any], kept: KeptRuns | None = None
    ) -> None:
        self.workspace, self.on_top, self.kept = workspace, on_top, kept
        self._facts: dict[str, RunFacts] = {}
        self._gains: dict[tuple[Any, ...], Gain] = {}
        self._runs: dict[str, list[RunRecord]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Reads the records again."""
        self._runs = {}
        here = self.workspace.store.runs(states=("succeeded", "failed"))
        self._here = {run.run for run in here}
        kept = [] if self.kept is None else self.kept.records()
        for run in here + [run for run in kept if run.run not in self._here]:
            self._runs.setdefault(run.scene, []).append(run)

    def state(self, cell: Cell, *, machine: str | None = None) -> CellState:
        """The cell's first finished run, or why there is none. A later one of the same settings,
        perhaps of another machine, moves no table.

        Args:
            cell: Which cell.
            machine: Fingerprint of a machine whose runs come first.
        """
        runs = self._runs_of(cell)
        done = [run for run in reversed(runs) if run.state == "succeeded"]
        if done:
            own = (run for run in done if machine_of(run) == machine)
            return CellState(cell, next(own, done[0]))
        if self.settings(cell) is None:
            return CellState(cell, None, f"waits for the cells of {', '.join(cell.awaited)}")
        return CellState(cell, None, f"{FAILED}: {runs[0].error}" if runs else "")

    def found_here(self, cell: Cell) -> RunRecord | None:
        """The newest finished run of the cell in this workspace."""
        runs = (run for run in self._runs_of(cell) if run.run in self._here)
        return next((run for run in runs if run.state == "succeeded"), None)

    def _runs_of(self, cell: Cell) -> list[RunRecord]:
        """Finished and failed runs of the cell, the newest first."""
        found = []
        last: dict[tuple[str, ...], str] = {}
        for run in self._runs.get(cell.scene, []):
            cells = self._distilled_cells(cell, run)
            if cells is None:
                continue
            key = (machine_of(run), *(f"{name}={ops}" for name, ops in cells.items()))
            if key not in last:
                try:
                    steps = self._steps(cell, cell.settings(self.on_top, cells), key[0])
                except SceneError:  # a scene was deleted, or is not there yet: nothing is planned
                    break
                last[key] = str(steps[-1]["key"])
            if last[key] in {step["key"] for step in run.steps}:
                found.append(run)
        return sorted(found, key=lambda run: run.created_at, reverse=True)

    def settings(self, cell: Cell) -> RunSettings | None:
        """What to start the cell with; None while cells that it distils are not found here.

        A kept run found its cells on its own machine: what this one finds may be another front.
        """
        found: dict[str, str] = {}
        for scene in cell.awaited:
            base = self.found_here(cell.finder_of(scene))
            if base is None:
                return None
            if cell.front_points:
                points = spread_points(self.facts(base).front, cell.front_points)
                found |= {f"point-{each.point}": ",".join(each.genotype.ops) for each in points}
            else:
                found[scene] = ops_of(base)
        return cell.settings(self.on_top, found)

    def _distilled_cells(self, cell: Cell, run: RunRecord) -> dict[str, str] | None:
        """The cells beside its own that the run distils, where `cell` distils found ones: those
        of all foreign scenes, or points of the run's own front. None where it is no such run.
        """
        cells: dict[str, str] = run.settings.get("cells") or {}
        if not cell.awaited:
            return {}
        if cell.foreign:
            return cells if set(cells) == set(cell.foreign) else None
        if not cells or not all(name.startswith("point-") for name in cells):
            return None
        if run.state != "succeeded":
            return cells
        front = {",".join(point.genotype.ops) for point in self.facts(run).front}
        return cells if front.issuperset(cells.values()) else None

    def steps_left(self, cell: Cell) -> list[Step] | None:
        """Steps that are not computed yet; None where that is not known before other cells or
        before the log is read.
        """
        settings = self.settings(cell)
        if settings is None:
            return None
        try:
            steps = self._steps(cell, settings, None)
        except SceneError:
            return None
        complete = self.workspace.artefacts.is_complete
        return [step for step in steps if not complete(str(step["key"]))]

    def finished(self) -> Iterable[RunRecord]:
        """All finished runs that are known, of the experiment or not."""
        for runs in self._runs.values():
            yield from (run for run in runs if run.state == "succeeded")

    def facts(self, run: RunRecord) -> RunFacts:
        """What tables need of a finished run beside its record."""
        if run.run not in self._facts:
            if self.kept is None or run.run in self._here:
                self._facts[run.run] = read_facts(self.workspace, run)
            else:
                self._facts[run.run] = self.kept.facts(run.run)
        return self._facts[run.run]

    def ranks(self, run: RunRecord) -> Mapping[str, np.ndarray]:
        """[U] ranks of the test items by role."""
        return self.facts(run).ranks

    @property
    def kept_runs(self) -> set[str]:
        """Ids of the runs of other workspaces that are known."""
        return {run.run for runs in self._runs.values() for run in runs} - self._here

    @property
    def kept_scenes(self) -> set[str]:
        """The scenes of these."""
        kept = self.kept_runs
        return {scene for scene, runs in self._runs.items() if {run.run for run in runs} & kept}

    def keep(self, cells: Iterable[Cell]) -> None:
        """Keeps the cells' runs for other workspaces; this machine's, too, where another's stand:
        what is changed on this machine is compared with them.
        """
        if self.kept is None:
            return
        for cell in cells:
            for machine in (None, machine_fingerprint()):
                run = self.state(cell, machine=machine).run
                if run is not None and run.run in self._here:
                    self.kept.keep(run, self.facts(run))

    def bring_costs(self, cells: Iterable[Cell]) -> None:
        """Takes over the cost tables of the cells' kept runs that were measured on a machine like
        this one: cells that are compared were then searched within one limit, whatever else the
        machine does today. A table that is here stays.
        """
        for run in (self.state(cell).run for cell in cells):
            if run is None or run.run in self._here:
                continue
            costs = next(step for step in run.steps if step["role"] == "costs")
            if costs["settings"]["machine"] in ("any", machine_fingerprint()):
                with self.workspace.artefacts.claim(str(costs["key"])) as folder:
                    if folder is not None:
                        write_json(folder / "costs.json", self.facts(run).costs)
                        write_json(folder / "stage.json", {"seconds": 0.0, "peak_rss_mb": 0.0})

    def gain(self, runs: Sequence[RunRecord], role: str, rivals: Sequence[str]) -> Gain:
        """`role` minus the mean of the `rivals` over runs (seeds) of one scene."""
        key = (*(run.run for run in runs), role, *rivals)
        if key not in self._gains:
            ranks = [self.ranks(run) for run in runs]
            self._gains[key] = gain_over_seeds(ranks, role, rivals)
        return self._gains[key]

    def _steps(self, cell: Cell, settings: RunSettings, machine: str | None) -> list[Step]:
        return planned_steps(self.workspace, cell.scene, settings, machine=machine)[0]


def ops_of(run: RunRecord) -> str:
    """The ops of the cell that a finished run found, with commas between."""
    result = run.result or {}
    return ",".join(edge["op"] for edge in result["student"]["genotype"]["edges"])


def machine_of(run: RunRecord) -> str:
    """The fingerprint of the machine that a run was planned for."""
    return next(step["settings"]["machine"] for step in run.steps if step["role"] == "measure")
