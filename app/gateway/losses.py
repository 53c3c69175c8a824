"""By which factors the parts of a run's losses enter their sum."""

from adarec.runs.records import RunRecord
from app.gateway.runs import AGGREGATION, DISTIL, SEARCH
from app.gateway.settings import flat

_PARTS = {
    "task_loss": "losses.task",
    "embedding_loss": "losses.embedding",
    "hidden_loss": "losses.hidden",
    "logit_loss": "losses.logit",
}
_OF_AGGREGATION = {
    "learnability_loss": "dfa.student_to_teacher",
    "expressivity_loss": "dfa.teacher_to_student",
}
_ON_TARGET = "target_"


def loss_factors(record: RunRecord, role: str) -> dict[str, float]:
    """Factor of each part of the loss of the run's step with that role, by record name; empty
    where the loss has one part, as a teacher's has.

    The cost term of a search is recorded with its factor, which is measured: it is not here.
    """
    values = flat(record.settings)
    if role == AGGREGATION:
        found = {name: values[key] for name, key in _OF_AGGREGATION.items() if key in values}
        return {"task_loss": 1.0} | found
    if role not in (SEARCH, DISTIL):
        return {}
    found = {name: values[key] for name, key in _PARTS.items() if key in values}
    weight = values.get("adaptation.target_weight")
    if role == SEARCH or weight is None:
        return found
    # Every loss on the target of an adaptation has a factor in common.
    on_target = {f"{_ON_TARGET}{name}": weight * factor for name, factor in found.items()}
    return found | on_target | {"pseudo_loss": weight * values.get("adaptation.pseudo", 0.0)}
