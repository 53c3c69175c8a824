"""The evidence by one command: runs what is left of the ablation and writes its tables.

    python -m adarec bench ablation [LOG] [--only PART] [--list] [--home DIR] [--to DIR] [--json]

A cell of a table is a run of the workspace; what was not run is printed as such. Interrupted, it
goes on where it stopped.
"""

from adarec.bench.ablation.cells import PARTS, all_cells
from adarec.bench.ablation.pages import ablation_pages
from adarec.bench.ablation.report import ablation_report
from adarec.bench.experiments.cell import SCENES
from adarec.bench.experiments.experiment import Design

ABLATION = Design(
    name="ablation",
    scenes=SCENES,
    cells=all_cells,
    report=ablation_report,
    pages=ablation_pages,
    parts=PARTS,
)
