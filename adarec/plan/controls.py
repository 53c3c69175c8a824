"""The steps of the students to compare a found one with."""

from typing import Any

from adarec.plan.steps import Plan


def add_controls(
    plan: Plan, found: dict[str, str], base: dict[str, Any], *, measured: dict[str, str]
) -> None:
    """Appends the controls that the settings ask for, trained as the found student was, and their
    measurement.

    Args:
        plan: With the steps of the found student.
        found: Role -> key of all that the student came from, and of the student.
        base: The settings of its last stage.
        measured: What the measurement reads besides, or in its place.
    """
    settings, controls = plan.settings, []
    if settings.controls:
        drawn = found | {"matched": _match_cells(plan, "random", found)}
        controls += [
            _distill_control(plan, f"random-{i}", drawn, base)
            for i in range(1, settings.controls + 1)
        ]
        controls += [_distill_control(plan, "all-skip", found, base)]
    controls += [
        _distill_control(plan, f"from-{name}", found, base, ops=ops.split(","))
        for name, ops in sorted(settings.cells.items())
    ]
    if settings.hand_made:
        controls += _hand_made_controls(plan, found, base)
    if controls:
        blends = plan.blend_rivals(found["scene"], dict(controls))
        parents = found | measured | dict(controls) | blends
        plan.add("measure-controls", "measure_controls", parents, plan.measurement)


def _hand_made_controls(
    plan: Plan, found: dict[str, str], base: dict[str, Any]
) -> list[tuple[str, str]]:
    """Role and key of each. What cannot start from the supernet's weights may learn longer, by as
    many passes over the data as the search took.
    """
    longer = {"search_epochs": plan.settings.search.epochs}
    sizes = found | {"hand_made": _measure_hand_made(plan, found["student"])}
    stacks = found | {"matched": _match_cells(plan, "stack", found)}
    return [
        _distill_control(plan, "cnn", stacks, base),
        *(_distill_control(plan, name, sizes, base, **longer) for name in ("gru", "sasrec")),
        _distill_control(plan, "no-distillation", found, base, **longer),
    ]


def _measure_hand_made(plan: Plan, student: str) -> str:
    """The key of the costs of hand-made students beside the found one."""
    parents = {"student": student}
    return plan.add("hand_made", "measure_hand_made", parents, plan.costing, seed=0, threads=1)


def _match_cells(plan: Plan, cells: str, found: dict[str, str]) -> str:
    """The key of `cells` ("random" or "stack") that cost what the found one costs."""
    parents = {role: found[role] for role in ("costs", "student")}
    own = plan.costing | {"cells": cells}
    return plan.add(f"equal-{cells}", "match_cells", parents, own, threads=1)


def _distill_control(
    plan: Plan, name: str, parents: dict[str, str], base: dict[str, Any], **own: Any
) -> tuple[str, str]:
    """A control's role and key."""
    role, settings = f"control-{name}", base | {"control": name} | own
    return role, plan.add(role, "distill_control", parents, settings)
