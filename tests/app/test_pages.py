"""Every page in a new, an empty and a filled workspace, in a process of its own, without torch."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adarec.data.example import register_example
from adarec.data.samples import register_samples
from adarec.runs.records import EXAMPLE_RUN
from adarec.runs.workspace import Workspace
from tests.app.filled_workspace import fill

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "scenes",
    "search",
    "adapt",
    "architecture",
    "distillation",
    "tradeoffs",
    "compare",
    "try",
    "export",
)

# Prints one JSON object: what each page showed, and whether the process met torch or ot.
_VISIT = """
import json, sys
from pathlib import Path
from streamlit.testing.v1 import AppTest

root, pages, run = Path(sys.argv[1]), sys.argv[2].split(","), sys.argv[3]
seen = {}
app = AppTest.from_file(root / "app" / "main.py", default_timeout=60).run()
for page in pages:
    # The menu opens a page without what the address of the last one said.
    for name in list(app.query_params):
        del app.query_params[name]
    if run:
        app.query_params["run"] = run
    app.switch_page(f"../pages/{page}.py").run()
    seen[page] = {
        "title": [title.value for title in app.title],
        "exceptions": [exception.message for exception in app.exception],
        "errors": [error.value for error in app.error],
        "charts": len(app.get("plotly_chart")),
        # The numbers of a chart are folded away; a table is drawn when somebody opens it.
        "tables": len(app.dataframe)
        + sum(folded.label == "Numbers as a table" for folded in app.expander),
        "text": [text.value for text in [*app.markdown, *app.caption, *app.info]],
        "links": len(app.page_link),
    }
print(json.dumps({"pages": seen, "heavy": sorted({"torch", "ot"} & set(sys.modules))}))
"""


def visit(home: Path, run: str = "") -> dict[str, dict[str, object]]:
    """What every page shows in the workspace `home`; fails when the process met torch or ot."""
    command = [sys.executable, "-c", _VISIT, str(ROOT), ",".join(PAGES), run]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        env={"ADAREC_HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["heavy"] == []
    return found["pages"]


@pytest.fixture(scope="module")
def new_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """A workspace at first start: samples and the example run."""
    return visit(tmp_path_factory.mktemp("new"))


@pytest.fixture(scope="module")
def empty_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """A workspace whose example was deleted."""
    home = tmp_path_factory.mktemp("empty")
    workspace = Workspace.open(home)
    register_samples(workspace)
    register_example(workspace)
    workspace.store.delete_run(EXAMPLE_RUN)
    return visit(home)


@pytest.fixture(scope="module")
def filled_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    home = tmp_path_factory.mktemp("filled")
    runs = fill(Workspace.open(home))
    return visit(home, runs[-1])


NEW_CHARTS = {
    "scenes": 6,
    "search": 3,
    "adapt": 0,  # the example is a search
    "architecture": 5,
    "distillation": 6,
    "tradeoffs": 2,
    "compare": 4,  # its cell, its ops, its scene, its metrics
    "try": 0,
    "export": 0,
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_the_example_before_any_training_and_says_so(
    new_pages: dict[str, dict[str, object]], page: str
) -> None:
    seen = new_pages[page]
    assert seen["exceptions"] == []
    assert seen["errors"] == []
    assert seen["charts"] == NEW_CHARTS[page]
    assert seen["tables"] >= {"try": 2, "export": 1}.get(page, NEW_CHARTS[page])
    says_so = any("This is the example run" in text for text in seen["text"])
    assert says_so == (page not in ("scenes", "adapt"))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_an_empty_workspace_says_what_to_do(
    empty_pages: dict[str, dict[str, object]], page: str
) -> None:
    seen = empty_pages[page]
    assert seen["exceptions"] == []
    assert seen["errors"] == []
    assert len(seen["title"]) == 1
    # The samples are there; all other pages say what will be there, and lead to the search.
    assert seen["charts"] == (6 if page == "scenes" else 0)
    assert page == "search" or seen["links"] >= 1
    if page != "scenes":
        said = " ".join(seen["text"])  # type: ignore[arg-type]
        missing = ("run yet", "adaptation yet", "finished run yet")
        assert any(f"No {what}" in said for what in missing) or "Nothing to compare yet" in said


CHARTS = {
    "scenes": 0,  # the generated scenes of this test carry no statistics
    "search": 3,
    "adapt": 0,  # the run in the address is a search
    "architecture": 5,
    "distillation": 6,
    "tradeoffs": 2,
    "compare": 6,  # two cells, their ops, their scenes, their distance, their metrics
    "try": 0,
    "export": 0,
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_a_filled_workspace_shows_its_charts_and_their_numbers(
    filled_pages: dict[str, dict[str, object]], page: str
) -> None:
    seen = filled_pages[page]
    assert seen["exceptions"] == []
    assert seen["charts"] == CHARTS[page]
    assert seen["tables"] >= CHARTS[page]
    assert seen["errors"] == []


def test_both_models_answer_side_by_side(filled_pages: dict[str, dict[str, object]]) -> None:
    assert filled_pages["try"]["tables"] == 2
    assert any("items are in both lists" in text for text in filled_pages["try"]["text"])


def test_the_export_lists_its_files(filled_pages: dict[str, dict[str, object]]) -> None:
    assert filled_pages["export"]["tables"] == 1
