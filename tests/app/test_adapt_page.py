"""What a visitor does on the page `adapt`, without a browser."""

import shlex
from pathlib import Path

import pytest
import typer
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from adarec import cli
from adarec.runs.workspace import Workspace
from app import gateway, state
from app.report import comparison_report
from tests.app.filled_workspace import add_run, add_scene, fill
from tests.app.test_visits import home, text_of, visit  # noqa: F401  (home is a fixture)

OFFER = "Add controls"


def add_adaptation(workspace: Workspace, *, seed: int = 7, **call: str) -> str:
    """A run from `shop 1` to `shop 2`."""
    key = next(s.key for s in workspace.store.scenes() if s.name == "shop 2")
    return add_run(workspace, "shop 2", key, seed=seed, adapted_from="shop 1", **call)


def adapt_options() -> list[list[str]]:
    """The options that the command line's `adapt` has."""
    command = typer.main.get_command(cli.app).commands["adapt"]  # type: ignore[attr-defined]
    return [parameter.opts for parameter in command.params]


def target_of(app: AppTest, source: str) -> Selectbox:
    """The target's box, which is another one for each source."""
    (box,) = [each for each in app.selectbox if str(each.key).startswith(state.TARGET_PICKER)]
    assert box.key == f"{state.TARGET_PICKER}_{source}"
    return box


def test_a_workspace_of_samples_says_what_is_missing(home: Workspace) -> None:  # noqa: F811
    app = visit("adapt")
    assert "No other scene has an item id of" in text_of(app)
    assert "No adaptation yet" in text_of(app)
    assert not [button for button in app.button if button.key == state.START_ADAPTATION]


def test_only_scenes_with_shared_items_are_offered(home: Workspace) -> None:  # noqa: F811
    fill(home, num_runs=0)
    app = visit("adapt", source="shop 1")
    assert target_of(app, "shop 1").options == ["shop 2 · 100% of 40 items shared"]
    assert app.button(key=state.START_ADAPTATION)
    assert not app.warning


def test_the_address_chooses_the_pair(home: Workspace) -> None:  # noqa: F811
    fill(home, num_scenes=3, num_runs=0)
    app = visit("adapt", source="shop 2", scene="shop 3")
    assert app.selectbox(key=state.SOURCE_PICKER).value == "shop 2"
    assert target_of(app, "shop 2").value == "shop 3"
    app.selectbox(key=state.SOURCE_PICKER).select("shop 3").run()
    assert app.query_params["source"] in ("shop 3", ["shop 3"])
    assert target_of(app, "shop 3").value != "shop 3"


def test_a_new_source_draws_the_target_anew_and_keeps_its_choice(home: Workspace) -> None:  # noqa: F811
    """A browser would go on showing the share of the source before in a box that stays."""
    fill(home, num_scenes=3, num_runs=0)
    app = visit("adapt", source="shop 1", scene="shop 3")
    before = target_of(app, "shop 1").proto.id
    app.selectbox(key=state.SOURCE_PICKER).select("shop 2").run()
    after = target_of(app, "shop 2")
    assert after.value == "shop 3"
    assert after.proto.id != before


def test_two_scenes_of_one_log_are_warned_about(home: Workspace) -> None:  # noqa: F811
    key = add_scene(home, "shop", seed=0)
    add_scene(home, "twin", seed=0)
    other = add_scene(home, "fair", seed=1)
    assert key != other
    app = visit("adapt", source="shop", scene="twin")
    assert "hold the same log" in app.warning[0].value
    assert not visit("adapt", source="shop", scene="fair").warning


def test_start_queues_an_adaptation(
    home: Workspace,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("adarec.jobs.ensure_worker", lambda workspace: None)
    fill(home, num_runs=0)
    app = visit("adapt", source="shop 1", scene="shop 2")
    app.segmented_control(key=state.PARADIGM).set_value("target").run()
    app.button(key=state.START_ADAPTATION).click().run()
    assert not app.exception
    assert not app.error
    (run,) = home.store.runs(scene="shop 2")
    assert (run.scene, run.state, run.adapted_from) == ("shop 2", "queued", "shop 1")
    assert run.settings["adaptation"]["paradigm"] == "target"
    assert [step["stage"] for step in run.steps][-4:] == [
        "adapt_scene",
        "distill_student",
        "distill_oracle",
        "measure",
    ]
    assert app.query_params["run"] in (run.run, [run.run])


def test_a_finished_adaptation_shows_its_picture(home: Workspace) -> None:  # noqa: F811
    fill(home, num_runs=0)
    first = add_adaptation(home)
    app = visit("adapt", run=first)
    assert "From shop 1 to shop 2" in app.get("plotly_chart")[0].proto.spec
    assert not app.error
    assert "adapted from shop 1" in app.selectbox(key=state.RUN_PICKER).options[0]
    labels = {metric.label: metric.value for metric in app.metric}
    assert labels["Items that both scenes have"] == "75%"
    assert labels["Test items out of reach"] == "5.0%"
    assert "All adaptations" not in "".join(each.value for each in app.header)
    add_adaptation(home, seed=8, paradigm="target")
    app = visit("adapt", run=first)
    assert app.header[-1].value == "All adaptations from shop 1 to shop 2"


@pytest.mark.parametrize("until", ["", "search"])
def test_an_unfinished_adaptation_shows_its_progress(home: Workspace, until: str) -> None:  # noqa: F811
    fill(home, num_runs=0)
    run = add_adaptation(home, state="failed", until=until)
    app = visit("adapt", run=run)
    assert app.selectbox(key=state.RUN_PICKER).value == run
    assert app.button(key=state.RESUME_SEARCH)


def test_a_search_in_the_address_is_sent_on(home: Workspace) -> None:  # noqa: F811
    runs = fill(home, num_runs=1)
    add_adaptation(home)
    assert "is a search of one scene" in text_of(visit("adapt", run=runs[0]))


def test_other_pages_show_an_adaptation_like_any_run(home: Workspace) -> None:  # noqa: F811
    fill(home, num_runs=0)
    run = add_adaptation(home)
    for page in ("search", "architecture", "distillation", "tradeoffs", "compare", "export"):
        app = visit(page, run=run)
        assert not app.error
    assert "adapt 'shop 1' 'shop 2' --paradigm both" in app.code[-1].value


def test_compare_says_where_the_cell_of_an_adaptation_was_found(home: Workspace) -> None:  # noqa: F811
    fill(home, num_runs=0)
    run = add_adaptation(home)
    titles = [chart.proto.spec for chart in visit("compare", run=run).get("plotly_chart")]
    assert any("Cell of shop 2, found on shop 1" in title for title in titles)
    assert "Cell of shop 2, found on shop 1" in comparison_report([run])


def test_a_warm_start_is_not_offered_controls(home: Workspace) -> None:  # noqa: F811
    fill(home, num_runs=0)
    warm, both = (
        add_adaptation(home, seed=seed, paradigm=paradigm)
        for seed, paradigm in enumerate(("warm", "both"))
    )
    for run in (warm, both):
        home.store.update_run(run, result=home.store.run(run).result | {"controls": []})
    offered = {
        run: [button for button in visit("search", run=run).button if button.label == OFFER]
        for run in (warm, both)
    }
    assert not offered[warm]
    assert offered[both]
    assert "begins with fit one cell alone" in text_of(visit("search", run=warm))


def test_a_rare_setting_is_part_of_the_command(home: Workspace, tmp_path: Path) -> None:  # noqa: F811
    key = add_scene(home, "shop", seed=0)
    run = home.store.run(add_run(home, "shop", key, adapted_from="fair"))
    changed = run.settings["adaptation"] | {"pseudo": 0.0, "items_map": "a map.csv"}
    home.store.update_run(run.run, settings=run.settings | {"adaptation": changed})
    command = gateway.repeat_command(home.store.run(run.run))
    assert command.startswith("python -m adarec adapt fair shop --paradigm both")
    assert "--items-map 'a map.csv'" in command
    assert "--set adaptation.pseudo=0" in command
    assert "quantile" not in command
    known = {option for each in adapt_options() for option in each}
    assert {word for word in shlex.split(command) if word.startswith("--")} <= known
