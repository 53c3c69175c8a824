"""How many items a student sees, as pages, report and model card say it."""

import pytest

from adarec.runs.result import items_seen


@pytest.mark.parametrize(
    ("student", "seen"),
    [
        ({"receptive_field": 5}, 5),
        ({"receptive_field": 9}, 7),
        ({"receptive_field": 5, "blend": {"net": 0.7}}, 7),
    ],
    ids=["its field", "no more than the graph takes", "counting reads all"],
)
def test_what_the_scores_depend_on(student: dict[str, object], seen: int) -> None:
    assert items_seen({"student": student, "scene": {"sequence_length": 7}}) == seen
