"""Building a history on the Try page: searching, editing, the address, another scene."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from adarec.data.scene import Scene, write_scene
from adarec.runs.workspace import Workspace
from app import state
from app.panels.answers.history_editor import label_of, short_name
from tests.app.filled_workspace import fill

MAIN = Path(__file__).resolve().parents[2] / "app" / "main.py"
NUM_ITEMS, NUM_USERS, LENGTH = 2500, 300, 80
BIG = "ingest-big"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the app opens, too."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    return Workspace.open(tmp_path / "home")


def add_scene(home: Workspace, key: str = BIG, *, prefix: str = "", repeats: float = 0.0) -> None:
    """User u has the items u, u + 1, …; item 7 is the most frequent one."""
    steps = np.arange(NUM_USERS)[:, None] + np.arange(LENGTH)[None]
    steps[:, :3] = 7
    scene = Scene(
        items=(steps % NUM_ITEMS + 1).astype(np.int32).ravel(),
        offsets=np.arange(NUM_USERS + 1) * LENGTH,
        times=np.arange(NUM_USERS * LENGTH, dtype=float),
        architecture_slice=np.arange(NUM_USERS) % 5 == 0,
        item_ids=[f"{prefix}{i}" for i in range(NUM_ITEMS)],
        titles=[f"Red Film, part {i}" if i % 2 else None for i in range(NUM_ITEMS)],
        user_ids=[f"{prefix}u{u}" for u in range(NUM_USERS)],
        summary={"repeat_share": repeats},
    )
    with home.artefacts.claim(key) as folder:
        assert folder is not None
        write_scene(scene, folder)


def picker(scene_key: str) -> None:
    import streamlit as st

    from app.panels.answers.history_picker import pick_history

    history = pick_history(st.session_state.get("scene_key", scene_key))
    st.text(", ".join(history.items))
    st.text(f"hide {history.hide_consumed}")


def opened(**query: str | list[str]) -> AppTest:
    """The picker on the big scene, at an address."""
    app = AppTest.from_function(picker, args=(BIG,))
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def items_of(app: AppTest) -> list[str]:
    assert not app.exception
    return [item for item in app.text[0].value.split(", ") if item]


def add(app: AppTest, item: str) -> None:
    """Searches the item by its id and clicks it."""
    app.text_input(key=state.FIND_ITEMS).set_value(item).run()
    app.pills(key=state.FOUND_ITEMS).set_value(item).run()


def choose(app: AppTest, place: int) -> None:
    app.pills(key=state.HISTORY_ITEMS).set_value(place).run()


def click(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()


def address(app: AppTest, name: str) -> list[str]:
    value = app.query_params.get(name, [])
    return [value] if isinstance(value, str) else list(value)


def said(app: AppTest) -> str:
    texts = [each.value for each in [*app.markdown, *app.caption, *app.warning]]
    return "\n".join(texts).replace("\\", "")


def test_the_search_reaches_every_item_and_never_takes_all_matches(home: Workspace) -> None:
    add_scene(home)
    app = opened(history_way="Items")
    assert items_of(app) == []
    app.text_input(key=state.FIND_ITEMS).set_value("2499 FILM").run()
    assert app.pills(key=state.FOUND_ITEMS).options == ["Red Film, part 2499 (2499)"]
    app.pills(key=state.FOUND_ITEMS).set_value("2499").run()
    assert items_of(app) == ["2499"]
    assert app.pills(key=state.FOUND_ITEMS).value is None, "the same item can be clicked again"
    app.text_input(key=state.FIND_ITEMS).set_value("50").run()
    found = app.pills(key=state.FOUND_ITEMS).options
    assert found[0] == "50"
    assert 10 < len(found) <= 36
    assert "more: type more words" in said(app)
    assert items_of(app) == ["2499"]
    app.text_input(key=state.FIND_ITEMS).set_value("red nothing").run()
    assert "No item has all of these words." in said(app)


def test_before_any_word_the_most_frequent_items_are_offered(home: Workspace) -> None:
    add_scene(home)
    assert opened(history_way="Items").pills(key=state.FOUND_ITEMS).options[0].endswith("(7)")


def test_places_are_removed_replaced_and_moved_and_an_item_may_come_twice(home: Workspace) -> None:
    add_scene(home)
    app = opened(history_way="Items")
    for item in ("3", "1", "4", "1"):
        add(app, item)
    assert items_of(app) == ["3", "1", "4", "1"]
    choose(app, 1)
    click(app, state.REMOVE_PLACE)
    assert items_of(app) == ["3", "4", "1"]
    choose(app, 0)
    add(app, "9")
    assert items_of(app) == ["9", "4", "1"]
    choose(app, 2)
    click(app, state.MOVE_EARLIER)
    click(app, state.MOVE_EARLIER)
    assert items_of(app) == ["1", "9", "4"]
    assert app.button(key=state.MOVE_EARLIER).disabled
    click(app, state.MOVE_LATER)
    assert items_of(app) == ["9", "1", "4"]
    assert address(app, state.HISTORY_ITEMS) == ["9", "1", "4"]


def test_edits_are_undone_one_by_one(home: Workspace) -> None:
    add_scene(home)
    app = opened(history_way="Items", history_items=["1", "2"])
    assert app.button(key=state.UNDO_EDIT).disabled
    add(app, "5")
    click(app, state.CLEAR_HISTORY)
    assert items_of(app) == []
    click(app, state.UNDO_EDIT)
    assert items_of(app) == ["1", "2", "5"]
    click(app, state.UNDO_EDIT)
    assert items_of(app) == ["1", "2"]
    assert app.button(key=state.UNDO_EDIT).disabled


def test_every_user_is_found_and_their_history_can_be_edited(home: Workspace) -> None:
    add_scene(home)
    app = opened()
    assert app.selectbox(key=state.HISTORY_USER).value == "u0"
    app.text_input(key=state.FIND_USER).set_value("u299").run()
    assert app.selectbox(key=state.HISTORY_USER).value == "u299"
    history = items_of(app)
    assert history[-1] == str(299 + LENGTH - 2)
    assert len(history) == LENGTH - 1
    assert f"the newest 20: {299 + LENGTH - 2 - 19} · " in said(app)
    click(app, state.EDIT_HISTORY)
    assert items_of(app) == history[-50:]
    places = app.pills(key=state.HISTORY_ITEMS).options
    assert (len(places), places[0][:4], places[-1][:4]) == (20, "31 ·", "50 ·")
    app.toggle(key=state.ALL_PLACES).set_value(True).run()
    choose(app, 0)
    click(app, state.REMOVE_PLACE)
    assert items_of(app) == history[-49:]


def test_an_address_restores_what_was_chosen(home: Workspace) -> None:
    add_scene(home)
    app = opened(history_user="u250", hide_consumed="false")
    assert app.selectbox(key=state.HISTORY_USER).value == "u250"
    assert app.text[1].value == "hide False"
    app.segmented_control(key=state.HISTORY_WAY).set_value("Items").run()
    add(app, "8")
    add(app, "2499")
    app.toggle(key=state.HIDE_CONSUMED).set_value(True).run()
    kept = {name: address(app, name) for name in state.OF_ONE_SCENE}
    again = opened(**kept)
    assert items_of(again) == ["8", "2499"]
    assert again.text[1].value == "hide True"
    again.segmented_control(key=state.HISTORY_WAY).set_value("A user").run()
    assert again.selectbox(key=state.HISTORY_USER).value == "u250"


def test_unknown_ids_of_an_address_are_named_and_left_out(home: Workspace) -> None:
    add_scene(home)
    app = opened(history_way="Items", history_items=["3", "n1", "4"], history_user="nobody")
    assert items_of(app) == ["3", "4"]
    assert "User nobody is not in this scene." in said(app)
    assert "left out: n1." in said(app)
    many = opened(history_items=[str(i) for i in range(60)])
    assert items_of(many) == [str(i) for i in range(10, 60)]
    assert "the last 50 are used" in said(many)


def test_the_switch_follows_the_scene_until_a_visitor_switches(home: Workspace) -> None:
    add_scene(home)
    add_scene(home, "ingest-habits", prefix="h", repeats=0.7)
    app = opened()
    assert app.text[1].value == "hide True"
    app.session_state["scene_key"] = "ingest-habits"
    app.run()
    assert app.text[1].value == "hide False"
    app.toggle(key=state.HIDE_CONSUMED).set_value(True).run()
    assert app.text[1].value == "hide True"


def visit_try(**query: str | list[str]) -> AppTest:
    """The whole page."""
    app = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page("../pages/try.py").run()
    assert not app.exception
    return app


def test_another_run_of_the_scene_keeps_the_history_and_another_scene_drops_it(
    home: Workspace,
) -> None:
    first, second, elsewhere, _ = fill(home)
    asked = {state.HISTORY_USER: ["u7"], state.HISTORY_ITEMS: ["i1", "i1"],
             state.HISTORY_WAY: ["Items"], state.HIDE_CONSUMED: ["true"]}  # fmt: skip
    app = visit_try(run=first, **asked)
    app.text_input(key=state.FIND_ITEMS).set_value("film").run()
    app.selectbox(key=state.RUN_PICKER).select(second).run()
    assert {name: address(app, name) for name in state.OF_ONE_SCENE} == asked
    assert len(app.pills(key=state.HISTORY_ITEMS).options) == 2
    app.selectbox(key=state.RUN_PICKER).select(elsewhere).run()
    assert not app.exception
    assert address(app, state.RUN) == [elsewhere]
    assert not any(address(app, name) for name in state.OF_ONE_SCENE)
    assert app.selectbox(key=state.HISTORY_USER).value == "u0"
    assert not app.toggle(key=state.HIDE_CONSUMED).value, "20 % repeat: shown by default"
    app.segmented_control(key=state.HISTORY_WAY).set_value("Items").run()
    assert app.text_input(key=state.FIND_ITEMS).value == ""
    assert app.button(key=state.UNDO_EDIT).disabled


def test_a_history_is_still_there_after_a_look_at_another_page(home: Workspace) -> None:
    (run,) = fill(home, num_scenes=1, num_runs=1)
    app = visit_try(run=run)
    app.text_input(key=state.FIND_USER).set_value("u33").run()
    app.query_params.clear()
    app.switch_page("../pages/export.py").run()
    app.query_params.clear()
    app.switch_page("../pages/try.py").run()
    assert app.selectbox(key=state.HISTORY_USER).value == "u33"
    assert address(app, state.HISTORY_USER) == ["u33"]


def test_a_swapped_item_changes_what_both_models_are_asked(home: Workspace) -> None:
    (run,) = fill(home, num_scenes=1, num_runs=1)
    app = visit_try(run=run, history_items=["i1", "i2"], hide_consumed="true")
    choose(app, 1)
    app.text_input(key=state.FIND_ITEMS).set_value("i5").run()
    app.pills(key=state.FOUND_ITEMS).set_value("i5").run()
    assert address(app, state.HISTORY_ITEMS) == ["i1", "i5"]
    teacher, student = (app.dataframe[place].value for place in (0, 1))
    for recommended in (teacher, student):
        assert not {"i1", "i5"} & set(recommended["id"])


def test_titles_are_shown_as_they_are() -> None:
    assert label_of("8. *Mile* (12)") == r"8\. \*Mile\* (12)"
    long = short_name("word " * 40 + "(B00123)")
    assert len(long) < 80
    assert long.endswith("… (B00123)")
    assert short_name("B00123" * 20) == "B00123" * 20, "an id is never cut"
