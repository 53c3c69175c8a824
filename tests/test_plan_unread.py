"""Settings of an option that a run does not use are in none of its keys."""

import pytest

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
