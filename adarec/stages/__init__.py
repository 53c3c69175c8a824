"""One file a stage. None imports another; each reads its parents' folders and fills its own."""

from collections.abc import Callable

from adarec.stages import (
    distill_control,
    distill_student,
    measure,
    measure_controls,
    measure_costs,
    search_student,
    train_teacher,
)
from adarec.stages.context import StageContext

STAGES: dict[str, Callable[[StageContext], None]] = {
    "train_teacher": train_teacher.run,
    "measure_costs": measure_costs.run,
    "search_student": search_student.run,
    "distill_student": distill_student.run,
    "distill_control": distill_control.run,
    "measure": measure.run,
    "measure_controls": measure_controls.run,
}
