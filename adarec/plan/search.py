"""The plan of a run that searches a student."""

from adarec.config import RunSettings
from adarec.environment import machine_fingerprint
from adarec.plan.controls import add_controls
from adarec.plan.keys import ScenePart, Step
from adarec.plan.steps import Plan


def plan_run(settings: RunSettings, scene: ScenePart, *, machine: str | None = None) -> list[Step]:
    """The steps of a run, each after its parents.

    Args:
        settings: The run's settings.
        scene: The scene it compresses.
        machine: Fingerprint for the cost table and the measured times; this machine's by default.
    """
    plan = Plan(settings, scene, machine or machine_fingerprint())
    found, blend = plan.find_cell()
    base = {role: key for role, key in found.items() if role != "costs"}
    found["student"] = plan.add("student", "distill_student", base, plan.of_student)
    hybrid = plan.blend_student(found)
    plan.add("measure", "measure", found | blend | hybrid, plan.measurement)
    add_controls(plan, found, plan.distillation, measured=hybrid)
    return plan.steps
