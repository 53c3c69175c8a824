"""Where pages said what did not hold: the epoch after a link, the clock of a resumed run, advice
that forgot counting, the name and the size of a download."""

import io
import time
import zipfile
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from adarec.runs.workspace import Workspace
from app import gateway, state
from tests.app.fake_numbers import fake_result
from tests.app.filled_workspace import add_run, add_scene, fill
from tests.app.test_visits import text_of, visit


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the app opens, too."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    st.cache_data.clear()
    return Workspace.open(tmp_path / "home")


def turn_to(app: AppTest, page: str) -> AppTest:
    app.switch_page(f"../pages/{page}.py").run()
    assert not app.exception
    return app


def test_every_film_opens_at_its_own_newest_epoch(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    short = add_run(home, "shop", key, epochs=3)
    longer = add_run(home, "shop", key, seed=2, epochs=5)
    app = visit("architecture", run=short)
    slider = app.select_slider(key=state.EPOCH_SLIDER)
    assert (slider.value, slider.options) == (3, ["1", "2", "3"])
    slider.set_value(2).run()
    assert app.select_slider(key=state.EPOCH_SLIDER).value == 2
    assert turn_to(app, "distillation").select_slider(key=state.EPOCH_SLIDER).value == 3
    assert turn_to(app, "architecture").select_slider(key=state.EPOCH_SLIDER).value == 3
    app.selectbox(key=state.RUN_PICKER).select(longer).run()
    assert app.select_slider(key=state.EPOCH_SLIDER).value == 5


def test_a_resumed_run_says_both_times(home: Workspace) -> None:
    key, now = add_scene(home, "shop", seed=1), time.time()
    run = add_run(home, "shop", key, state="running", until="search")
    home.store.update_run(run, started_at=now - 1800, queued_at=now - 1900)
    assert "30 min since the start. Steps" in text_of(visit("search", run=run))
    home.store.update_run(run, queued_at=now - 240)
    shown = text_of(visit("search", run=run))
    assert "30 min since the start, 4 min since it was resumed" in shown
    home.store.update_run(run, state="cancelled", finished_at=now)
    assert "30 min from start to end, breaks included" in text_of(visit("search", run=run))


def test_advice_names_counting_where_it_is_better(home: Workspace) -> None:
    (run,) = fill(home, num_scenes=1, num_runs=1)
    said = "Counting (most often after the last item) reaches 0.0700, more than this student"
    assert "Counting (" not in text_of(visit("tradeoffs", run=run))
    result = fake_result(run, "shop 1", 0)
    result["baselines"]["last_item_transitions"]["ndcg@10"] = 0.07
    home.store.update_run(run, result=result, finished_at=time.time())
    app = visit("tradeoffs", run=run)
    assert said in text_of(app)
    app.selectbox(key=state.ACCURACY_AXIS).select("HR@10").run()
    assert "Counting (" not in text_of(app), "on this axis the student is better"
    app.selectbox(key=state.ACCURACY_AXIS).select("NDCG@10 (% of teacher)").run()
    assert "reaches 120.7 %, more than this student" in text_of(app)


def test_the_download_is_called_and_sized_as_its_button_says(home: Workspace) -> None:
    (run,) = fill(home, num_scenes=1, num_runs=1)
    app = visit("export", run=run)
    label = app.get("download_button")[0].proto.label
    content = gateway.export_zip(run)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
    assert f"adarec-shop 1-{run}.zip" in label.replace("\\", "")
    assert f"({gateway.size(len(content))})" in label


def test_a_verdict_has_the_times_sign_of_the_numbers_beside_it(home: Workspace) -> None:
    (run,) = fill(home, num_scenes=1, num_runs=1)
    for page in ("search", "compare"):
        shown = text_of(visit(page, run=run))
        assert "7.1× faster" in shown
        assert "7.1x" not in shown
