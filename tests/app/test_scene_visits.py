"""What a visitor does with a scene: quality at a glance, titles, another name, deleting it."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from adarec.data.ingest import ingest_log
from adarec.data.quality import Finding
from adarec.errors import SceneError
from adarec.runs.workspace import Workspace
from app import gateway, state
from app.panels.scenes.scene_report import quality_headline
from tests.app.filled_workspace import add_scene, fill
from tests.app.test_visits import MAIN, WAIT_S, text_of, visit


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the app opens, too."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    return Workspace.open(tmp_path / "home")


def opened(scene: str) -> AppTest:
    """The Scenes page with the part open that renames and deletes the scene."""
    app = visit("scenes", scene=scene)
    app.session_state[f"{state.KEEP_SCENE}_{scene}"] = True
    return app.run()


@pytest.mark.parametrize(
    ("kept", "read", "words"),
    [
        (39_101, 39_113, "39,101 of 39,113 rows kept, 12 dropped"),
        (900, 1000, "900 of 1,000 rows kept, 100 dropped (10.0%)"),
        (798, 798, "798 of 798 rows kept, nothing dropped"),
    ],
)
def test_the_headline_counts_what_was_dropped(kept: int, read: int, words: str) -> None:
    report = {"rows_kept": kept, "rows_read": read, "warnings": []}
    assert quality_headline(report, []) == f"Quality of the log: {words}"
    doubts = [Finding("too few users", "Only 3 users."), Finding("no titles", "None has.")]
    headline = quality_headline(report | {"warnings": ["No time column."]}, doubts)
    assert headline.endswith("· too few users · no titles · a note on how it was read")


def test_doubts_about_a_log_stand_above_its_quality(home: Workspace, cycle_log: Path) -> None:
    ingest_log(home, cycle_log, name="ring")
    app = visit("scenes", scene="ring")
    (label,) = [box.label for box in app.expander if box.label.startswith("Quality of the log")]
    assert "too few users" in label
    assert [warning.value for warning in app.warning if "Only 40 users" in warning.value]


def test_an_upload_says_how_many_items_have_a_title(home: Workspace, cycle_log: Path) -> None:
    app = AppTest.from_file(MAIN, default_timeout=WAIT_S).run()
    app.file_uploader(key=state.UPLOAD_LOG).upload(
        "ring.csv", cycle_log.read_bytes(), "text/csv"
    ).run()
    items = b"item_id,title\ni0,Nought\ni1,One\nx9,Other\n"
    app.file_uploader(key=state.UPLOAD_ITEMS).upload("items.csv", items, "text/csv").run()
    app.button(key=state.SAVE_SCENE).click().run()
    assert not app.error
    assert "is saved. 2 of 12 items have a title." in app.success[0].value
    app.session_state[f"{state.LOG_QUALITY}_ring"] = True
    app.run()
    reading = next(t.value for t in app.dataframe if list(t.value.columns) == ["what", "found"])
    assert dict(reading.values)["items with a title"] == "2 of 12"


def test_a_taken_name_points_to_what_the_page_has(home: Workspace, cycle_log: Path) -> None:
    add_scene(home, "ring", seed=1)
    app = AppTest.from_file(MAIN, default_timeout=WAIT_S).run()
    app.file_uploader(key=state.UPLOAD_LOG).upload(
        "ring.csv", cycle_log.read_bytes(), "text/csv"
    ).run()
    app.button(key=state.SAVE_SCENE).click().run()
    assert "rename or delete that scene on the Scenes page" in app.error[0].value
    assert [box for box in app.expander if box.label == "Rename, delete"]


def test_a_scene_is_renamed(home: Workspace) -> None:
    runs = fill(home, num_scenes=2, num_runs=1)
    app = opened("shop 1")
    app.text_input(key=f"{state.NEW_SCENE_NAME}_shop 1").set_value(" market ")
    app.button(key=state.RENAME_SCENE).click().run()
    assert not app.exception
    assert not app.error
    assert home.store.run(runs[0]).scene == "market"
    assert app.selectbox(key=state.SCENE_PICKER).value == "market"
    assert app.query_params["scene"] in ("market", ["market"])
    assert (
        gateway.results(home.store.run_summaries("market"))[runs[0]]["scene"]["name"] == "market"
    )


def test_a_name_that_is_taken_is_one_line(home: Workspace) -> None:
    fill(home, num_scenes=2, num_runs=0)
    app = opened("shop 1")
    app.text_input(key=f"{state.NEW_SCENE_NAME}_shop 1").set_value("shop 2")
    app.button(key=state.RENAME_SCENE).click().run()
    assert "is taken" in app.error[0].value
    assert home.store.scene("shop 1")


def test_a_scene_is_deleted_after_a_second_question(home: Workspace) -> None:
    fill(home, num_scenes=2, num_runs=0)
    app = opened("shop 1")
    app.button(key=state.DELETE_SCENE).click().run()
    assert not app.exception
    assert app.success[0].value == "Scene **shop 1** is deleted."
    with pytest.raises(SceneError):
        home.store.scene("shop 1")
    assert app.selectbox(key=state.SCENE_PICKER).value == "shop 2"
    assert not app.warning, "the address does not ask for it any more"


def test_a_scene_with_runs_says_that_these_go_first(home: Workspace) -> None:
    runs = fill(home, num_scenes=1, num_runs=1)
    app = opened("shop 1")
    assert f"1 run(s) need this scene: {runs[0]}. Delete these first" in text_of(app)
    app.button(key=state.DELETE_SCENE).click().run()  # as when the run came after the page
    assert runs[0] in app.error[0].value
    assert home.store.scene("shop 1")


def test_a_sample_is_not_offered_for_deletion(home: Workspace) -> None:
    app = visit("scenes", scene="cycle")
    assert [box for box in app.expander if box.label == "Rename, delete"] == []
