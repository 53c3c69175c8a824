"""Settings of an option that a run does not use are in none of its keys."""

import pytest

from adarec.plan import ScenePart, stage_key
from tests.test_plan import changed_roles, plan

DRAWN = {"losses__top_items": 5, "losses__sampled_items": 9}


@pytest.mark.parametrize("key", DRAWN)
def test_how_logits_are_drawn_is_in_the_keys_of_runs_that_draw(key: str) -> None:
    assert plan(**{key: DRAWN[key]}) == plan()
    for role in ("search", "student"):
        assert not {"logits", "top_items", "sampled_items"} & set(plan()[role].settings["losses"])
    drawing = {"losses__logits": "sampled"}
    changed = ["search", "student", "measure"]
    assert changed_roles(plan(), plan(**drawing)) == changed
    assert changed_roles(plan(**drawing), plan(**drawing | {key: DRAWN[key]})) == changed


def test_leaving_one_out_is_in_the_keys_of_what_hears_counts() -> None:
    for blend in ("none", "hybrid"):
        assert plan(blend=blend, losses__leave_one_out=False) == plan(blend=blend)
        assert "leave_one_out" not in plan(blend=blend)["student"].settings["losses"]
    before, after = plan(blend="counts", losses__leave_one_out=False), plan(blend="counts")
    assert changed_roles(before, after) == ["search", "student", "measure"]
    assert "leave_one_out" not in before["search"].settings["losses"]
    assert after["search"].settings["losses"]["leave_one_out"] is True


def test_the_precision_of_a_teacher_is_in_the_keys_where_it_is_not_the_usual_one() -> None:
    assert "teacher_precision" not in plan()["search"].settings["losses"]
    changed = plan(losses__teacher_precision="bfloat16")
    assert changed_roles(plan(), changed) == ["search", "student", "measure"]


def test_how_a_teachers_softmax_is_drawn_is_in_the_keys_of_those_that_draw() -> None:
    sasrec = {"teacher__name": "sasrec", "teacher__width": 64}
    for usual in ({}, sasrec, sasrec | {"augment__name": "asrep"}):
        before = plan(**usual)
        assert plan(**usual, teacher__sampled_items=0) == before
        assert "sampled_items" not in before["teacher"].settings["teacher"]
        after = plan(**usual, teacher__sampled_items=512)
        expected = ["teacher", "search", "student", "measure"]
        expected += ["augment"] if "augment" in before else []  # its model is the teacher's kind
        assert sorted(changed_roles(before, after)) == sorted(expected)
        assert after["teacher"].settings["teacher"]["sampled_items"] == 512
    assert "sampled_items" not in plan(augment__name="asrep")["augment"].settings["reverse"]


def test_a_large_catalogue_is_drawn_from_where_nothing_was_asked_for() -> None:
    def drawn(num_items: int, **changed: object) -> list[object]:
        """What the teacher and the reverse model draw; None = the loss is over all items."""
        scene = ScenePart("ingest-1", num_items=num_items, training_length_p90=20)
        steps = plan(scene, augment__name="asrep", **changed)
        parts = steps["teacher"].settings["teacher"], steps["augment"].settings["reverse"]
        return [part.get("sampled_items") for part in parts]

    assert drawn(50_000) == [None, None]
    assert drawn(50_001) == [10_000, 10_000]
    sasrec = {"teacher__name": "sasrec", "teacher__width": 64}
    assert drawn(50_001, **sasrec, teacher__sampled_items=0) == [None, None]
    assert drawn(50_000, **sasrec, teacher__sampled_items=64) == [64, 64]


def test_the_order_of_a_search_is_in_its_key_where_it_is_not_the_usual_one() -> None:
    assert plan(search__order="alternate") == plan()
    assert plan(search__ties="capacity") == plan() != plan(search__ties="accuracy")
    assert "ties" not in plan(search__ties="accuracy")["search"].settings["search"]
    assert "order" not in plan()["search"].settings["search"]
    joint = plan(search__order="joint")
    assert changed_roles(plan(), joint) == ["search", "student", "measure"]
    assert joint["search"].settings["search"]["order"] == "joint"


def test_a_searchs_patience_is_in_its_key_where_it_can_end_early() -> None:
    assert plan(search__patience=5) == plan(), "five epochs after the warm-up"
    assert "patience" not in plan()["search"].settings["search"]
    short = plan(search__patience=4)
    assert changed_roles(plan(), short) == ["search", "student", "measure"]
    long = plan(search__epochs=25, search__warmup_epochs=4)
    assert long["search"].settings["search"]["patience"] == 6


def test_alphas_of_each_cell_are_in_the_keys_of_searches_that_have_them() -> None:
    assert plan(search__alphas="shared") == plan()
    assert "alphas" not in plan()["search"].settings["search"]
    per_cell = plan(search__alphas="per-cell")
    assert changed_roles(plan(), per_cell) == ["search", "student", "measure"]
    assert per_cell["search"].settings["search"]["alphas"] == "per-cell"


# Of the stages' versions when `search.alphas` came; runs that were computed before stay found.
BEFORE = {
    "costs": (1, "measure_costs-6b58b1b64a53e605"),
    "teacher": (1, "train_teacher-26b677c390c3b8a9"),
    "search": (3, "search_student-1b2ccbf4ce8b01a3"),
    "student": (1, "distill_student-8c1fd8e15557c574"),
    "measure": (2, "measure-b4a92f1e5a04fa89"),
}


AS_BEFORE = {
    "search__ties": "accuracy",
    "search__plain_stack": False,
    "search__drawn_finalists": 0,
}


def test_the_default_plan_of_then_has_the_keys_that_it_had() -> None:
    keys = {"scene": "ingest-1"}
    for role, step in plan(**AS_BEFORE).items():
        version, before = BEFORE[role]
        keys[role] = stage_key(
            step.stage,
            settings=step.settings,
            parents={name: keys[name] for name in step.parents},
            seed=step.seed,
            threads=step.threads,
            version=version,
        )
        assert keys[role] == before
