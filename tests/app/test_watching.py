"""What a visitor who watches a run is told: whose losses, what a waiting run waits for, and the
way on of a run that ended early."""

from contextlib import nullcontext
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from adarec import jobs
from adarec.data.example import import_example
from adarec.data.samples import register_samples
from adarec.runs.records import EXAMPLE_RUN
from adarec.runs.workspace import Workspace
from app import gateway, state
from tests.app.filled_workspace import add_run, add_scene
from tests.app.test_visits import text_of, visit


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An empty workspace that the app opens, too; its worker is alive."""
    monkeypatch.setenv("ADAREC_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(jobs, "worker_is_alive", lambda workspace: True)
    st.cache_data.clear()
    return Workspace.open(tmp_path / "home")


def charts_of(app: AppTest) -> str:
    """The specifications of all charts of the page."""
    return "\n".join(chart.proto.spec for chart in app.get("plotly_chart"))


def progress_of(app: AppTest) -> str:
    """What stands over the bar of the run."""
    return str(app.get("progress")[0].proto.text).replace("\\", "")


@pytest.mark.parametrize("role", [gateway.SEARCH, gateway.DISTIL])
def test_the_parts_of_the_loss_times_their_factors_are_the_sum(home: Workspace, role: str) -> None:
    """Held to the example, which real steps have recorded."""
    register_samples(home)
    import_example(home)
    example = gateway.run(EXAMPLE_RUN)
    curves, factors = gateway.curves(example, role), gateway.loss_factors(example, role)
    for place, loss in enumerate(curves["loss"][1]):
        parts = (factor * curves[name][1][place] for name, factor in factors.items())
        assert sum(parts) == pytest.approx(loss, rel=1e-4)


def test_losses_on_a_target_have_its_factor_too(home: Workspace) -> None:
    key = add_scene(home, "films", seed=1)
    run = gateway.run(add_run(home, "films", key, adapted_from="shop"))
    run.settings["adaptation"] |= {"target_weight": 2.0, "pseudo": 0.3}
    factors = gateway.loss_factors(run, gateway.DISTIL)
    assert factors["target_logit_loss"] == 2 * factors["logit_loss"]
    assert factors["pseudo_loss"] == pytest.approx(0.6)
    assert "pseudo_loss" not in gateway.loss_factors(run, gateway.SEARCH)
    assert gateway.loss_factors(run, gateway.TEACHER) == {}


def test_the_losses_of_an_earlier_step_stay_in_reach(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    run = add_run(home, "shop", key, state="running", until="student")
    app = visit("search", run=run)
    losses = app.segmented_control(key=state.LOSSES_OF)
    assert losses.options == ["Newest step", "Teacher", "Search", "Distillation"]
    assert "Losses: distil the student" in charts_of(app)
    losses.set_value("Search").run()
    assert not app.exception
    assert "Losses: search the cell" in charts_of(app)
    assert "Losses: distil the student" not in charts_of(app)
    assert "Task (\\u00d7 0.3)" in charts_of(app)
    app = visit("search", run=run, losses_of="Teacher")
    assert "Losses: train the teacher" in charts_of(app)


def test_a_step_without_losses_says_so(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    run = add_run(home, "shop", key, state="running", until="search")
    app = visit("search", run=run, losses_of="Distillation")
    assert "has recorded no losses yet" in text_of(app)
    assert "Losses: " not in charts_of(app)


def test_the_entropy_is_said_and_drawn_when_its_drawer_is_opened(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    run = add_run(home, "shop", key, state="running", until="search")
    app = visit("search", run=run)
    assert "Entropy of the op probabilities: 1.00 nats; 2.08 is undecided" in text_of(app)
    assert "How undecided the edges are" not in charts_of(app)
    app.session_state[state.ENTROPY] = True
    app.run()
    assert "How undecided the edges are" in charts_of(app)


def test_the_course_of_a_search_is_drawn_when_its_drawer_is_opened(home: Workspace) -> None:
    run = add_run(home, "shop", add_scene(home, "shop", seed=1))
    app = visit("architecture", run=run)
    assert "Share of each op" not in charts_of(app)
    app.session_state[state.COURSE] = True
    app.run()
    for title in ("Share of each op", "How undecided the edges are"):
        assert title in charts_of(app)


def test_a_waiting_run_says_how_many_are_before_it(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    add_run(home, "shop", key, state="running", until="search")
    runs = [add_run(home, "shop", key, seed=seed, state="queued", until="") for seed in (2, 3)]
    for place, run in enumerate(runs):
        home.store.update_run(run, queued_at=100.0 + place)
    assert "Waiting: 1 run before it" in progress_of(visit("search", run=runs[0]))
    assert "Waiting: 2 runs before it" in progress_of(visit("search", run=runs[1]))
    shown = [note.value for note in visit("architecture", run=runs[1]).info]
    assert any("This run is waiting: 2 runs before it." in note for note in shown)


@pytest.mark.parametrize("is_computed", [False, True])
def test_a_run_without_its_process_says_so_and_can_be_resumed(
    home: Workspace, is_computed: bool
) -> None:
    run = add_run(home, "films", add_scene(home, "films", seed=1), state="running", until="search")
    home.store.update_run(run, stop_requested_at=1.0)
    with home.executing(run) if is_computed else nullcontext():
        app = visit("search", run=run)
    said = any(
        "The process that computed this run has ended" in each.value for each in app.warning
    )
    assert said != is_computed
    assert ("Interrupted" in progress_of(app)) != is_computed
    keys = [button.key for button in app.button]
    assert (state.RESUME_SEARCH in keys) != is_computed
    assert app.button(key=state.STOP_SEARCH).disabled == is_computed


def test_a_run_that_no_worker_takes_says_how_to_start_one(
    home: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = add_scene(home, "shop", seed=1)
    run = add_run(home, "shop", key, state="queued", until="")
    app = visit("search", run=run)
    assert "it is next" in progress_of(app)
    assert not app.warning
    monkeypatch.setattr(jobs, "worker_is_alive", lambda workspace: False)
    app = visit("search", run=run)
    assert "Waiting: no worker is running" in progress_of(app)
    assert "Reload this page" in app.warning[0].value
    assert "python -m adarec worker" in app.warning[0].value


@pytest.mark.parametrize("page", ["architecture", "distillation"])
@pytest.mark.parametrize(
    ("run_state", "said", "way_on"),
    [
        ("cancelled", "It was stopped before the step", "Resume it on the Search page"),
        ("failed", "It failed before the step", "Resume it on the Search page"),
        ("running", "has not reached the step", "Watch the run"),
    ],
)
def test_a_run_that_ended_early_leads_to_what_can_be_done(
    home: Workspace, page: str, run_state: str, said: str, way_on: str
) -> None:
    key = add_scene(home, "shop", seed=1)
    run = add_run(home, "shop", key, state=run_state, until="teacher")
    app = visit(page, run=run)
    assert said in text_of(app)
    assert any(link.label.startswith(way_on) for link in app.page_link)


def test_the_target_is_what_the_search_took(home: Workspace) -> None:
    """Where the default is out of reach of a whole request, a search takes another target."""
    key = add_scene(home, "shop", seed=1)
    run = gateway.run(add_run(home, "shop", key))
    assert gateway.target_speedup(run) == 5.0
    search = {step["role"]: step["key"] for step in run.steps}["search"]
    found = home.artefacts.path(search) / "search.json"
    found.write_text('{"target": {"speedup": 4.0, "of": "body"}}')
    st.cache_data.clear()
    assert gateway.target_speedup(run) == 4.0


def test_before_the_start_the_page_says_what_such_a_run_took(home: Workspace) -> None:
    key = add_scene(home, "shop", seed=1)
    assert "the last quick run" not in text_of(visit("search", scene="shop")).lower()
    first, newer = (add_run(home, "shop", key, seed=seed) for seed in (1, 2))
    home.store.update_run(first, seconds={"train_teacher": 5.0})
    own = {"train_teacher": 60.0, "search_student": 90.0}
    home.store.update_run(newer, seconds=own | {"distill_control": 900.0})
    shown = visit("search", scene="shop")
    assert "the last quick run with this teacher took 2 min here" in text_of(shown).lower()
    shown.selectbox(key="search_preset").select("standard").run()
    assert "run with this teacher took" not in text_of(shown)
