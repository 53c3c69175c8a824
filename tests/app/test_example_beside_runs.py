"""The example where a person has little to compare with yet, and what it cannot do."""

from pathlib import Path

import pytest
import streamlit as st

from adarec.data.example import EXAMPLE_SCENE, import_example
from adarec.data.samples import register_samples
from adarec.runs.records import EXAMPLE_RUN
from adarec.runs.workspace import Workspace
from app import gateway, state
from app.figures.results.frontier import PREDICTED
from tests.app.filled_workspace import add_run, add_scene
from tests.app.test_visits import text_of, visit


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with samples and example, which the gateway and the app open, too."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    st.cache_data.clear()
    workspace = Workspace.open(tmp_path / "home")
    register_samples(workspace)
    import_example(workspace)
    return workspace


def test_the_first_own_run_has_the_example_beside_it(home: Workspace) -> None:
    add_run(home, "shop", add_scene(home, "shop", seed=1))
    app = visit("compare")
    scenes = app.multiselect(key=state.COMPARED_SCENES)
    assert scenes.options == ["shop", f"{EXAMPLE_SCENE} (example)"]
    assert scenes.value == ["shop", EXAMPLE_SCENE]
    assert len(app.get("plotly_chart")) == 6, "with the distance of the two cells"
    assert any("This is the example run" in info.value for info in app.info)
    scenes.set_value(["shop"]).run()
    assert any("Add another one above" in info.value for info in app.info)


def test_two_own_scenes_are_shown_without_the_example_which_stays_a_choice(
    home: Workspace,
) -> None:
    for seed, scene in enumerate(("shop", "films")):
        add_run(home, scene, add_scene(home, scene, seed=seed), seed=seed)
    scenes = visit("compare").multiselect(key=state.COMPARED_SCENES)
    assert sorted(scenes.value) == ["films", "shop"]
    assert scenes.options[-1] == f"{EXAMPLE_SCENE} (example)"
    asked = visit("compare", run=EXAMPLE_RUN).multiselect(key=state.COMPARED_SCENES)
    assert EXAMPLE_SCENE in asked.value, "a link to the example shows it"


def test_an_own_run_on_the_examples_scene_takes_its_place(home: Workspace) -> None:
    run = add_run(home, EXAMPLE_SCENE, home.store.scene(EXAMPLE_SCENE).key)
    results = gateway.newest_results(with_example=True)
    assert [result["run"] for result in results.values()] == [run]


def test_the_examples_scene_is_the_first_sample_unless_another_is_asked_for(
    home: Workspace,
) -> None:
    for page in ("scenes", "search"):
        assert visit(page).selectbox(key=state.SCENE_PICKER).value == EXAMPLE_SCENE
        asked = visit(page, scene="cycle")
        assert asked.selectbox(key=state.SCENE_PICKER).value == "cycle"


def test_nobody_is_told_to_click_what_cannot_be_distilled(home: Workspace) -> None:
    app = visit("tradeoffs", run=EXAMPLE_RUN)
    app.toggle(key=state.SHOW_PREDICTED).set_value(True).run()
    assert "Open circles: the" in text_of(app)
    assert "Click one to distil it" not in text_of(app)
    assert "Cells of the example cannot be distilled" in text_of(app)
    point = {"customdata": [EXAMPLE_RUN, "conv3 skip", 1, PREDICTED]}
    app.session_state[state.frontier_key(EXAMPLE_RUN)] = {"selection": {"points": [point]}}
    app.run()
    assert state.DISTIL_POINT not in [button.key for button in app.button]


def test_an_own_run_says_that_a_click_distils(home: Workspace) -> None:
    run = add_run(home, "shop", add_scene(home, "shop", seed=1))
    app = visit("tradeoffs", run=run)
    app.toggle(key=state.SHOW_PREDICTED).set_value(True).run()
    assert "Click one to distil it" in text_of(app)
