"""What a comparison says in words: is the student as good, is it fast enough, was the teacher
worth it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adarec.catalog import baseline_title

MARGIN = (
    0.10  # non-inferior: the interval's lower bound is at least minus this share of the teacher's
)
WIDE = 0.08  # an interval whose half-width alone is over this share cannot prove non-inferiority
SEEDS_MARGIN = 0.05
TOLERANCE = 1.1  # the measured latency may exceed teacher / speed-up by this factor


@dataclass(frozen=True)
class Verdict:
    """Findings as flags, and the sentence that pages and tables show."""

    sentence: str
    non_inferior: bool | None
    met_target: bool
    beats_counts: bool


def judge(
    *,
    teacher_ndcg: float,
    student_ndcg: float,
    difference: dict[str, float],
    best_count: tuple[str, float],
    latency: dict[str, float],
    request_speedup: float,
    target: dict[str, Any],
    collapsed: bool,
) -> Verdict:
    """The verdict on one run.

    Args:
        teacher_ndcg: Test NDCG@10.
        student_ndcg: Test NDCG@10.
        difference: Student minus teacher: mean, low, high of the 95 % paired bootstrap interval.
        best_count: Name and NDCG@10 of the best count baseline.
        latency: Costs of `teacher` and `student` on the terms of the target.
        request_speedup: How many times faster a whole request is, measured.
        target: `of` (request or body), `speedup`, the `unit` of the costs (ms where p50 was
            measured, otherwise what was counted of the bodies), and `instead_of`: the speed-up of
            a request that no cell reaches, where the target is on the body for that reason.
        collapsed: The cell has no parametric op.
    """
    non_inferior, quality = judge_quality(teacher_ndcg, difference)
    reached = latency["teacher"] / latency["student"]
    met = latency["student"] <= TOLERANCE * latency["teacher"] / target["speedup"]
    speed = f"a request is {speed_in_words(request_speedup)} than the teacher's"
    speed += _on_the_terms(reached, target) + _held(met, reached, target)
    beats = teacher_ndcg > best_count[1]
    sentence = f"{quality}; {speed}."
    if collapsed:
        sentence += " The cell has collapsed: it has no convolution."
    if teacher_ndcg <= 0 and best_count[1] <= 0:
        sentence += (
            " Counting finds nothing either: there is too little data to judge. Bring a log of "
            "more users, or of longer histories."
        )
    elif not beats:
        sentence += (
            f" This scene does not need this teacher: counting ({baseline_title(best_count[0])}) "
            f"reaches "
            f"{best_count[1]:.4f}, the teacher {teacher_ndcg:.4f} NDCG@10."
        )
    return Verdict(sentence, non_inferior, met, beats)


def speed_in_words(times: float) -> str:
    """`6.3x faster`, or `1.3x slower` for .8 times as fast."""
    return f"{times:.1f}x faster" if times >= 1 else f"{1 / times:.1f}x slower"


def _on_the_terms(times: float, target: Mapping[str, Any]) -> str:
    """What the target is about, where that is not the request."""
    if target["unit"] != "ms":
        counted = target["unit"].split(" ", 1)[1]  # "M multiply-adds", "k parameters"
        return f", and its body (without scoring) has {times:.1f}x fewer {counted}"
    return "" if target["of"] == "request" else f", its body (without scoring) {times:.1f}x"


def _held(met: bool, reached: float, target: Mapping[str, Any]) -> str:
    asked = f"the target of {target['speedup']:g}x"
    if target.get("instead_of"):
        asked += (
            f" on the body (scoring included, no cell with a convolution fits "
            f"{target['instead_of']:g}x)"
        )
    if not met:
        return f"; missed {asked}"
    return f", which meets {asked}" if reached >= target["speedup"] else f", nearly {asked}"


def judge_adaptation(
    *, source_only_ndcg: float, oracle_ndcg: float, difference: dict[str, float]
) -> str:
    """One sentence: what the target's histories were worth to the student.

    Args:
        source_only_ndcg: Test NDCG@10 of the student that the source alone has taught.
        oracle_ndcg: Test NDCG@10 of the student that knew the target's labels, too.
        difference: Adapted minus source-only: mean, low, high of the 95 % paired bootstrap
            interval.
    """
    if source_only_ndcg <= 0:
        return "The student of the source alone finds nothing, so adaptation cannot be judged."
    mean, low, high = (difference[name] / source_only_ndcg for name in ("mean", "low", "high"))
    word = "makes no measurable difference"
    if low > 0:
        word = "helps"
    elif high < 0:
        word = "harms"
    gap = oracle_ndcg - source_only_ndcg
    closed = f", {difference['mean'] / gap:.0%} of the way to it" if gap > 0 and low > 0 else ""
    return (
        f"Adaptation {word}: {mean:+.1%} NDCG@10 against the student of the source alone "
        f"(95 % interval {low:+.1%} to {high:+.1%}); with the target's labels it would be "
        f"{oracle_ndcg / source_only_ndcg - 1:+.1%}{closed}."
    )


def judge_quality(teacher: float, difference: dict[str, float]) -> tuple[bool | None, str]:
    """Whether the student is non-inferior (None: too few users to tell), and that in words.

    Args:
        teacher: Its NDCG@10; of several seeds the mean.
        difference: Student minus teacher: mean, low and high of its 95 % interval.
    """
    if teacher <= 0:
        return None, "The teacher finds nothing, so there is nothing to compare with"
    low, high, mean = (difference[name] / teacher for name in ("low", "high", "mean"))
    interval = f"{mean:+.1%} NDCG@10 (95 % interval {low:+.1%} to {high:+.1%} of the teacher's)"
    if low >= -MARGIN:
        word = "as good as"
        if low > 0:
            word = "better than"
        elif high < 0:
            word = f"below, but within {MARGIN:.0%} of,"
        return True, f"The student is {word} the teacher: {interval}"
    if high >= -MARGIN and (high - low) / 2 > WIDE:
        likely = (
            "no worse than 5 % below the teacher on average"
            if mean >= -SEEDS_MARGIN
            else "worse on average"
        )
        return None, f"Too few users to prove it: the student is {likely}, {interval}"
    word = "worse than" if high < 0 else "not shown to be as good as"
    return False, f"The student is {word} the teacher: {interval}"


def describe_augmentation(facts: Mapping[str, Any]) -> str:
    """What pseudo-priors were written, and what of it the teacher uses.

    Args:
        facts: `users`, `augmented_users`, `pseudo_items`, `pseudo_share`, and of the teacher its
            name (`teacher`) and `start` ("reverse" or "fresh").
    """
    written = (
        f"ASReP wrote {facts['pseudo_items']:,} pseudo-prior items in front of "
        f"{facts['augmented_users']:,} of {facts['users']:,} training histories "
        f"({facts['pseudo_share']:.0%} of the items that models read there)."
    )
    if facts["start"] == "reverse":
        return f"{written} The teacher started from the weights of the model that wrote them."
    if facts["teacher"] == "sasrec":
        return f"{written} The teacher uses them only; it started afresh, as asked."
    return (
        f"{written} The teacher uses them only: a {facts['teacher']} cannot start from the "
        "weights of the sasrec that wrote them."
    )
