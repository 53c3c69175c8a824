"""From a scene and settings to a queued run, and back to an unfinished one."""

from typing import Any

import pytest

from adarec.errors import RunError, SceneError
from adarec.plan import stage_key
from adarec.runs.records import RunRecord, SceneRecord
from adarec.runs.workspace import Workspace
from adarec.submission import add_controls, create_run, find_unfinished, planned_steps, replan
from tests.finished_run import small_settings

SUMMARY = {"items": 100, "training_length_p90": 20, "users": 5}


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    """A workspace that knows of a scene called `shop`."""
    workspace.store.add_scene(SceneRecord("shop", "ingest-1", summary=SUMMARY))
    workspace.store.add_scene(SceneRecord("cafe", "ingest-2", summary=SUMMARY))
    return workspace


def test_a_new_run_holds_its_whole_plan(shop: Workspace) -> None:
    settings = small_settings(seed=3)
    run = create_run(shop, "shop", settings, fresh=True)
    steps, key = planned_steps(shop, "shop", settings)
    assert (run.state, run.seed, run.fresh, run.scene_key) == ("queued", 3, True, "ingest-1")
    assert run.steps == steps
    assert run.settings == settings.model_dump()
    assert key == "ingest-1"
    assert (run.preset, run.teacher, run.mapping) == ("quick", "nextitnet", "emd")
    assert not shop.artefacts.is_complete(run.steps[0]["key"]), "nothing is computed yet"


def test_a_missing_scene_is_named(shop: Workspace) -> None:
    with pytest.raises(SceneError, match="There is no scene 'shoop'"):
        create_run(shop, "shoop", small_settings())
    assert shop.store.runs() == []


def test_a_run_is_measured_under_the_name_of_the_machine_that_executes_it(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(shop, "shop", small_settings(cost="latency"))
    replan(shop, run.run)
    assert shop.store.run(run.run).steps == run.steps
    monkeypatch.setattr("adarec.plan.search.machine_fingerprint", lambda: "there")
    monkeypatch.setattr("adarec.submission.machine_fingerprint", lambda: "there")
    replan(shop, run.run)
    there = {step["role"]: step for step in shop.store.run(run.run).steps}
    measured = {role for role, step in there.items() if step["settings"].get("machine") == "there"}
    assert measured == {"costs", "measure"}
    here = {step["role"]: step["key"] for step in run.steps}
    assert there["teacher"]["key"] == here["teacher"], "a teacher is the same everywhere"
    assert there["search"]["key"] != here["search"]


def as_planned_before(run: RunRecord, role: str) -> list[dict[str, Any]]:
    """The run's steps, with the key that an earlier version of one stage had."""
    earlier = [dict(step) for step in run.steps]
    step = next(step for step in earlier if step["role"] == role)
    deciding = {name: step[name] for name in ("settings", "parents", "seed", "threads")}
    step["key"] = stage_key(step["stage"], **deciding, version=0)
    return earlier


def test_a_run_that_an_earlier_version_planned_is_planned_anew(shop: Workspace) -> None:
    run = create_run(shop, "shop", small_settings())
    lacking = {name: value for name, value in run.settings["search"].items() if name != "order"}
    stale = as_planned_before(run, "measure")
    shop.store.update_run(run.run, steps=stale, settings=run.settings | {"search": lacking})
    replan(shop, run.run)
    found = shop.store.run(run.run)
    assert [step["role"] for step in found.steps] == [step["role"] for step in run.steps]
    assert found.steps[-1]["key"] == run.steps[-1]["key"] != stale[-1]["key"]
    assert found.settings == run.settings


@pytest.mark.parametrize("state", ["failed", "cancelled", "running"])
def test_an_unfinished_run_with_the_same_steps_is_found(shop: Workspace, state: str) -> None:
    run = create_run(shop, "shop", small_settings()).run
    shop.store.update_run(run, state=state)
    found = find_unfinished(shop, "shop", small_settings())
    assert found is not None
    assert found.run == run
    assert find_unfinished(shop, "shop", small_settings(seed=1)) is None
    assert find_unfinished(shop, "cafe", small_settings()) is None


def test_a_run_that_computes_everything_anew_is_resumed_by_its_own_command(
    shop: Workspace,
) -> None:
    run = create_run(shop, "shop", small_settings(), fresh=True).run
    shop.store.update_run(run, state="cancelled")
    assert find_unfinished(shop, "shop", small_settings()) is None
    found = find_unfinished(shop, "shop", small_settings(), fresh=True)
    assert found is not None
    assert found.run == run


@pytest.mark.parametrize("state", ["queued", "succeeded"])
def test_a_queued_or_finished_run_is_not_unfinished(shop: Workspace, state: str) -> None:
    run = create_run(shop, "shop", small_settings()).run
    shop.store.update_run(run, state=state)
    assert find_unfinished(shop, "shop", small_settings()) is None


def test_a_run_that_somebody_executes_is_left_alone(shop: Workspace) -> None:
    run = create_run(shop, "shop", small_settings()).run
    shop.store.update_run(run, state="running")
    with shop.executing(run):
        assert find_unfinished(shop, "shop", small_settings()) is None
    assert find_unfinished(shop, "shop", small_settings()) is not None


def test_the_newest_unfinished_run_is_taken(shop: Workspace) -> None:
    runs = [create_run(shop, "shop", small_settings()).run for _ in range(2)]
    for run in runs:
        shop.store.update_run(run, state="cancelled")
    found = find_unfinished(shop, "shop", small_settings())
    assert found is not None
    assert found.run == runs[1]


def test_controls_are_added_to_the_same_run(shop: Workspace) -> None:
    run = create_run(shop, "shop", small_settings())
    more = add_controls(shop, run.run, 2)
    assert more.run == run.run
    assert more.settings["controls"] == 2
    assert more.steps[:5] == run.steps
    assert [step["role"] for step in more.steps[5:]] == [
        "equal-random",
        "control-random-1",
        "control-random-2",
        "control-all-skip",
        "measure-controls",
    ]


def test_hand_made_students_are_added_with_them(shop: Workspace) -> None:
    run = create_run(shop, "shop", small_settings())
    more = add_controls(shop, run.run, 1, hand_made=True)
    added = [step["role"] for step in more.steps[5:]]
    names = ("random-1", "all-skip", "cnn", "gru", "sasrec", "no-distillation")
    assert {f"control-{name}" for name in names} <= set(added)
    assert added[-1] == "measure-controls"
    assert more.steps[:5] == run.steps


def test_no_controls_are_added_where_the_run_would_be_computed_again(shop: Workspace) -> None:
    run = create_run(shop, "shop", small_settings())
    shop.store.update_run(run.run, steps=as_planned_before(run, "search"))
    with pytest.raises(RunError, match="Start a new search with controls"):
        add_controls(shop, run.run, 2)
    assert shop.store.run(run.run).settings["controls"] == 0


def test_a_point_is_not_taken_from_another_front(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(shop, "shop", small_settings(cost="latency", point=3))
    replan(shop, run.run)
    monkeypatch.setattr("adarec.plan.search.machine_fingerprint", lambda: "there")
    monkeypatch.setattr("adarec.submission.machine_fingerprint", lambda: "there")
    with pytest.raises(RunError, match="Search again, then distil point 3 of that run"):
        replan(shop, run.run)
    assert shop.store.run(run.run).steps == run.steps


def test_controls_of_a_missing_run(shop: Workspace) -> None:
    with pytest.raises(RunError, match="r-none"):
        add_controls(shop, "r-none", 1)
