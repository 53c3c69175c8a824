"""What a visitor sees of layer mappings that are no transport, and where their settings are."""

from pathlib import Path

import pytest

from adarec.runs.workspace import Workspace
from app import state
from tests.app.filled_workspace import add_run, add_scene
from tests.app.test_visits import text_of, visit


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the app opens, too."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    return Workspace.open(tmp_path / "home")


def test_a_dfa_run_shows_how_its_aggregation_formed(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    run = add_run(home, "shop", key, mapping="dfa")
    app = visit("distillation", run=run)
    steps = app.segmented_control(key="distillation_step")
    assert steps.options == ["Final student", "Search for the aggregation", "During the search"]
    for step, title in {
        "Final student": "Aggregation weights at epoch 5",
        "Search for the aggregation": "Aggregation weights at epoch 5",
        "During the search": "Layer mapping at epoch 5",
    }.items():
        app.segmented_control(key="distillation_step").set_value(step).run()
        assert not app.exception
        charts = [chart.proto.spec for chart in app.get("plotly_chart")]
        assert len(charts) == 6
        assert any(title in chart for chart in charts)
        assert ("**Uniform**" in text_of(app)) == (step == "During the search")
    app.segmented_control(key="distillation_step").set_value("Search for the aggregation").run()
    app.select_slider(key=state.EPOCH_SLIDER).set_value(2).run()
    charts = [chart.proto.spec for chart in app.get("plotly_chart")]
    assert any("Aggregation weights at epoch 2" in chart for chart in charts)
    assert any("Predicting" in chart for chart in charts)


def test_an_adain_run_shows_pairs_and_statistics(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    app = visit("distillation", run=add_run(home, "shop", key, mapping="adain"))
    charts = [chart.proto.spec for chart in app.get("plotly_chart")]
    assert any("Layer pairs at epoch 5" in chart for chart in charts)
    assert any("Distance of statistics at epoch 5" in chart for chart in charts)


def test_settings_of_a_mapping_are_asked_for_with_it_alone(home: Workspace) -> None:
    add_scene(home, "shop", seed=1)
    app = visit("search", scene="shop")
    app.session_state[state.ADVANCED_SETTINGS] = True
    app.run()
    window, weight = (f"setting_{name}_quick_nextitnet" for name in ("dfa_window", "adain_weight"))
    keys = {"emd": set(), "dfa": {window}, "adain": {weight}}
    for mapping, expected in keys.items():
        app.selectbox(key="search_mapping").set_value(mapping).run()
        widgets = {each.key for each in [*app.selectbox, *app.number_input]}
        assert widgets & {window, weight} == expected
