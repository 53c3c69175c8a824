"""The list of runs on the Search page: finding, names, notes and tags, the archive, deleting."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from adarec.config import preset_settings
from adarec.errors import RunError
from adarec.runs.schema import RUN_NAMES
from adarec.runs.workspace import Workspace
from adarec.submission import create_run
from app import gateway, state
from app.panels.runs.run_filter import matching
from app.report.run import run_report
from tests.app.fake_numbers import fake_result
from tests.app.filled_workspace import add_run, add_scene, fill
from tests.app.test_visits import text_of, visit


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the app opens, too."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    return Workspace.open(tmp_path / "home")


def opened(run: str) -> AppTest:
    """The Search page with two drawers open: the run's notes and buttons, and the list."""
    app = visit("search", run=run)
    app.session_state[f"{state.KEEP_RUN}_{run}"] = True
    app.session_state[state.ALL_RUNS] = True
    return app.run()


def listed(app: AppTest) -> list[str]:
    """The runs in the list, the last table of the page."""
    return list(app.dataframe[-1].value["run"])


@pytest.mark.parametrize(
    ("words", "chosen", "found"),
    [
        ("", {}, [0, 1, 2, 3]),
        ("QUICK finished", {}, [0, 1, 2, 3]),
        ("later", {}, [1]),
        ("", {"of_scene": ["shop 2"], "by_teacher": []}, [0, 1]),
        ("", {"tagged": ["ship", "other"]}, [1]),
        ("", {"in_state": ["failed"]}, []),
    ],
)
def test_runs_are_found_by_words_and_choices(
    home: Workspace, words: str, chosen: dict[str, list[str]], found: list[int]
) -> None:
    made = fill(home)
    home.store.update_run(made[2], notes="look at it later", tags=["ship"])
    runs = sorted(home.store.run_summaries(), key=lambda run: -made.index(run.run))
    expected = [runs[place].run for place in found]
    assert [run.run for run in matching(runs, words=words, chosen=chosen)] == expected


def test_the_address_narrows_the_list(home: Workspace) -> None:
    runs = fill(home)
    for run, tags in zip(runs[:2], (["ship"], []), strict=True):
        home.store.update_run(run, tags=tags, notes="look again")
    app = visit("search", run=runs[3], find="again")
    assert set(listed(app)) == set(runs[:2])
    app.multiselect(key="tagged").select("ship").run()
    assert listed(app) == [runs[0]]


def test_groups_say_what_their_runs_have_in_common(home: Workspace) -> None:
    runs = fill(home)  # two scenes with two runs each
    ndcg = {run: home.store.run(run).student_ndcg_at_10 or 0.0 for run in runs}
    app = visit("search", run=runs[0], group_by="scene")
    table = app.dataframe[-2].value
    assert list(table["scene"]) == ["shop 1", "shop 2"]
    assert list(table["runs"]) == [2, 2]
    assert list(table["best run"]) == [max(runs[:2], key=ndcg.get), max(runs[2:], key=ndcg.get)]
    assert [set(listed(app)[:2]), set(listed(app)[2:])] == [set(runs[:2]), set(runs[2:])]
    tables = len(app.dataframe)
    app.selectbox(key=state.GROUP_BY).set_value(None).run()
    assert len(app.dataframe) == tables - 1


def test_notes_and_tags_are_kept(home: Workspace) -> None:
    run = fill(home, num_scenes=1, num_runs=1)[0]
    app = opened(run)
    app.text_area(key=f"notes_{run}").set_value(" *best* so far ")
    app.button(key=state.SAVE_NOTES).click().run()
    assert home.store.run(run).notes == "*best* so far"
    assert "\\*best\\* so far" in text_of(app)


def test_a_run_goes_by_its_name(home: Workspace) -> None:
    run, other = fill(home, num_scenes=1, num_runs=2)
    app = opened(run)
    app.text_input(key=f"name_{run}").set_value("  for the   fair ")
    app.button(key=state.SAVE_NOTES).click().run()
    assert home.store.run(run).name == "for the fair"
    labels = app.selectbox(key=state.RUN_PICKER).options
    assert [label.startswith("for the fair · ") for label in labels if run in label] == [True]
    names = dict(zip(listed(app), app.dataframe[-1].value["name"].fillna(""), strict=True))
    assert names == {run: "for the fair", other: ""}
    assert listed(visit("search", run=other, find="FAIR")) == [run]
    assert "for the fair" in run_report(home.store.run(run))


def test_without_names_the_list_has_no_column_for_them(home: Workspace) -> None:
    run = fill(home, num_scenes=1, num_runs=1)[0]
    assert "name" not in opened(run).dataframe[-1].value


def test_a_workspace_from_before_names_takes_them(home: Workspace) -> None:
    run = fill(home, num_scenes=1, num_runs=1)[0]
    with home.store.engine.begin() as connection:
        RUN_NAMES.drop(connection)
    older = Workspace.open(home.home)
    older.store.name_run(run, "first")
    assert older.store.run(run).title == "first"


def test_a_speed_up_is_found_as_pages_write_it(home: Workspace) -> None:
    run = home.store.run_summary(fill(home, num_scenes=1, num_runs=1)[0])
    told = replace(run, verdict="The student is 7.1x faster.")
    for words in ("7.1x", "7.1×"):
        assert matching([told], words=words, chosen={}) == [told]


def test_an_archived_run_is_out_of_sight_until_asked_for(home: Workspace) -> None:
    runs = fill(home, num_scenes=1, num_runs=2)
    app = opened(runs[0])
    app.button(key=state.ARCHIVE_RUN).click().run()
    assert listed(app) == [runs[1]]
    assert app.button(key=state.ARCHIVE_RUN).label == "Take out of the archive"
    app.toggle(key=state.SHOW_ARCHIVED).set_value(True).run()
    assert set(listed(app)) == set(runs)
    assert runs[0] not in visit("tradeoffs").selectbox(key=state.RUN_PICKER).options


def test_a_run_is_deleted_after_a_second_question(home: Workspace) -> None:
    runs = fill(home, num_scenes=1, num_runs=2)
    app = opened(runs[0])
    app.button(key=state.DELETE_RUN).click().run()
    assert not app.exception
    with pytest.raises(RunError):
        home.store.run(runs[0])
    assert app.selectbox(key=state.RUN_PICKER).value == runs[1]


def test_a_list_of_archived_runs_says_where_they_are(home: Workspace) -> None:
    run = fill(home, num_scenes=1, num_runs=1)[0]
    home.store.update_run(run, archived=True)
    app = visit("search")
    assert "Every run is archived" in text_of(app)
    assert [info.value for info in app.info] == [
        "No run matches. Change the words or the choices above."
    ]


def test_a_run_that_goes_on_cannot_be_archived(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    app = opened(add_run(home, "shop", key, state="running", until="search"))
    assert app.button(key=state.ARCHIVE_RUN).disabled


def test_each_cell_is_distilled_on_the_other_scenes(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The button on Compare queues the runs again, each with the other's cell among its
    controls."""
    monkeypatch.setattr("app.gateway.transfer.jobs.ensure_worker", lambda _: None)
    for seed, name in enumerate(("shop", "films")):
        add_scene(home, name, seed=seed)
    made = {name: _finished(home, name, seed) for seed, name in enumerate(("shop", "films"))}
    app = visit("compare")
    assert "2 students" in text_of(app)
    app.button(key=state.DISTIL_CELLS).click().run()
    assert not app.exception
    for name, other in (("shop", "films"), ("films", "shop")):
        run = home.store.run(made[name])
        found = home.store.run(made[other]).result["student"]["genotype"]
        ops = [edge["op"] for edge in found["edges"]]
        assert run.state == "queued"
        assert run.settings["cells"] == {other: ",".join(ops)}
        assert [step["role"] for step in run.steps[-2:]] == [
            f"control-from-{other}",
            "measure-controls",
        ]


def _finished(home: Workspace, scene: str, seed: int) -> str:
    """A run with real steps and a made-up result."""
    run = create_run(home, scene, preset_settings("quick"))
    result = fake_result(run.run, scene, seed=seed)
    home.store.update_run(run.run, state="succeeded", result=result, finished_at=1.0)
    return run.run


def test_the_list_is_folded_beside_the_run_that_is_looked_at(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    finished = add_run(home, "shop", key, seed=1)
    running = add_run(home, "shop", key, seed=2, state="running", until="search")
    for run in (finished, running):
        app = visit("search", run=run)
        assert not app.dataframe
        assert "All runs: find, filter, group" in [each.label for each in app.expander]
        app.session_state[state.ALL_RUNS] = True
        assert listed(app.run()) == [running, finished]


def test_an_address_that_filters_or_groups_opens_the_list(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    run = add_run(home, "shop", key, seed=1)
    for asked in ({"find": "shop"}, {"archived": "true"}, {"in_state": "finished"}):
        app = visit("search", run=run, **asked)
        assert listed(app) == [run], asked
        # Who closes it again is not contradicted.
        app.session_state[state.ALL_RUNS] = False
        assert not app.run().session_state[state.ALL_RUNS]


def test_the_controls_of_a_run_share_one_step(home: Workspace) -> None:
    add_scene(home, "shop", seed=1)
    asked = preset_settings("quick", overrides={"controls": 3, "hand_made": True})
    run = create_run(home, "shop", asked)
    steps = gateway.progress(run)
    titles = {step.title for step in steps if step.role.startswith("control-")}
    assert {"Distil a control (random-2)", "Distil a control (gru)"} <= titles
    assert len(titles) == 8
    text = text_of(visit("search", run=run.run))
    assert "Distil controls" in text
    assert "(gru)" not in text


def test_a_stopped_run_gives_way_but_where_it_can_be_resumed(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    finished = add_run(home, "shop", key, seed=1)
    stopped = add_run(home, "shop", key, seed=2, state="cancelled", until="")
    assert visit("architecture").selectbox(key=state.RUN_PICKER).value == finished
    assert visit("search").selectbox(key=state.RUN_PICKER).value == stopped
    app = visit("architecture", run=stopped)
    assert app.selectbox(key=state.RUN_PICKER).value == stopped


def test_where_one_scene_is_refused_no_cell_is_distilled_on_any(home: Workspace) -> None:
    """The second run would have to be searched again, which controls never do."""
    for seed, name in enumerate(("shop", "films")):
        add_scene(home, name, seed=seed)
    made = [_finished(home, name, seed) for seed, name in enumerate(("shop", "films"))]
    results = {
        name: home.store.run(run).result or {}
        for name, run in zip(("shop", "films"), made, strict=True)
    }
    wanted = gateway.cells_to_distil(results)
    assert list(wanted) == made
    steps = home.store.run(made[1]).steps
    home.store.update_run(made[1], steps=[step | {"key": "before"} for step in steps])
    before = [home.store.run(run) for run in made]
    with pytest.raises(RunError, match="Start a new search"):
        gateway.distil_cells(wanted)
    assert [home.store.run(run) for run in made] == before


def test_cells_are_not_distilled_on_a_warm_start(home: Workspace) -> None:
    """It would refuse them."""
    for seed, name in enumerate(("shop", "films")):
        add_scene(home, name, seed=seed)
    searched = home.store.run(_finished(home, "shop", 0))
    key = next(scene.key for scene in home.store.scenes() if scene.name == "films")
    for paradigm, queued in (("both", 2), ("warm", 1)):
        run = add_run(home, "films", key, seed=1, adapted_from="shop", paradigm=paradigm)
        results = {"shop": searched.result or {}, "films": home.store.run(run).result or {}}
        assert len(gateway.cells_to_distil(results)) == queued
