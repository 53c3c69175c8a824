"""The plan of controls: what they are compared by, and what they leave alone."""

from typing import Any

from tests.test_plan import changed_roles, plan

HAND_MADE = ["control-cnn", "control-gru", "control-sasrec", "control-no-distillation"]


def test_hand_made_controls_leave_the_keys_of_the_others() -> None:
    with_two, with_all = plan(controls=2), plan(controls=2, hand_made=True)
    assert changed_roles(with_two, with_all) == ["measure-controls"]
    assert [role for role in with_all if role not in with_two] == [
        "hand_made",
        "equal-stack",
        *HAND_MADE,
    ]
    alone = plan(hand_made=True)
    assert [role for role in alone if role.startswith("control-")] == HAND_MADE
    assert changed_roles({role: with_all[role] for role in HAND_MADE}, alone) == []


def test_what_cannot_start_from_the_supernet_may_learn_for_the_searchs_epochs_more() -> None:
    steps = plan(hand_made=True, search__epochs=4)
    more = {role: steps[role].settings.get("search_epochs") for role in HAND_MADE}
    assert list(more.values()) == [None, 4, 4, 4]


def test_hand_made_students_are_measured_beside_the_found_one() -> None:
    def key(**changed: Any) -> str:
        steps = plan(hand_made=True, **changed)
        assert steps["hand_made"].parents == {"student": steps["student"].key}
        return steps["hand_made"].key

    assert len({key(), key(seed=1), key(length_cap=8), key(machine="there")}) == 4
    assert key() == key(controls=2)
    assert key(machine="there", cost="params") == key(cost="params")


def test_cells_of_equal_cost_are_timed_beside_the_found_one() -> None:
    steps = plan(controls=2, hand_made=True)
    found = {"costs": steps["costs"].key, "student": steps["student"].key}
    for role in ("equal-random", "equal-stack"):
        assert steps[role].stage == "match_cells"
        assert steps[role].parents == found
        assert steps[role].settings["cells"] == role.removeprefix("equal-")
    for role in ("control-random-1", "control-random-2"):
        assert steps[role].parents["matched"] == steps["equal-random"].key
    assert steps["control-cnn"].parents["matched"] == steps["equal-stack"].key
    assert "matched" not in steps["control-all-skip"].parents


def test_one_more_random_cell_leaves_those_that_are_there() -> None:
    two, three = plan(controls=2), plan(controls=3)
    assert changed_roles(two, three) == ["measure-controls"]


def test_what_is_counted_is_matched_on_any_machine() -> None:
    def key(**changed: Any) -> str:
        return plan(controls=1, **changed)["equal-random"].key

    assert key(machine="there") != key()
    assert key(machine="there", cost="params") == key(cost="params")
    assert key(machine="there", cost="flops") == key(cost="flops")


def test_each_rival_of_a_hybrid_student_has_weights_of_its_own() -> None:
    steps = plan(hand_made=True, controls=1, blend="hybrid")
    measured = steps["measure-controls"].parents
    rivals = [role for role in measured if role.startswith("control-")]
    assert len(rivals) == 6
    for role in rivals:
        own = steps[f"hybrid-{role}"]
        assert measured[f"hybrid-{role}"] == own.key
        assert own.parents["model"] == steps[role].key
    assert not [role for role in plan(controls=1, blend="counts") if "hybrid" in role]
