"""The epoch that the slider shows is in the address: links and the back button bring it back."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from adarec.runs.workspace import Workspace
from app import state
from app.panels.cells import epoch_slider
from tests.app.filled_workspace import add_run, add_scene
from tests.app.test_visits import visit


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the app opens, too."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    st.cache_data.clear()
    return Workspace.open(tmp_path / "home")


@pytest.fixture
def run(home: Workspace) -> str:
    """A run whose search and student have five epochs."""
    return add_run(home, "shop", add_scene(home, "shop", seed=1))


def shown(app: AppTest) -> int:
    """The epoch at the slider."""
    return int(app.select_slider(key=state.EPOCH_SLIDER).value)


def in_address(app: AppTest) -> list[str]:
    """The epoch in the address, as `AppTest` holds it."""
    value = app.query_params.get(state.EPOCH, [])
    return [value] if isinstance(value, str) else list(value)


@pytest.mark.parametrize("page", ["architecture", "distillation"])
def test_a_link_opens_its_epoch(run: str, page: str) -> None:
    app = visit(page, run=run, epoch="2")
    assert shown(app) == 2
    app.select_slider(key=state.EPOCH_SLIDER).set_value(4).run()
    assert (shown(app), in_address(app)) == (4, ["4"])


@pytest.mark.parametrize("asked", ["9", "-1", "last"])
def test_an_epoch_that_is_none_leaves_the_address(run: str, asked: str) -> None:
    app = visit("architecture", run=run, epoch=asked)
    assert (shown(app), in_address(app)) == (5, [])


def test_the_back_button_goes_to_the_epoch_before(run: str) -> None:
    app = visit("architecture", run=run, epoch="2")
    app.select_slider(key=state.EPOCH_SLIDER).set_value(4).run()
    app.query_params[state.EPOCH] = "2"
    assert shown(app.run()) == 2
    del app.query_params[state.EPOCH]
    assert shown(app.run()) == 5


def test_another_run_starts_at_its_own_end(home: Workspace, run: str) -> None:
    other = add_run(home, "shop", add_scene(home, "films", seed=2), seed=2, epochs=3)
    app = visit("architecture", run=run, epoch="2")
    app.selectbox(key=state.RUN_PICKER).select(other).run()
    assert (shown(app), in_address(app)) == (3, [])


def test_the_epoch_survives_a_visit_to_another_page(run: str) -> None:
    app = visit("architecture", run=run, epoch="2")
    app.switch_page("../pages/export.py").run()
    app.query_params[state.EPOCH] = "2"
    app.switch_page("../pages/architecture.py").run()
    assert shown(app) == 2


def test_a_film_changes_the_address_once_at_its_end(
    run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit("architecture", run=run, epoch="1")
    monkeypatch.setattr(epoch_slider, "PACE_S", 1e-6)
    app.button(key=state.PLAY_EPOCHS).click().run()
    seen = {(shown(app), *in_address(app))}
    for _ in range(6):
        app.run()
        seen.add((shown(app), *in_address(app)))
    assert {address for _, address in seen} == {"1", "5"}
    assert {epoch for epoch, address in seen if address == "5"} == {5}
    assert len({epoch for epoch, _ in seen}) > 2


def test_the_page_tells_the_slider_its_place_at_every_drawing(run: str) -> None:
    """A click elsewhere may end the drawing in which the browser was told it."""
    app = visit("architecture", run=run)
    for _ in range(2):
        slider = app.select_slider(key=state.EPOCH_SLIDER)
        assert slider.proto.set_value
        assert list(slider.proto.raw_value) == ["5"]
        app.run()
