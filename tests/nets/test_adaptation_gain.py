"""Adaptation is worth something where it must be: the target's rule is rare in the source."""

from pathlib import Path

import numpy as np

from adarec.nets.losses.distillation import LossWeights
from adarec.nets.training import Training, freeze, next_item_loss
from tests.nets.schedules import schedule, small_adaptation, trained, validation_of
from tests.nets.small_models import packed, small_teacher

HALF = 12


def two_rules(count: int, *, half: int, seed: int) -> list[list[int]]:
    """Walks in one half of 24 items: in half 0 item i is followed by i + 1, in half 1 by i + 5."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        start, length = int(rng.integers(HALF)), int(rng.integers(4, 11))
        stride = 5 if half else 1
        found.append([HALF * half + (start + stride * k) % HALF + 1 for k in range(length)])
    return found


def test_adaptation_beats_the_student_of_the_source_where_the_teacher_knows_more(
    tmp_path: Path,
) -> None:
    """The source shows the target's rule to 6 users of 126. A teacher with time for it learns the
    rule; a student of the source hardly; one that also reads the target's histories does."""
    source = two_rules(120, half=0, seed=0) + two_rules(6, half=1, seed=1)
    target, unseen = two_rules(80, half=1, seed=2), two_rules(60, half=1, seed=3)
    teacher = small_teacher(num_items=2 * HALF)
    lessons = Training(
        teacher,
        sequences=packed(source),
        batch_loss=next_item_loss(teacher),
        validation=validation_of(source),
        schedule=schedule(epochs=12, patience=12, learning_rate=2e-2),
    )
    trained(lessons, tmp_path / "teacher")
    teacher.load_state_dict(lessons.best_state)
    found = {}
    for target_weight in (0.0, 1.0):
        work = small_adaptation(
            source=source,
            target=target,
            teacher=freeze(teacher),
            target_weight=target_weight,
            num_items=2 * HALF,
            weights=LossWeights(0.3, 0.2, 0.5, 1.0, 1.0),
            epochs=6,
            patience=6,
        )
        trained(work, tmp_path / str(target_weight))
        work.model.load_state_dict(work.best_state)
        found[target_weight] = validation_of(unseen).metrics(work.model)["ndcg@10"]
    assert found[1.0] > found[0.0] + 0.1
