"""Two runs' layer mappings side by side, and the step that a link asks for."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from adarec.runs.workspace import Workspace
from app import gateway, state
from app.panels.layers.layer_pictures import beside, recorded_layers
from tests.app.filled_workspace import add_run, add_scene
from tests.app.test_visits import text_of, visit


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the app opens, too."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    st.cache_data.clear()
    return Workspace.open(tmp_path / "home")


def titles_of(app: AppTest) -> str:
    """The specifications of all charts of the page."""
    return "\n".join(chart.proto.spec for chart in app.get("plotly_chart"))


def test_a_second_run_stands_beside_the_first_at_the_same_epoch(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    first = add_run(home, "shop", key)
    second = add_run(home, "shop", key, seed=2, mapping="dfa")
    app = visit("distillation", **{"run": first, "with": second})
    # Mapping, distance and flow of both; the first run's two weights and losses below them.
    assert len(app.get("plotly_chart")) == 9
    charts = titles_of(app)
    assert f"Layer mapping at epoch 5: emd, {first}" in charts
    assert f"Aggregation weights at epoch 5: dfa, {second}" in charts
    assert [header.value.replace("\\", "") for header in app.header] == [f"Of {first} alone"]
    app.select_slider(key=state.EPOCH_SLIDER).set_value(2).run()
    charts = titles_of(app)
    assert f"Layer mapping at epoch 2: emd, {first}" in charts
    assert f"Distance of layers at epoch 2: dfa, {second}" in charts
    app.selectbox(key=state.SECOND_RUN).set_value(None).run()
    assert "with" not in app.query_params
    assert len(app.get("plotly_chart")) == 6
    assert not app.header


def test_the_newest_epoch_stands_for_one_that_a_run_does_not_have(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    first = add_run(home, "shop", key)
    second = add_run(home, "shop", key, seed=2, epochs=3)
    app = visit("distillation", **{"run": first, "with": second})
    assert f"Layer mapping at epoch 3: emd, {second}" in titles_of(app)
    said = text_of(app).replace("\\", "")
    assert "has no epoch 5 in this step: epoch 3, its newest" in said
    app.select_slider(key=state.EPOCH_SLIDER).set_value(2).run()
    assert f"Layer mapping at epoch 2: emd, {second}" in titles_of(app)
    assert "has no epoch" not in text_of(app)


def test_runs_of_the_scene_with_another_mapping_are_offered_first(home: Workspace) -> None:
    key, other = (add_scene(home, name, seed=seed) for seed, name in enumerate(("shop", "films")))
    near = add_run(home, "shop", key, seed=3, mapping="dfa")
    without = add_run(home, "shop", key, seed=4, mapping="none")
    add_run(home, "films", other, seed=5, mapping="dfa")
    first = add_run(home, "shop", key, seed=6)
    options = visit("distillation", run=first).selectbox(key=state.SECOND_RUN).options
    assert options[0].startswith(f"dfa · {near}")
    assert any(option.startswith(f"none · {without}") for option in options[1:])


def test_what_cannot_be_compared_is_said(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    first = add_run(home, "shop", key, mapping="dfa")
    none = add_run(home, "shop", key, seed=2, mapping="none")
    early = add_run(home, "shop", key, seed=3, state="cancelled", until="teacher")
    for second, said in ((none, "(mapping: none)"), (early, "has not recorded a layer mapping")):
        app = visit("distillation", **{"run": first, "with": second})
        assert any(said in note.value.replace("\\", "") for note in app.info)
        assert len(app.get("plotly_chart")) == 6


def test_other_steps_and_layers_are_named(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    dfa = recorded_layers(gateway.run(add_run(home, "shop", key, mapping="dfa")))
    emd = gateway.run(add_run(home, "shop", key, seed=2))
    other, notes = beside(dfa["Search for the aggregation"], emd)
    assert other is not None
    assert (other.step, other.mapping) == ("Final student", "emd")
    assert "nothing of the step “Search for the aggregation”" in notes[0]
    same, notes = beside(dfa["Final student"], emd)
    assert same is not None
    assert notes == []
    same.arrays.arrays["mapping"] = same.arrays.arrays["mapping"][:, :1]
    _, notes = beside(same, gateway.run(dfa["Final student"].run.run))
    assert "has 1 student and 4 teacher layers" in notes[0]


def test_the_address_names_the_step(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    run = add_run(home, "shop", key, mapping="dfa")
    app = visit("distillation", run=run, distillation_step="During the search")
    assert app.segmented_control(key=state.DISTILLATION_STEP).value == "During the search"
    assert "Layer mapping at epoch 5" in titles_of(app)
    app = visit("distillation", run=run, distillation_step="no step")
    assert app.segmented_control(key=state.DISTILLATION_STEP).value == "Final student"
