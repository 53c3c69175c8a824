"""An experiment on each of the five systems beside the plain path: is it worth having?

    python -m adarec bench asrep|dt4sr|dfa|adain|adapt [--scene NAME …] [--seed N …] [--list]
                           [--home DIR] [--to DIR] [--json]

Each writes docs/results/<mode>.md and <mode>.json. A row's seeds are runs of the workspace; what
was not run is printed as such. Interrupted, it goes on where it stopped.
"""

from collections.abc import Sequence

from adarec.bench.experiments.cell import Cell
from adarec.bench.experiments.evidence import Evidence
from adarec.bench.experiments.experiment import Design
from adarec.bench.experiments.rows import Json
from adarec.bench.systems.known import KNOWN
from adarec.bench.systems.page import system_page
from adarec.bench.systems.report import system_report
from adarec.bench.systems.system import System


def system_design(system: System) -> Design:
    """The experiment on one system, as every experiment is run."""

    def report(evidence: Evidence, cells: Sequence[Cell]) -> Json:
        return system_report(system, evidence, cells)

    def pages(found: Json) -> dict[str, str]:
        return {f"{system.name}.md": system_page(system, found)}

    return Design(
        name=system.name,
        scenes=system.where(),
        cells=system.cells,
        report=report,
        pages=pages,
        takes_log=not system.pairs,
    )


SYSTEMS = {system.name: system_design(system) for system in KNOWN}
