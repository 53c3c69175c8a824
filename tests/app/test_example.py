"""The example run in the app: it stands in until a person has a run, and says what it is."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from adarec.data.example import EXAMPLE_FOLDER, import_example
from adarec.data.samples import register_samples
from adarec.runs.records import EXAMPLE_RUN
from adarec.runs.workspace import Workspace
from app import gateway, state
from app.report import comparison_report, run_report
from tests.app.filled_workspace import add_run, add_scene

MAIN = Path(__file__).resolve().parents[2] / "app" / "main.py"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with samples and example, which the gateway and the app open, too."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    st.cache_data.clear()
    workspace = Workspace.open(tmp_path / "home")
    register_samples(workspace)
    import_example(workspace)
    return workspace


def own_run(home: Workspace, **options: str) -> str:
    return add_run(home, "shop", add_scene(home, "shop", seed=1), **options)


def test_the_example_stands_in_until_a_run_has_finished(home: Workspace) -> None:
    assert [run.run for run in gateway.finished_runs()] == [EXAMPLE_RUN]
    running = own_run(home, state="running", until="search")
    assert [run.run for run in gateway.runs()] == [running, EXAMPLE_RUN]
    assert [run.run for run in gateway.finished_runs()] == [EXAMPLE_RUN]
    result = gateway.run(EXAMPLE_RUN).result
    home.store.update_run(running, state="succeeded", result=result)
    assert [run.run for run in gateway.finished_runs()] == [running]


def test_a_link_to_the_example_shows_it_beside_other_runs(home: Workspace) -> None:
    run = own_run(home)
    assert [each.run for each in gateway.finished_runs(EXAMPLE_RUN)] == [run, EXAMPLE_RUN]
    assert list(gateway.newest_results()) == ["shop"]
    assert list(gateway.newest_results(EXAMPLE_RUN)) == ["rhythm", "shop"]


def test_a_persons_run_comes_first_and_the_list_names_the_example(home: Workspace) -> None:
    run = own_run(home)
    app = AppTest.from_file(MAIN, default_timeout=60).run()
    for name in list(app.query_params):
        del app.query_params[name]
    app.switch_page("../pages/architecture.py").run()
    assert app.selectbox(key=state.RUN_PICKER).value == run
    assert [info for info in app.info if "example run" in info.value] == []
    assert app.selectbox(key=state.RUN_PICKER).options[-1].startswith("example · rhythm")


def test_reports_of_the_example_say_so(home: Workspace) -> None:
    assert "The example run that comes with the studio." in run_report(gateway.run(EXAMPLE_RUN))
    assert "rhythm (example)" in comparison_report([EXAMPLE_RUN])


def test_the_tour_ends_when_a_run_has_finished(home: Workspace) -> None:
    def has_tour() -> bool:
        app = AppTest.from_file(MAIN, default_timeout=60).run()
        return "Three steps to a small recommender" in [head.value for head in app.header]

    assert has_tour()
    own_run(home)
    assert not has_tour()


def test_an_example_of_older_versions_says_which_steps_changed(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = home.store.run(EXAMPLE_RUN).steps
    steps[-1]["version"] = 0
    home.store.update_run(EXAMPLE_RUN, steps=steps)
    app = AppTest.from_file(MAIN, default_timeout=60).run()
    app.query_params["run"] = EXAMPLE_RUN
    app.switch_page("../pages/architecture.py").run()
    note = next(info.value for info in app.info if "example run" in info.value)
    assert "Measure the controls" in note


def test_a_damaged_example_is_one_line_and_the_pages_work(
    home: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "example"
    broken.mkdir()
    (broken / "example.json").write_text((EXAMPLE_FOLDER / "example.json").read_text())
    monkeypatch.setattr("adarec.data.example.EXAMPLE_FOLDER", broken)
    monkeypatch.setattr("adarec.data.example.register_example.__kwdefaults__", {"folder": broken})
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "other"))
    app = AppTest.from_file(MAIN, default_timeout=60).run()
    assert ["is damaged" in error.value for error in app.error] == [True]
    assert len(app.get("plotly_chart")) == 6
