"""Building a history item by item on the Try page."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from adarec.data.ingest import ingest_log
from adarec.runs.workspace import Workspace
from app import state
from app.panels.answers.history_picker import Again


def picker(folder: str) -> None:
    from pathlib import Path

    import streamlit as st

    from adarec.data.scene import read_scene
    from app.panels.answers.history_picker import pick_history

    st.text(", ".join(pick_history(read_scene(Path(folder))).items))


def opened(scene_folder: Path) -> AppTest:
    app = AppTest.from_function(picker, args=(str(scene_folder),))
    app.session_state["history_way"] = "Items"
    return app.run()


def scene_folder(workspace: Workspace, *, laps: int) -> Path:
    """Twenty users who walk around a ring of six items so many times."""
    steps = [(user, step) for user in range(20) for step in range(6 * laps)]
    rows = [f"u{user},i{step % 6},{step + 1}" for user, step in steps]
    log = workspace.home / "ring.csv"
    log.write_text("user_id,item_id,timestamp\n" + "\n".join(rows), encoding="utf-8")
    return workspace.artefacts.path(ingest_log(workspace, log, name="ring").key)


def test_an_item_can_be_in_a_history_more_than_once(workspace: Workspace) -> None:
    app = opened(scene_folder(workspace, laps=3))
    items = app.multiselect(key=state.HISTORY_ITEMS)
    first, second, *_ = items.options
    for label in (first, second, f"{first}, time 2", f"{first}, time 3"):
        app.multiselect(key=state.HISTORY_ITEMS).select(label).run()
        assert not app.exception
    assert app.text[0].value == f"{first}, {second}, {first}, {first}"
    app.multiselect(key=state.HISTORY_ITEMS).unselect(Again("i0", 2)).run()
    assert app.text[0].value == f"{first}, {second}, {first}"


def test_where_nobody_repeats_an_item_it_is_not_offered_again(workspace: Workspace) -> None:
    app = opened(scene_folder(workspace, laps=1))
    offered = app.multiselect(key=state.HISTORY_ITEMS).options
    app.multiselect(key=state.HISTORY_ITEMS).select(offered[0]).run()
    assert app.multiselect(key=state.HISTORY_ITEMS).options == offered
