"""The plan of a run: keys that change with all that decides a result, and with nothing else."""

from typing import Any

import pytest

from adarec import catalog
from adarec.config import RunSettings, preset_settings
from adarec.plan import ScenePart, Step, plan_run, stage_key

SCENE = ScenePart("ingest-1", num_items=100, training_length_p90=20)
ROLES = ["costs", "teacher", "search", "student", "measure"]


def plan(scene: ScenePart = SCENE, machine: str = "here", **changed: Any) -> dict[str, Step]:
    """Role -> step, with overrides by dotted key (write `teacher__width`)."""
    overrides = {key.replace("__", "."): value for key, value in changed.items()}
    teacher = overrides.pop("teacher.name", None)
    settings = preset_settings("quick", teacher=teacher, overrides=overrides)
    return {step.role: step for step in plan_run(settings, scene, machine=machine)}


def changed_roles(before: dict[str, Step], after: dict[str, Step]) -> list[str]:
    return [role for role in before if before[role].key != after[role].key]


def test_the_order_is_the_story_and_parents_come_first() -> None:
    steps = plan_run(preset_settings(overrides={"controls": 2}), SCENE, machine="here")
    names = [step.role for step in steps]
    assert names[:5] == ROLES
    assert names[5:] == [
        "equal-random",
        "control-random-1",
        "control-random-2",
        "control-all-skip",
        "measure-controls",
    ]
    known = {"scene": SCENE.key}
    for step in steps:
        if step.role.startswith("control-random"):
            known["matched"] = known["equal-random"]
        for role, key in step.parents.items():
            assert known[role] == key
        known[step.role] = step.key
        assert step.stage in {stage.name for stage in catalog.STAGES}
        assert step.key.startswith(f"{step.stage}-")
    assert len({step.key for step in steps}) == len(steps)


def test_equal_settings_give_equal_keys() -> None:
    assert plan() == plan()
    settings = preset_settings("quick")
    again = RunSettings.model_validate_json(settings.model_dump_json())
    assert plan_run(again, SCENE, machine="here") == list(plan().values())


@pytest.mark.parametrize(
    ("changed", "roles"),
    [
        ({"seed": 1}, ["teacher", "search", "student", "measure"]),  # the cost table stays
        ({"threads": 1}, ["teacher", "search", "student", "measure"]),
        ({"teacher__epochs": 3}, ["teacher", "search", "student", "measure"]),
        ({"teacher__width": 64}, ROLES),
        ({"length_cap": 10}, ROLES),
        ({"cost": "flops"}, ["costs", "search", "student", "measure"]),
        ({"speedup": 3}, ["search", "student", "measure"]),
        ({"search__epochs": 3}, ["search", "student", "measure"]),
        ({"losses__mapping": "uniform"}, ["search", "student", "measure"]),
        ({"losses__logit": 2}, ["search", "student", "measure"]),
        ({"student__width": 32}, ["costs", "search", "student", "measure"]),
        ({"student__epochs": 3}, ["student", "measure"]),
        ({"student__learning_rate": 0.1}, ["search", "student", "measure"]),  # its finalists
        ({"search__finalists": 2}, ["search", "student", "measure"]),
        ({"search__drawn_finalists": 2}, ["search", "student", "measure"]),
        ({"search__finalist_epochs": 3}, ["search", "student", "measure"]),
        ({"point": 0}, ["student", "measure"]),
        ({"length_cap": 30}, []),  # the scene's histories are shorter
        ({"controls": 2}, []),
    ],
)
def test_a_setting_changes_the_stages_that_it_decides(changed: dict, roles: list[str]) -> None:
    assert changed_roles(plan(), plan(**changed)) == roles


@pytest.mark.parametrize("key", ["teacher__masked_share", "teacher__mask_probability"])
@pytest.mark.parametrize("teacher", [entry.name for entry in catalog.TEACHERS])
def test_a_setting_of_one_teacher_leaves_the_keys_of_others(teacher: str, key: str) -> None:
    sizes = {"teacher__name": teacher, "teacher__width": 64}
    changed = changed_roles(plan(**sizes), plan(**sizes | {key: 0.3}))
    assert changed == (
        ["teacher", "search", "student", "measure"] if teacher == "bert4rec" else []
    )


AUGMENT = {"augment__items": 3, "augment__longest": 4, "augment__epochs": 1}
AUGMENT |= {"augment__warm_start": False, "augment__train_on_pseudo": True}


@pytest.mark.parametrize("key", AUGMENT)
def test_a_run_without_augmentation_is_what_it_was(key: str) -> None:
    assert plan(**{key: AUGMENT[key]}) == plan()
    assert "augment" not in plan()
    for step in plan().values():
        assert not {"start", "train_on_pseudo"} & set(step.settings)


def test_later_stages_read_the_augmented_scene() -> None:
    steps = plan(augment__name="asrep", controls=1)
    augmented = steps["augment"]
    assert augmented.parents == {"scene": SCENE.key}
    assert augmented.settings["length"] == steps["teacher"].settings["length"] == 20
    readers = [step for step in steps.values() if "scene" in step.parents and step != augmented]
    assert {step.parents["scene"] for step in readers} == {augmented.key}
    assert len(readers) == 7  # teacher, search, student, measure and the controls' three
    assert steps["costs"] == plan(teacher__name="sasrec", **SASREC)["costs"]


SASREC = {"teacher__num_blocks": 4, "teacher__width": 64}


@pytest.mark.parametrize(
    ("changed", "roles"),
    [
        ({"augment__longest": 99}, []),  # the scene's L is 20, less than that
        ({"augment__longest": 10}, ["augment", *ROLES[1:]]),
        ({"augment__items": 3}, ["augment", *ROLES[1:]]),
        ({"augment__warm_start": False}, ROLES[1:]),
        ({"augment__train_on_pseudo": True}, ROLES[1:]),
        ({"teacher__epochs": 3}, ROLES[1:]),  # the reverse model has epochs of its own
        ({"teacher__dropout": 0.5}, ["augment", *ROLES[1:]]),
        ({"teacher__masked_share": 0.5}, []),
        ({"student__epochs": 3}, ["student", "measure"]),
    ],
)
def test_a_setting_of_the_augmentation_changes_what_it_decides(
    changed: dict, roles: list[str]
) -> None:
    usual = {"augment__name": "asrep", "augment__longest": 50}
    before, after = plan(**usual), plan(**usual | changed)
    assert sorted(changed_roles(before, after)) == sorted(roles)


def test_other_teachers_share_one_augmented_scene() -> None:
    plans = [
        plan(augment__name="asrep", teacher__name=name, **sizes)
        for name, sizes in (("nextitnet", {}), ("gru4rec", {"teacher__width": 64}))
    ]
    assert plans[0]["augment"].key == plans[1]["augment"].key
    assert plans[0]["augment"].key == plan(augment__name="asrep")["augment"].key
    assert all("start" not in steps["teacher"].settings for steps in plans)
    assert plan(augment__name="asrep")["teacher"].settings["start"] == "reverse"


@pytest.mark.parametrize("teacher", [entry.name for entry in catalog.TEACHERS])
def test_the_attention_of_one_teacher_is_in_its_keys_alone_and_in_its_costs(teacher: str) -> None:
    sizes = {"teacher__name": teacher, "teacher__width": 64}
    default, dot = plan(**sizes), plan(**sizes | {"teacher__attention": "dot"})
    assert changed_roles(default, dot) == []
    changed = changed_roles(default, plan(**sizes | {"teacher__attention": "wasserstein"}))
    assert changed == (ROLES if teacher == "dt4sr" else [])


def test_a_search_without_finalists_depends_on_no_distillation() -> None:
    one = {"search__finalists": 1}
    others = {"search__finalist_epochs": 5, "student__learning_rate": 0.1}
    for changed in ({key: value} for key, value in others.items()):
        assert "search" not in changed_roles(plan(**one), plan(**one | changed))
    assert "finalist_epochs" not in plan(**one)["search"].settings["search"]


def test_every_point_is_a_student_of_its_own_from_the_same_search() -> None:
    own, first, second = plan(), plan(point=0), plan(point=1)
    assert "point" not in own["student"].settings
    assert first["student"].settings["point"] == 0
    assert len({each["student"].key for each in (own, first, second)}) == 3
    assert len({each["search"].key for each in (own, first, second)}) == 1


def test_the_scene_decides_all_but_the_costs_of_equal_sizes() -> None:
    other = ScenePart("ingest-2", num_items=100, training_length_p90=20)
    assert changed_roles(plan(), plan(other)) == ["teacher", "search", "student", "measure"]
    larger = ScenePart("ingest-1", num_items=101, training_length_p90=20)
    assert "costs" in changed_roles(plan(), plan(larger))


def test_the_machine_decides_only_what_is_measured() -> None:
    steered_by_time = changed_roles(plan(machine="here"), plan(machine="there"))
    assert steered_by_time == ["costs", "search", "student", "measure"]
    for cost in ("flops", "params"):
        there = plan(machine="there", cost=cost)
        assert changed_roles(plan(machine="here", cost=cost), there) == ["measure"]


def test_controls_are_added_after_the_others() -> None:
    without, with_two, with_three = plan(), plan(controls=2), plan(controls=3)
    assert list(with_two)[:5] == list(without)
    assert changed_roles(without, with_two) == []
    assert (
        changed_roles(
            {role: step for role, step in with_two.items() if role != "measure-controls"},
            with_three,
        )
        == []
    )


@pytest.mark.parametrize(
    ("blend", "changed"),
    [
        ("counts", ["search", "student", "measure"]),
        ("hybrid", ["costs", "search", "student", "measure"]),
    ],
)
def test_a_blend_enters_where_its_scores_are_used(blend: str, changed: list[str]) -> None:
    """A student that learns the counts is searched for them; a hybrid one looks them up at every
    request, which leaves less of the limit to its cell.
    """
    blended = plan(blend=blend)
    added = {"counts": {"blend"}, "hybrid": {"blend", "hybrid"}}[blend]
    assert set(blended) == set(plan()) | added
    kept = {role: step for role, step in blended.items() if role not in added}
    assert changed_roles(plan(), kept) == changed
    assert blended["blend"].parents["model"] == blended["teacher"].key
    assert blended["search"].parents.get("blend") == (
        blended["blend"].key if blend == "counts" else None
    )
    if blend == "hybrid":
        assert blended["hybrid"].parents["model"] == blended["student"].key
        assert changed_roles(plan(cost="flops"), plan(cost="flops", blend=blend)) == ["measure"]


def test_given_cells_are_controls_with_their_ops() -> None:
    ops = ["conv3", "zero", "skip", "zero", "zero", "skip"]
    steps = plan(**{"cells__shop-2": ",".join(ops)})
    assert list(steps) == [*ROLES, "control-from-shop-2", "measure-controls"]
    assert steps["control-from-shop-2"].settings["ops"] == ops
    assert changed_roles(plan(), steps) == []


def test_the_length_is_the_scenes_up_to_the_cap() -> None:
    assert plan()["teacher"].settings["length"] == 20
    assert plan(length_cap=8)["search"].settings["length"] == 8
    tiny = ScenePart("ingest-1", num_items=10, training_length_p90=0)
    assert plan(tiny)["teacher"].settings["length"] == 1


def test_a_key_changes_with_each_of_its_parts() -> None:
    parts: dict[str, Any] = {"settings": {"a": 1}, "parents": {"p": "k"}, "seed": 0, "threads": 1}
    key = stage_key("measure", **parts)
    assert key == stage_key("measure", **parts)
    others = [
        parts | {"settings": {"a": 2}},
        parts | {"parents": {"p": "l"}},
        parts | {"parents": {"q": "k"}},
        parts | {"seed": 1},
        parts | {"threads": 2},
    ]
    keys = {stage_key("measure", **other) for other in others} | {stage_key("ingest", **parts)}
    assert len(keys | {key}) == 7


def test_a_key_changes_with_the_stages_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = plan()
    versions = {stage.name: stage.version for stage in catalog.STAGES}
    monkeypatch.setattr(
        catalog, "stage_version", lambda name: versions[name] + (name == "distill_student")
    )
    assert changed_roles(before, plan()) == ["student", "measure"]


def test_steps_are_plain_data() -> None:
    step = plan()["search"]
    data = step.to_json()
    assert Step(**data) == step
