"""One file a stage. None imports another; each reads its parents' folders and fills its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from adarec.stages import (
    adapt_scene,
    augment_scene,
    blend_counts,
    distill_control,
    distill_oracle,
    distill_student,
    match_cells,
    measure,
    measure_controls,
    measure_costs,
    measure_hand_made,
    search_aggregation,
    search_student,
    train_student,
    train_teacher,
)
from adarec.stages.context import StageContext

# What a later step can already refuse once its cost table is complete.
CHECKS: dict[str, Callable[[dict[str, Any], dict[str, Path]], object]] = {
    "search_student": search_student.target_of,
}

STAGES: dict[str, Callable[[StageContext], None]] = {
    "augment_scene": augment_scene.run,
    "train_teacher": train_teacher.run,
    "blend_counts": blend_counts.run,
    "measure_costs": measure_costs.run,
    "measure_hand_made": measure_hand_made.run,
    "search_student": search_student.run,
    "search_aggregation": search_aggregation.run,
    "distill_student": distill_student.run,
    "match_cells": match_cells.run,
    "distill_control": distill_control.run,
    "train_student": train_student.run,
    "adapt_scene": adapt_scene.run,
    "distill_oracle": distill_oracle.run,
    "measure": measure.run,
    "measure_controls": measure_controls.run,
}
