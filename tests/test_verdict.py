"""The verdict in words and flags, for every way a comparison can fall."""

from typing import Any

import pytest

from adarec.verdict import Verdict, describe_augmentation, judge


def verdict(**changed: Any) -> Verdict:
    """A good run: as accurate, five times as fast, better than counting."""
    facts: dict[str, Any] = {
        "teacher_ndcg": 0.10,
        "student_ndcg": 0.10,
        "difference": {"mean": 0.0, "low": -0.002, "high": 0.002},
        "best_count": ("last_item_transitions", 0.05),
        "latency": {"teacher": 5.0, "student": 1.0},
        "request_speedup": 5.0,
        "target": {"of": "request", "speedup": 5.0, "unit": "ms"},
        "collapsed": False,
    }
    return judge(**facts | changed)


def interval(mean: float, low: float, high: float) -> dict[str, float]:
    """In shares of the teacher's 0.10."""
    return {"mean": mean / 10, "low": low / 10, "high": high / 10}


@pytest.mark.parametrize(
    ("times", "words"), [(6.26, "6.3x faster"), (1.0, "1.0x faster"), (0.8, "1.2x slower")]
)
def test_slower_is_called_slower(times: float, words: str) -> None:
    assert f"a request is {words} than the teacher's" in verdict(request_speedup=times).sentence


def test_a_good_run() -> None:
    found = verdict()
    assert (found.non_inferior, found.met_target, found.beats_counts) == (True, True, True)
    assert found.sentence == (
        "The student is as good as the teacher: +0.0% NDCG@10 (95 % interval -2.0% to +2.0% of "
        "the teacher's); a request is 5.0x faster than the teacher's, which meets the target of "
        "5x."
    )


@pytest.mark.parametrize(
    ("difference", "non_inferior", "words"),
    [
        (interval(0.05, 0.01, 0.09), True, "better than the teacher"),
        (interval(-0.05, -0.099, -0.001), True, "below, but within 10% of, the teacher"),
        (interval(-0.06, -0.101, -0.001), False, "The student is worse than the teacher"),
        (interval(-0.05, -0.101, 0.001), False, "The student is not shown to be as good as"),
        (interval(-0.30, -0.35, -0.25), False, "The student is worse than the teacher"),
        (interval(-0.04, -0.14, 0.06), None, "Too few users to prove it: the student is no worse"),
        (interval(-0.08, -0.20, 0.04), None, "Too few users to prove it: the student is worse"),
        # As wide, but far enough from the margin on either side: proven.
        (interval(-0.50, -0.65, -0.35), False, "The student is worse than the teacher"),
        (interval(0.20, 0.05, 0.35), True, "better than the teacher"),
    ],
)
def test_quality(difference: dict[str, float], non_inferior: bool | None, words: str) -> None:
    found = verdict(difference=difference)
    assert found.non_inferior is non_inferior
    assert words in found.sentence


@pytest.mark.parametrize(
    ("student", "met"),
    [(0.5, True), (1.0, True), (1.099, True), (1.101, False), (6.0, False)],
)
def test_the_target_may_be_missed_by_a_tenth(student: float, met: bool) -> None:
    found = verdict(latency={"teacher": 5.0, "student": student}, request_speedup=5.0 / student)
    assert found.met_target == met
    assert ("; missed the target of 5x" in found.sentence) == (not met)
    assert (", which meets the target of 5x" in found.sentence) == (student <= 1.0)
    assert (", nearly the target of 5x" in found.sentence) == (1.0 < student < 1.1)
    reached = f"{5.0 / student:.1f}x faster" if student <= 5 else "1.2x slower"
    assert reached in found.sentence, "what was reached is printed"


def test_a_target_on_the_body_says_so_after_the_request() -> None:
    target = {"of": "body", "speedup": 4.0, "unit": "ms", "instead_of": 5.0}
    found = verdict(target=target, request_speedup=3.2)
    assert found.met_target
    assert found.sentence.endswith(
        "a request is 3.2x faster than the teacher's, its body (without scoring) 5.0x, which "
        "meets the target of 4x on the body (scoring included, no cell with a convolution fits "
        "5x)."
    )


@pytest.mark.parametrize(
    ("unit", "what"),
    [("M multiply-adds", "multiply-adds"), ("k parameters", "parameters")],
)
def test_what_was_counted_is_not_called_a_request(unit: str, what: str) -> None:
    target = {"of": "request", "speedup": 5.0, "unit": unit}
    found = verdict(target=target, request_speedup=3.2)
    assert found.sentence.endswith(
        f"a request is 3.2x faster than the teacher's, and its body (without scoring) has 5.0x "
        f"fewer {what}, which meets the target of 5x."
    )


@pytest.mark.parametrize("count", [0.10, 0.2])
def test_a_teacher_that_counting_beats_is_not_needed(count: float) -> None:
    found = verdict(best_count=("own_frequency", count))
    assert not found.beats_counts
    assert (
        "This scene does not need this teacher: counting (own most frequent items) reaches "
        f"{count:.4f}, the teacher 0.1000 NDCG@10." in found.sentence
    )


def test_a_collapsed_cell_is_labelled() -> None:
    assert "collapsed" in verdict(collapsed=True).sentence
    assert "collapsed" not in verdict().sentence


def test_a_teacher_that_finds_nothing_is_no_measure() -> None:
    found = verdict(teacher_ndcg=0.0, student_ndcg=0.0)
    assert found.non_inferior is None
    assert "finds nothing" in found.sentence


def test_where_neither_finds_anything_there_is_too_little_data() -> None:
    found = verdict(teacher_ndcg=0.0, student_ndcg=0.0, best_count=("popularity", 0.0))
    assert "too little data to judge" in found.sentence
    assert "does not need this teacher" not in found.sentence
    assert not found.beats_counts


def test_a_teacher_that_finds_nothing_where_counting_does_is_not_needed() -> None:
    found = verdict(teacher_ndcg=0.0, student_ndcg=0.0)
    assert "does not need this teacher" in found.sentence
    assert "too little data" not in found.sentence


@pytest.mark.parametrize(
    ("teacher", "start", "words"),
    [
        (
            "sasrec",
            "reverse",
            "The teacher started from the weights of the model that wrote them.",
        ),
        ("sasrec", "fresh", "it started afresh, as asked"),
        ("nextitnet", "fresh", "a nextitnet cannot start from the weights of the sasrec"),
    ],
)
def test_an_augmentation_says_what_the_teacher_uses_of_it(
    teacher: str, start: str, words: str
) -> None:
    facts = {"users": 2000, "augmented_users": 1500, "pseudo_items": 12345, "pseudo_share": 0.478}
    note = describe_augmentation(facts | {"teacher": teacher, "start": start})
    assert "12,345 pseudo-prior items in front of 1,500 of 2,000 training histories (48%" in note
    assert words in note
