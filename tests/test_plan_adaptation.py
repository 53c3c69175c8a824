"""The plan of an adaptation: what it shares with a search, and whom the target's labels reach."""

from typing import Any

import pytest

from adarec import catalog
from adarec.config import AdaptSettings, adapt_settings, preset_settings, read_run_settings
from adarec.errors import SettingsError
from adarec.plan import ScenePart, Step, plan_adaptation, plan_run

SOURCE = ScenePart("joined-source", num_items=100, training_length_p90=20)
TARGET = ScenePart("joined-target", num_items=100, training_length_p90=40)
ROLES = ["costs", "teacher", "search", "student", "source_only", "oracle", "measure"]


def settings_of(**changed: Any) -> AdaptSettings:
    """Settings with overrides by dotted key (write `adaptation__pseudo`)."""
    overrides = {key.replace("__", "."): value for key, value in changed.items()}
    return adapt_settings(adaptation={"source": "old", "target": "new"}, overrides=overrides)


def plan(**changed: Any) -> dict[str, Step]:
    """Role -> step."""
    steps = plan_adaptation(settings_of(**changed), SOURCE, TARGET, machine="here")
    return {step.role: step for step in steps}


def changed_roles(before: dict[str, Step], after: dict[str, Step]) -> list[str]:
    return [role for role in before if before[role].key != after[role].key]


def ancestors(steps: dict[str, Step], role: str) -> set[str]:
    """Keys of all that the step was made from."""
    by_key = {step.key: step for step in steps.values()}
    found: set[str] = set()
    waiting = list(steps[role].parents.values())
    while waiting:
        key = waiting.pop()
        found.add(key)
        waiting += by_key[key].parents.values() if key in by_key else []
    return found


@pytest.mark.parametrize("paradigm", [entry.name for entry in catalog.PARADIGMS])
def test_parents_come_first(paradigm: str) -> None:
    steps = plan(adaptation__paradigm=paradigm)
    known = {SOURCE.key, TARGET.key}
    for step in steps.values():
        assert set(step.parents.values()) <= known
        assert step.stage in {stage.name for stage in catalog.STAGES}
        known.add(step.key)
    extra = {"source": {"source_only"}, "warm": {"undistilled"}}.get(paradigm, set())
    assert set(steps) == set(ROLES) ^ extra
    assert list(steps)[-1] == "measure"


def test_teacher_and_cell_are_those_of_a_search_of_the_source() -> None:
    search = {step.role: step for step in plan_run(preset_settings(), SOURCE, machine="here")}
    steps = plan()
    for role in ("costs", "teacher", "search"):
        assert steps[role] == search[role]
    assert steps["source_only"].key == search["student"].key


@pytest.mark.parametrize("paradigm", ["target", "both", "warm"])
def test_no_labelled_use_of_the_target_is_behind_the_student(paradigm: str) -> None:
    steps = plan(adaptation__paradigm=paradigm, controls=0)
    behind = ancestors(steps, "student")
    assert TARGET.key in behind
    readers = {step.role for step in steps.values() if TARGET.key in step.parents.values()}
    assert readers == {"student", "oracle", "measure"}
    assert steps["oracle"].key not in behind
    assert all(TARGET.key not in ancestors(steps, role) for role in ("teacher", "search"))
    assert steps["measure"].parents["scene"] == TARGET.key


def test_the_paradigm_source_is_its_own_rival() -> None:
    steps = plan(adaptation__paradigm="source")
    assert steps["measure"].parents["source_only"] == steps["student"].key
    unused = {"adaptation__target_weight": 3, "adaptation__pseudo": 0}
    assert changed_roles(steps, plan(adaptation__paradigm="source", **unused)) == []


@pytest.mark.parametrize(
    ("changed", "roles"),
    [
        ({"adaptation__target_weight": 2}, ["student", "measure"]),
        ({"adaptation__pseudo": 1}, ["student", "measure"]),
        ({"adaptation__pseudo_quantile": 0}, ["student", "measure"]),
        ({"adaptation__paradigm": "target"}, ["student", "measure"]),
        ({"adaptation__source": "renamed"}, []),  # names decide nothing, keys do
        ({"student__epochs": 3}, ["student", "source_only", "oracle", "measure"]),
        ({"seed": 1}, [role for role in ROLES if role != "costs"]),
        ({"controls": 2}, []),
    ],
)
def test_a_setting_changes_the_steps_that_it_decides(changed: dict, roles: list[str]) -> None:
    assert changed_roles(plan(), plan(**changed)) == roles


def test_controls_are_adapted_and_measured_on_the_target() -> None:
    steps = plan(controls=1)
    for name in ("control-random-1", "control-all-skip"):
        assert steps[name].parents["scene"] == SOURCE.key
        assert steps[name].parents["target"] == TARGET.key
        assert steps[name].settings["adaptation"]["paradigm"] == "both"
    assert steps["measure-controls"].parents["scene"] == TARGET.key


@pytest.mark.parametrize("blend", ["counts", "hybrid"])
def test_counts_are_the_sources(blend: str) -> None:
    """Transitions of the target would be labels."""
    steps = plan(blend=blend)
    blends = [role for role in steps if role == "blend" or role.startswith("hybrid")]
    own = {"hybrid", "hybrid-source_only", "hybrid-oracle"} if blend == "hybrid" else set()
    assert set(blends) == {"blend"} | own
    for role in blends:
        assert steps[role].parents["scene"] == SOURCE.key
    assert ("blend" in steps["student"].parents) == (blend == "counts")
    assert ("hybrid" in steps["measure"].parents) == (blend == "hybrid")


def test_a_point_of_the_front_is_the_cell_of_every_student() -> None:
    steps = plan(point=1, adaptation__paradigm="warm")
    for role in ("student", "source_only", "oracle", "undistilled"):
        assert steps[role].settings["point"] == 1
    assert "point" not in plan()["student"].settings


def test_all_models_read_histories_of_one_length() -> None:
    lengths = {step.settings["length"] for step in plan(adaptation__paradigm="warm").values()}
    assert lengths == {20}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"adaptation__paradigm": "all"}, "'source', 'target', 'both' or 'warm'"),
        ({"adaptation__pseudo_quantile": 1}, "adaptation.pseudo_quantile"),
        ({"adaptation__colour": "red"}, "adaptation.colour"),
        ({"adaptation__paradigm": "warm", "controls": 1}, "choose the paradigm both"),
        ({"augment__name": "asrep"}, "histories of an adaptation are not lengthened"),
        ({"teacher__epochs": "x"}, "teacher.epochs"),
    ],
)
def test_settings_that_do_not_fit_are_named(changed: dict, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        settings_of(**changed)


def test_settings_survive_the_record() -> None:
    settings = settings_of(adaptation__pseudo=0.7, seed=3)
    assert read_run_settings(settings.model_dump(mode="json")) == settings
    assert read_run_settings(preset_settings().model_dump()) == preset_settings()
    moved = settings.between("a", "b")
    assert (moved.adaptation.source, moved.adaptation.target) == ("a", "b")
    assert moved.adaptation.pseudo == 0.7


def test_every_paradigm_of_the_catalogue_can_be_chosen() -> None:
    for entry in catalog.PARADIGMS:
        assert settings_of(adaptation__paradigm=entry.name).adaptation.paradigm == entry.name
