"""The evidence by one command: runs what is left of the ablation and writes its tables.

    python -m adarec bench ablation [LOG] [--only PART] [--list] [--home DIR] [--to DIR] [--json]

A cell of a table is a run of the workspace; what was not run is printed as such. Interrupted, it
goes on where it stopped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adarec.bench.ablation.cells import PARTS, Cell, all_cells
from adarec.bench.ablation.estimate import Estimate, TimeLeft
from adarec.bench.ablation.evidence import Evidence
from adarec.bench.ablation.pages import ablation_pages
from adarec.bench.ablation.report import ablation_report
from adarec.bench.ablation.running import run_cells
from adarec.errors import RunError, SettingsError
from adarec.runs.files import read_json, write_json
from adarec.runs.workspace import Workspace

HOME = Path(".adarec-results")
RESULTS = Path("docs") / "results"
JSON = "ablation.json"

__all__ = ["HOME", "RESULTS", "Ablation", "all_cells"]


@dataclass
class Ablation:
    """The ablation in one workspace.

    Attributes:
        workspace: Where its runs are.
        folder: Where pages and JSON go.
        log_of: A scene's log.
        cells: All that its tables hold, in the order of running.
        on_top: Settings by dotted key that every run gets.
        overwrites: Tables of another workspace's runs may be replaced.
    """

    workspace: Workspace
    folder: Path
    log_of: Callable[[str], Path]
    cells: Sequence[Cell] = field(default_factory=all_cells)
    on_top: dict[str, Any] = field(default_factory=dict)
    overwrites: bool = False

    def __post_init__(self) -> None:
        self.evidence = Evidence(self.workspace, self.on_top)

    def part(self, only: str | None) -> list[Cell]:
        """The cells of one part, or all.

        Raises:
            SettingsError: There is no such part.
        """
        if only is not None and only not in PARTS:
            raise SettingsError(
                f"The ablation has no part {only!r}. Choose one of {', '.join(PARTS)}."
            )
        return [cell for cell in self.cells if only in (None, cell.part)]

    def left(self, only: str | None = None) -> list[dict[str, Any]]:
        """What is not run yet, in the order of running, with the minutes that each may take on
        its own; `or_more` where no finished run tells of some of its stages.
        """
        estimate = Estimate(self.evidence)
        states = [self.evidence.state(cell) for cell in self.part(only)]
        return [
            {"cell": state.cell.name, "state": state.words} | _minutes(estimate.of([state.cell]))
            for state in states
            if state.run is None
        ]

    def minutes_left(self, only: str | None = None) -> dict[str, Any]:
        """Minutes of all that is left, stages that runs share counted once."""
        cells = [cell for cell in self.part(only) if self.evidence.state(cell).run is None]
        return _minutes(Estimate(self.evidence).of(cells))

    def run(self, only: str | None, *, say: Callable[[str], None]) -> bool:
        """Runs what is left and keeps the pages up to date; False when it was asked to stop."""
        self._refuse_foreign_results()
        self.write()
        return run_cells(
            self.evidence,
            self.part(only),
            log_of=self.log_of,
            say=say,
            after_each=self._refresh_pages,
        )

    def write(self) -> dict[str, Any]:
        """Writes ablation.json and the pages from what the workspace holds; the JSON's content."""
        self._refuse_foreign_results()
        report = ablation_report(self.evidence, self.cells)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.folder / JSON, report)
        for name, text in ablation_pages(report).items():
            (self.folder / name).write_text(text, encoding="utf-8")
        return report

    def _refresh_pages(self) -> None:
        self.write()

    def _refuse_foreign_results(self) -> None:
        """Tables of another workspace's runs are not replaced by accident."""
        path = self.folder / JSON
        if self.overwrites or not path.exists():
            return
        known = {run.run for run in self.workspace.store.run_summaries()}
        stored = [cell for cell in read_json(path)["cells"] if cell["run"] is not None]
        foreign = [cell for cell in stored if cell["run"] not in known]
        if foreign:
            raise RunError(
                f"{path} holds {len(foreign)} runs that {self.workspace.home} does not, such as "
                f"{foreign[0]['run']}. Name their workspace with --home, or the folder for this "
                "workspace's tables with --to (the same one replaces them)."
            )


def _minutes(left: TimeLeft) -> dict[str, Any]:
    return {"minutes": round(left.seconds / 60, 1), "or_more": not left.is_whole}
