"""The front of a search on the Trade-offs page: a cell is chosen with a click and distilled."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from adarec import jobs
from adarec.execute import execute_run
from adarec.runs.workspace import Workspace
from adarec.submission import create_run, point_settings
from app import gateway, state
from app.figures.results.frontier import PREDICTED
from tests.app.filled_workspace import fill
from tests.app.test_visits import text_of, visit
from tests.finished_run import SCENE, FinishedRun, no_graphs

pytestmark = pytest.mark.whole_run


@pytest.fixture
def searched(
    finished_run: FinishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """A workspace of its own with the finished run, that the app opens, too; nobody computes."""
    workspace = finished_run.copy_to(tmp_path / "home")
    monkeypatch.setenv("ADAREC_HOME", str(workspace.home))
    monkeypatch.setattr(jobs, "ensure_worker", lambda workspace: True)
    st.cache_data.clear()
    yield workspace
    workspace.close()


def click(app: AppTest, run: str, point: int | None) -> AppTest:
    """The app after a click on a predicted cell."""
    chosen = {"customdata": [run, "conv3 skip", point, PREDICTED]}
    app.session_state[state.frontier_key(run)] = {"selection": {"points": [chosen]}}
    return app.run()


def test_a_clicked_cell_is_distilled_in_a_run_of_its_own(
    searched: Workspace, finished_run: FinishedRun
) -> None:
    app = visit("tradeoffs", run=finished_run.run)
    assert state.DISTIL_POINT not in [button.key for button in app.button]
    click(app, finished_run.run, 1)
    assert f"Cell 1 of the front of {finished_run.run}" in text_of(app)
    assert app.selectbox(key=state.RUN_PICKER).value == finished_run.run
    app.button(key=state.DISTIL_POINT).click().run()
    assert not app.exception
    assert not app.error
    (queued,) = searched.store.runs(states=["queued"])
    assert queued.run in app.success[0].value
    assert queued.settings["point"] == 1
    assert jobs.queued_runs(searched) == [queued.run]
    # Asked for once more, it is not computed twice.
    click(app, finished_run.run, 1).button(key=state.DISTIL_POINT).click().run()
    assert len(searched.store.runs(states=["queued"])) == 1


def test_a_cell_of_another_run_or_without_a_number_is_not_offered(
    searched: Workspace, finished_run: FinishedRun
) -> None:
    app = visit("tradeoffs", run=finished_run.run)
    click(app, finished_run.run, None)
    assert "Search again to distil any of its cells" in text_of(app)
    assert state.DISTIL_POINT not in [button.key for button in app.button]


def test_a_search_that_cannot_be_used_again_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    workspace = Workspace.open(tmp_path / "home")
    runs = fill(workspace, num_scenes=1, num_runs=1)
    app = click(visit("tradeoffs", run=runs[0]), runs[0], 2)
    app.button(key=state.DISTIL_POINT).click().run()
    assert "earlier version" in app.error[0].value
    assert len(workspace.store.runs()) == 1


def test_the_agreement_of_the_distilled_points_is_shown(
    searched: Workspace, finished_run: FinishedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run's own cell and two points of its front; the page shows how many there are."""
    monkeypatch.setattr("adarec.stages.measure.time_models", no_graphs)
    run = gateway.run(finished_run.run)
    front = gateway.front(run)
    own = next(p.point for p in front if p.genotype == gateway.genotype(run))
    first, second = [point for point in (0, len(front) - 1, len(front) // 2) if point != own][:2]
    for point in (first, second):
        distilled = create_run(searched, SCENE, point_settings(searched, run.run, point))
        execute_run(searched, distilled.run)
        assert gateway.genotype(gateway.run(distilled.run)) == front[point].genotype
    correlation, pairs = gateway.front_agreement(run)
    assert {point.point for point, _ in pairs} == {own, first, second}
    assert correlation is None or -1 <= correlation <= 1
    assert all(0 <= ndcg <= 1 for _, ndcg in pairs)
