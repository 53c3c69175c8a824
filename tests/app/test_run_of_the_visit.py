"""The run that a visit is about: kept while it goes on, and its settings taken up again."""

from adarec.config import preset_settings
from adarec.runs.workspace import Workspace
from app import state
from tests.app.filled_workspace import add_run, add_scene, fill
from tests.app.test_visits import home, visit  # noqa: F401


def test_a_run_that_goes_on_stays_the_visits_run_on_pages_of_finished_ones(
    home: Workspace,  # noqa: F811
) -> None:
    (finished,) = fill(home, num_scenes=1, num_runs=1)
    running = add_run(home, "shop 1", "ingest-test-0", seed=5, state="running", until="search")
    app = visit("search", run=running)
    for page in ("tradeoffs", "try"):
        app.query_params.clear()
        app.switch_page(f"../pages/{page}.py").run()
        assert not app.exception
        assert f"{running} has not finished" in app.info[0].value
        assert app.query_params["run"] in (finished, [finished])
    app.query_params.clear()
    app.switch_page("../pages/search.py").run()
    assert app.query_params["run"] in (running, [running])
    # Who chooses another one by hand looks at that.
    app.query_params.clear()
    app.switch_page("../pages/tradeoffs.py").run()
    app.selectbox(key=state.RUN_PICKER).select(finished).run()
    home.store.update_run(running, state="succeeded", result=home.store.run(finished).result)
    app.run()
    assert not app.info


def test_the_settings_of_a_run_come_back_into_the_form(home: Workspace) -> None:  # noqa: F811
    (first,) = fill(home, num_scenes=1, num_runs=1)
    add_scene(home, "fair", seed=3)
    record = home.store.run(first)
    changed = preset_settings(
        "standard",
        teacher="sasrec",
        overrides={"augment.name": "asrep", "speedup": 50, "seed": 4, "losses.mapping": "uniform",
                   "controls": 2, "search.epochs": 9, "losses.hidden_distance": "kl"},
    )  # fmt: skip
    home.store.update_run(first, settings=record.settings | changed.model_dump(), state="failed")
    app = visit("search", run=first)
    app.selectbox(key=state.SCENE_PICKER).select("fair").run()
    app.button(key=state.CHANGE_SETTINGS).click().run()
    assert not app.exception
    assert app.selectbox(key=state.SCENE_PICKER).value == "shop 1"
    found = {name: app.selectbox(key=f"search_{name}").value
             for name in ("augment", "teacher_asrep", "preset", "mapping")}  # fmt: skip
    assert found == {"augment": "asrep", "teacher_asrep": "sasrec", "preset": "standard",
                     "mapping": "uniform"}  # fmt: skip
    assert app.number_input(key="search_speedup_standard").value == 50
    assert app.number_input(key="search_seed").value == 4
    assert app.number_input(key="search_controls").value == 2
    assert app.number_input(key="setting_search_epochs_standard_sasrec").value == 9
    assert app.selectbox(key="setting_losses_hidden_distance_standard_sasrec").value == "kl"
