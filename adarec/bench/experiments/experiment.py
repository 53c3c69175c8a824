"""An experiment: cells, each a run of the workspace, and the tables that are written from them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adarec.bench.experiments.cell import Cell
from adarec.bench.experiments.estimate import Estimate, TimeLeft
from adarec.bench.experiments.evidence import FAILED, CellState, Evidence
from adarec.bench.experiments.kept import KeptRuns
from adarec.bench.experiments.rows import Json
from adarec.bench.experiments.running import bring_scenes, run_cells
from adarec.errors import RunError, SettingsError
from adarec.runs.files import read_json, write_json
from adarec.runs.workspace import Workspace

HOME = Path(".adarec-results")
RESULTS = Path("docs") / "results"
KEPT = "runs"  # beside the tables


@dataclass(frozen=True)
class Design:
    """What an experiment runs, and how its tables come from the runs.

    Attributes:
        name: The mode of `bench`, and the name of its JSON.
        scenes: What it runs on where no log was named.
        cells: Its cells on these scenes, in the order of running.
        report: The tables as one JSON object.
        pages: The text of each page, by its file's name, from that object alone.
        parts: What each part of it is, by name.
        takes_log: Whether it can be run on a log of the user's own.
    """

    name: str
    scenes: tuple[str, ...]
    cells: Callable[[Collection[str]], list[Cell]]
    report: Callable[[Evidence, Sequence[Cell]], Json]
    pages: Callable[[Json], dict[str, str]]
    parts: Mapping[str, str] = field(default_factory=dict)
    takes_log: bool = True

    def all_cells(self) -> list[Cell]:
        """Its cells on its own scenes."""
        return self.cells(self.scenes)


@dataclass(frozen=True)
class Choice:
    """Which of the cells to run; the tables hold all of them.

    Attributes:
        part: One part; None for all.
        scenes: Scenes or logs; empty for all.
        seeds: Seeds; empty for all.
    """

    part: str | None = None
    scenes: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()

    def holds(self, cell: Cell) -> bool:
        """Whether the cell was chosen."""
        return (
            self.part in (None, cell.part)
            and (not self.scenes or not {cell.scene, *cell.logs}.isdisjoint(self.scenes))
            and (not self.seeds or cell.seed in self.seeds)
        )


ALL = Choice()


@dataclass
class Experiment:
    """An experiment in one workspace.

    Attributes:
        design: What it runs.
        workspace: Where its runs are.
        folder: Where pages and JSON go.
        log_of: The log of that name.
        cells: All that its tables hold, in the order of running.
        on_top: Settings by dotted key that every run gets.
        overwrites: Tables of another workspace's runs may be replaced.
    """

    design: Design
    workspace: Workspace
    folder: Path
    log_of: Callable[[str], Path]
    cells: Sequence[Cell] = ()
    on_top: dict[str, Any] = field(default_factory=dict)
    overwrites: bool = False

    def __post_init__(self) -> None:
        self.cells = self.cells or self.design.all_cells()
        self.evidence = Evidence(self.workspace, self.on_top, KeptRuns(self.folder / KEPT))

    def chosen(self, choice: Choice) -> list[Cell]:
        """The cells of a choice.

        Raises:
            SettingsError: It names a part, a scene or a seed that the experiment does not have.
        """
        name = self.design.name
        parts = () if choice.part is None else (choice.part,)
        known_scenes = dict.fromkeys(each for c in self.cells for each in (c.scene, *c.logs))
        for kind, asked, known in (
            ("part", parts, list(self.design.parts)),
            ("scene", choice.scenes, list(known_scenes)),
            ("seed", choice.seeds, sorted({cell.seed for cell in self.cells})),
        ):
            for unknown in (each for each in asked if each not in known):
                choices = ", ".join(map(str, known)) or "none"
                raise SettingsError(
                    f"bench {name} has no {kind} {unknown!r}. Choose one of {choices}."
                )
        return [cell for cell in self.cells if choice.holds(cell)]

    def bring_scenes(self) -> None:
        """Ingests the scenes of runs that were kept elsewhere; takes over their cost tables."""
        bring_scenes(self.evidence, self.cells, log_of=self.log_of)
        self.evidence.refresh()
        self.evidence.bring_costs(self.cells)

    def left(self, choice: Choice = ALL) -> list[dict[str, Any]]:
        """What is not run yet, in the order of running, with the minutes that each may take on
        its own; `or_more` where no finished run tells of some of its stages.
        """
        estimate = Estimate(self.evidence)
        states = [self.evidence.state(cell) for cell in self.chosen(choice)]
        return [
            {"cell": state.cell.name, "state": state.words} | _minutes(estimate.of([state.cell]))
            for state in states
            if state.run is None
        ]

    def minutes_left(self, choice: Choice = ALL) -> dict[str, Any]:
        """Minutes of all that is left, stages that runs share counted once."""
        chosen = self.chosen(choice)
        cells = [cell for cell in chosen if self.evidence.state(cell).run is None]
        return _minutes(Estimate(self.evidence).of(cells))

    def run(self, choice: Choice = ALL, *, say: Callable[[str], None]) -> bool:
        """Runs what is left and keeps the pages up to date; False when it was asked to stop."""
        chosen = self.chosen(choice)
        self._refuse_foreign_results()
        self.write()
        return run_cells(
            self.evidence, chosen, log_of=self.log_of, say=say, after_each=self._refresh_pages
        )

    def failed(self, choice: Choice = ALL) -> list[CellState]:
        """The chosen cells whose newest run failed."""
        states = [self.evidence.state(cell) for cell in self.chosen(choice)]
        return [state for state in states if state.problem.startswith(FAILED)]

    def write(self) -> Json:
        """Writes the JSON and the pages from what the workspace holds; the JSON's content."""
        self._refuse_foreign_results()
        report = self.design.report(self.evidence, self.cells)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.evidence.keep(self.cells)
        write_json(self._json, report)
        for name, text in self.design.pages(report).items():
            (self.folder / name).write_text(text, encoding="utf-8")
        return report

    @property
    def _json(self) -> Path:
        return self.folder / f"{self.design.name}.json"

    def _refresh_pages(self) -> None:
        self.write()

    def _refuse_foreign_results(self) -> None:
        """Tables of another workspace's runs are not replaced by accident."""
        if self.overwrites or not self._json.exists():
            return
        known = {run.run for run in self.workspace.store.run_summaries()}
        states = [self.evidence.state(cell) for cell in self.cells]
        known |= {state.run.run for state in states if state.run is not None}
        stored = [cell for cell in read_json(self._json)["cells"] if cell["run"] is not None]
        foreign = [cell for cell in stored if cell["run"] not in known]
        if foreign:
            raise RunError(
                f"{self._json} holds {len(foreign)} runs that {self.workspace.home} does not, "
                f"such as {foreign[0]['run']}. Name their workspace with --home, or the folder "
                "for this workspace's tables with --to (the same one replaces them). Runs that "
                f"were kept in {self.folder / KEPT} count where their logs are."
            )


def _minutes(left: TimeLeft) -> dict[str, Any]:
    return {"minutes": round(left.seconds / 60, 1), "or_more": not left.is_whole}
