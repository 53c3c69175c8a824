"""The setting of a drawn softmax reaches every training of a teacher."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adarec.nets.masked import masked_item_loss
from adarec.nets.training import next_item_loss
from tests.stages.stage_runs import own_items_scene, run_stages


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, [("train_teacher", 0)]),
        ({"teacher__sampled_items": 4}, [("train_teacher", 4)]),
        (
            {
                "teacher__name": "bert4rec",
                "teacher__masked_share": 0.5,
                "teacher__sampled_items": 4,
            },
            [("train_teacher", 4), ("train_teacher", 4)],
        ),
        (
            {"augment__name": "asrep", "teacher__name": "sasrec", "teacher__sampled_items": 4},
            [("augment_scene", 4), ("train_teacher", 4)],
        ),
    ],
)
def test_every_training_of_a_teacher_draws_as_many_items_as_asked(
    changed: dict[str, Any],
    expected: list[tuple[str, int]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    asked: list[tuple[str, int]] = []

    def spy(stage: str, make: Callable[..., Any]) -> Callable[..., Any]:
        def made(model: Any, **own: Any) -> Any:
            asked.append((stage, own["sampled_items"]))
            return make(model, **own)

        return made

    for stage in ("train_teacher", "augment_scene"):
        monkeypatch.setattr(f"adarec.stages.{stage}.next_item_loss", spy(stage, next_item_loss))
    masked = spy("train_teacher", masked_item_loss)
    monkeypatch.setattr("adarec.stages.train_teacher.masked_item_loss", masked)
    roles = ("augment", "teacher") if "augment__name" in changed else ("teacher",)
    run_stages(own_items_scene(), tmp_path, roles=roles, **changed)
    assert asked == expected
