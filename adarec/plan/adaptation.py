"""The plan of a run that carries a student to a scene without labels."""

from typing import Any

from adarec.config import AdaptationSettings, AdaptSettings
from adarec.environment import machine_fingerprint
from adarec.plan.controls import add_controls
from adarec.plan.keys import ScenePart, Step
from adarec.plan.steps import Plan


def plan_adaptation(
    settings: AdaptSettings, source: ScenePart, target: ScenePart, *, machine: str | None = None
) -> list[Step]:
    """The steps of a run that adapts a student from `source` to `target`, each after its parents.

    Teacher and cell come from the source by the very stages of a search. The target's labels enter
    the oracle and the measurement, never a step that the adapted student descends from.

    Args:
        settings: The run's settings.
        source: The labelled scene, on the vocabulary of both.
        target: The scene that is adapted to, on the same vocabulary.
        machine: As for `plan_run`.
    """
    plan = Plan(settings, source, machine or machine_fingerprint())
    found, blend = plan.find_cell()
    base = {role: key for role, key in found.items() if role != "costs"}
    both = base | {"target": target.key}
    if settings.adaptation.paradigm == "warm":
        alone = {name: value for name, value in plan.of_student.items() if name != "losses"}
        parents = {"scene": source.key, "search": found["search"]}
        both["undistilled"] = plan.add("undistilled", "train_student", parents, alone)
    adaptation = {"adaptation": _what_decides(settings.adaptation)}
    student = plan.add("student", "adapt_scene", both, plan.of_student | adaptation)
    rivals = {"source_only": student}
    if settings.adaptation.paradigm != "source":
        alone_key = plan.add("source_only", "distill_student", base, plan.of_student)
        rivals["source_only"] = alone_key
    oracle = base | {"target": target.key}
    rivals["oracle"] = plan.add("oracle", "distill_oracle", oracle, plan.of_student)
    found["student"] = student
    measured = {"scene": target.key} | plan.blend_student(found)
    compared = rivals | plan.blend_rivals(found["scene"], rivals)
    plan.add("measure", "measure", found | blend | compared | measured, plan.measurement)
    add_controls(plan, found | both, plan.distillation | adaptation, measured=measured)
    return plan.steps


def _what_decides(adaptation: AdaptationSettings) -> dict[str, Any]:
    """The settings of `adapt_scene`: no names of scenes, and nothing of a target that is not used.

    A warm start is a parent; it trains as `both` does.
    """
    if adaptation.paradigm == "source":
        return {"paradigm": "source"}
    return adaptation.model_dump(exclude={"source", "target", "items_map"})
