"""From settings to the ordered stage keys of a run. Pure: equal settings and scene give equal
keys.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from adarec import catalog
from adarec.config import RunSettings
from adarec.environment import machine_fingerprint


@dataclass(frozen=True)
class ScenePart:
    """What a plan needs to know of a scene: its key, catalogue size and length percentile."""

    key: str
    num_items: int
    training_length_p90: int


@dataclass(frozen=True)
class Step:
    """One stage of a run.

    Attributes:
        role: What it is in this run: teacher, costs, search, student, measure, control-1, …
        stage: Its name in the catalogue.
        key: Its folder's name.
        parents: Role -> key of what it reads.
        settings: All that decides its result, but for seed and threads.
        seed: Its seed.
        threads: Threads it computes with (results differ in the last bits between thread counts).
    """

    role: str
    stage: str
    key: str
    parents: dict[str, str]
    settings: dict[str, Any]
    seed: int
    threads: int

    def to_json(self) -> dict[str, Any]:
        """Plain data for the run's record."""
        return asdict(self)


def stage_key(
    stage: str, *, settings: dict[str, Any], parents: dict[str, str], seed: int, threads: int
) -> str:
    """The name of the folder that `stage` fills: its name and a hash of all that decides its
    content.
    """
    content = {
        "stage": stage,
        "version": catalog.stage_version(stage),
        "settings": settings,
        "parents": parents,
        "seed": seed,
        "threads": threads,
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return f"{stage}-{digest[:16]}"


def plan_run(settings: RunSettings, scene: ScenePart, *, machine: str | None = None) -> list[Step]:
    """The steps of a run, each after its parents.

    Args:
        settings: The run's settings.
        scene: The scene it compresses.
        machine: Fingerprint for the cost table; this machine's by default.
    """
    plan = _Plan(settings)
    length = max(1, min(settings.length_cap, scene.training_length_p90))
    student = settings.student
    sizes = {
        "width": student.width,
        "num_cells": student.num_cells,
        "num_nodes": student.num_nodes,
    }
    model = {"name", "num_blocks", "width", "num_heads", "num_layers"}
    machine = machine or machine_fingerprint()
    measured_on = machine if settings.cost == "latency" else "any"
    teacher = plan.add(
        "teacher",
        "train_teacher",
        {"scene": scene.key},
        {
            "length": length,
            "teacher": settings.teacher.model_dump(),
        },
    )
    costs = plan.add(
        "costs",
        "measure_costs",
        {},
        {
            "cost": settings.cost,
            "machine": measured_on,
            "length": length,
            "num_items": scene.num_items,
            "teacher": settings.teacher.model_dump(include=model),
            "student": sizes,
        },
        seed=0,
        threads=1,
    )
    base = {"scene": scene.key, "teacher": teacher}
    search = plan.add(
        "search",
        "search_student",
        base | {"costs": costs},
        {
            "length": length,
            "student": student.model_dump(include={"width", "num_cells", "num_nodes", "dropout"}),
            "search": settings.search.model_dump(),
            "losses": settings.losses.model_dump(),
            "speedup": settings.speedup,
            "default_speedup": settings.default_speedup,
        },
    )
    distillation = {
        "length": length,
        "student": student.model_dump(),
        "losses": settings.losses.model_dump(),
    }
    found = plan.add("student", "distill_student", base | {"search": search}, distillation)
    plan.add(
        "measure",
        "measure",
        base | {"costs": costs, "search": search, "student": found},
        {
            "length": length,
            "machine": machine,
        },
    )
    if settings.controls:
        _add_controls(
            plan,
            settings,
            base | {"costs": costs, "search": search, "student": found},
            distillation,
            machine,
        )
    return plan.steps


def _add_controls(
    plan: "_Plan",
    settings: RunSettings,
    parents: dict[str, str],
    distillation: dict[str, Any],
    machine: str,
) -> None:
    names = [f"random-{i}" for i in range(1, settings.controls + 1)] + ["all-skip"]
    controls = {
        f"control-{name}": plan.add(
            f"control-{name}", "distill_control", parents, distillation | {"control": name}
        )
        for name in names
    }
    plan.add(
        "measure-controls",
        "measure_controls",
        parents | controls,
        {
            "length": distillation["length"],
            "machine": machine,
        },
    )


class _Plan:
    """Steps in the making."""

    def __init__(self, settings: RunSettings) -> None:
        self.seed, self.threads = settings.seed, settings.threads
        self.steps: list[Step] = []

    def add(
        self,
        role: str,
        stage: str,
        parents: dict[str, str],
        settings: dict[str, Any],
        *,
        seed: int | None = None,
        threads: int | None = None,
    ) -> str:
        seed = self.seed if seed is None else seed
        threads = self.threads if threads is None else threads
        key = stage_key(stage, settings=settings, parents=parents, seed=seed, threads=threads)
        self.steps.append(Step(role, stage, key, parents, settings, seed, threads))
        return key
