"""How long the cells that are left may take, by the seconds that finished runs took."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adarec.bench.experiments.cell import Cell
from adarec.bench.experiments.evidence import Evidence, Step
from adarec.errors import SceneError
from adarec.runs.records import RunRecord

# Where no run has a stage yet, one that works alike tells.
ALIKE = {
    "distill_control": "distill_student",
    "measure_controls": "measure",
    "measure_hand_made": "measure_costs",
    "match_cells": "measure_costs",
}
_Key = tuple[str, str, str, str]  # stage, scene, preset, teacher; empty where any will do


@dataclass(frozen=True)
class TimeLeft:
    """Seconds of the steps of which something tells; `is_whole` where that is all of them."""

    seconds: float
    is_whole: bool


class Estimate:
    """Seconds a stage takes, from the finished runs of a workspace: of the same scene, preset and
    teacher, else by the number of interactions.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self._interactions: dict[str, int] = {}
        self._seconds: dict[_Key, list[float]] = {}
        self._rates: dict[_Key, list[float]] = {}
        for run in evidence.finished():
            self._learn(run)

    def of(self, cells: Sequence[Cell]) -> TimeLeft:
        """What is left of the cells; a step that several share counts once."""
        seconds, is_whole = 0.0, True
        counted: set[str] = set()
        for cell in cells:
            steps = self.evidence.steps_left(cell)
            if steps is None:
                is_whole = False
                continue
            for step in _not_counted(steps, counted):
                found = self._step(str(step["stage"]), cell)
                is_whole = is_whole and found is not None
                seconds += found or 0.0
        return TimeLeft(seconds, is_whole)

    def _learn(self, run: RunRecord) -> None:
        size = self._size(run.scene)
        steps: dict[str, int] = {}
        for step in run.steps:
            steps[step["stage"]] = steps.get(step["stage"], 0) + 1
        preset, teacher = str(run.preset), str(run.teacher)
        for stage, seconds in run.seconds.items():
            each = seconds / max(1, steps.get(stage, 1))
            self._seconds.setdefault((stage, run.scene, preset, teacher), []).append(each)
            if size:
                for name in (teacher, ""):
                    key = (stage, "", preset, name)
                    self._rates.setdefault(key, []).append(each / size)

    def _step(self, stage: str, cell: Cell) -> float | None:
        own = self._seconds.get((stage, cell.scene, cell.preset, cell.teacher))
        if own:
            return statistics.median(own)
        size = self._size(cell.scene)
        for teacher in (cell.teacher, ""):
            rates = self._rates.get((stage, "", cell.preset, teacher))
            if rates and size:
                return size * statistics.median(rates)
        return self._step(ALIKE[stage], cell) if stage in ALIKE else None

    def _size(self, scene: str) -> int:
        """Interactions of the scene; 0 where it was deleted and only its runs are left."""
        if scene not in self._interactions:
            try:
                summary = self.evidence.workspace.store.scene(scene).summary
            except SceneError:
                summary = {}
            self._interactions[scene] = int(summary.get("interactions", 0))
        return self._interactions[scene]


def _not_counted(steps: Iterable[Step], counted: set[str]) -> list[Step]:
    found = [step for step in steps if step["key"] not in counted]
    counted.update(str(step["key"]) for step in found)
    return found
