"""What an augmented run is compared with: the same search without the augmentation."""

from dataclasses import replace
from typing import Any

from adarec.runs.records import RunRecord
from app.gateway.runs import metrics_by_length, run, runs
from app.gateway.settings import repeat_command, settings_of

# What is compared beside teacher and student decides neither; it is added later as well.
_ASIDE = ("augment.", "controls", "hand_made", "cells.")


def run_without_augmentation(record: RunRecord) -> RunRecord | None:
    """The newest finished run of the same log whose settings differ in the augmentation alone, and
    whose accuracy by history length is known; None where there is none, or `record` has no
    augmentation.
    """
    if record.augmentation is None:
        return None
    wanted = _deciding(record)
    for each in runs(record.scene):
        plain = each.has_result and each.augmentation is None
        alike = (each.scene_key, each.teacher) == (record.scene_key, record.teacher)
        if plain and alike:  # then it is worth reading all of its settings
            found = run(each.run)
            if _deciding(found) == wanted and metrics_by_length(found):
                return found
    return None


def command_without_augmentation(record: RunRecord) -> str:
    """The command line that computes the same run without its augmentation."""
    return repeat_command(
        replace(record, settings=record.settings | {"augment": {"name": "none"}})
    )


def _deciding(record: RunRecord) -> dict[str, Any]:
    values = settings_of(record)
    return {key: value for key, value in values.items() if not key.startswith(_ASIDE)}
