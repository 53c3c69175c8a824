"""What is folded away is drawn when somebody opens it, and remembered when it is closed."""

from pathlib import Path

import pytest

from adarec import jobs
from adarec.runs.workspace import Workspace
from app import state
from tests.app.filled_workspace import add_scene, fill
from tests.app.test_visits import visit


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the app opens, too."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    return Workspace.open(tmp_path / "home")


def test_the_numbers_of_a_chart_are_drawn_when_they_are_opened(home: Workspace) -> None:
    runs = fill(home, num_scenes=1, num_runs=1)
    app = visit("architecture", run=runs[0])
    assert len(app.dataframe) == 0
    app.session_state["receptive_field_numbers"] = True
    app.run()
    assert not app.exception
    (table,) = app.dataframe
    assert table.value.columns[0] == "after cell"


def test_what_was_changed_behind_a_folded_part_counts_when_it_is_closed_again(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("submit", "ensure_worker"):  # the run is created; nobody needs to compute it
        monkeypatch.setattr(jobs, name, lambda *_: None)
    add_scene(home, "shop", seed=1)
    app = visit("search", scene="shop")
    assert "setting_search_epochs_quick_nextitnet" not in {each.key for each in app.number_input}
    app.session_state[state.ADVANCED_SETTINGS] = True
    app.run()
    app.number_input(key="setting_search_epochs_quick_nextitnet").set_value(3)
    app.session_state[state.ADVANCED_SETTINGS] = False
    app.run()
    app.button(key=state.START_SEARCH).click().run()
    (run,) = [run for run in home.store.runs() if not run.is_example]
    assert run.settings["search"]["epochs"] == 3
