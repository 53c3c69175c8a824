"""Pages and the comparison report draw cells with what their searches recorded: probabilities,
costs, shares of ops."""

from pathlib import Path

import pytest
import streamlit as st

from adarec.genotype import Genotype
from adarec.runs.files import EPOCH_ARRAYS, read_epoch_arrays, write_epoch_arrays
from adarec.runs.records import RunRecord
from adarec.runs.workspace import Workspace
from app import gateway, state
from app.report import comparison_report
from tests.app.filled_workspace import add_run, add_scene
from tests.app.test_cells_of_their_own import charts_of
from tests.app.test_visits import text_of, visit

NO_SHARES = "did not record the share of each op"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the app opens, too."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    st.cache_data.clear()
    return Workspace.open(tmp_path / "home")


def finished(scene: str, home: Workspace, *, seed: int) -> RunRecord:
    """A finished run of a new scene."""
    return gateway.run(add_run(home, scene, add_scene(home, scene, seed=seed), seed=seed))


def without(home: Workspace, run: RunRecord, name: str) -> None:
    """Takes an array out of what the run's search recorded."""
    folder = home.artefacts.path(next(s["key"] for s in run.steps if s["role"] == "search"))
    recorded = read_epoch_arrays(folder)
    (folder / EPOCH_ARRAYS).unlink()
    for place, epoch in enumerate(recorded.epochs):
        kept = {each: values[place] for each, values in recorded.arrays.items() if each != name}
        write_epoch_arrays(folder, int(epoch), kept)


def test_architecture_draws_the_ops_not_taken_and_compare_leaves_them_out(
    home: Workspace,
) -> None:
    run = finished("shop", home, seed=1)
    (cell,) = (c for c in charts_of(visit("architecture", run=run.run)) if "cell that was" in c)
    assert "not taken: " in cell
    assert "one use costs" in cell
    assert "looks 2 items back" in cell
    compared = [c for c in charts_of(visit("compare")) if "Cell of shop" in c]
    assert len(compared) == 1
    assert "probability" in compared[0]
    assert "not taken: " not in compared[0]


def test_compare_explains_only_what_it_draws(home: Workspace) -> None:
    runs = [finished("shop", home, seed=1), finished("films", home, seed=2)]
    text = text_of(visit("compare"))
    assert "The width of a coloured line is its op's probability in the search." in text
    assert "Framed labels" not in text
    report = comparison_report([run.run for run in runs])
    assert "The width of a coloured line is its op" in report
    assert "Framed labels" not in report


def test_shares_of_ops_are_shown_where_they_were_recorded(home: Workspace) -> None:
    run = finished("shop", home, seed=1)
    app = visit("architecture", run=run.run)
    app.session_state[state.COURSE] = True
    app.run()
    assert sum('"Share of each op"' in chart for chart in charts_of(app)) == 1
    assert NO_SHARES not in text_of(app)
    without(home, run, "op_shares")
    app = visit("architecture", run=run.run)
    app.session_state[state.COURSE] = True
    app.run()
    assert not any('"Share of each op"' in chart for chart in charts_of(app))
    assert NO_SHARES in text_of(app)


def test_probabilities_of_another_number_of_edges_are_nobodys(home: Workspace) -> None:
    run = finished("shop", home, seed=1)
    cell = gateway.genotype(run)
    assert cell is not None
    weights = gateway.op_weights_of(run, cell)
    assert weights is not None
    assert weights.sum(axis=1) == pytest.approx([1] * 6)
    assert gateway.op_weights_of(run, Genotype(2, ("skip",) * 3)) is None
