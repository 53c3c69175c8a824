"""How far a run is, step by step."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adarec import catalog
from adarec.runs.records import RunRecord
from app.gateway.files import workspace

CONTROL = "control-"  # before the name of a control, in the role of the step that distils it


@dataclass(frozen=True)
class StepProgress:
    """One step of a run as its page shows it; `fraction` 0..1, `seconds_left` None when
    unknown."""

    role: str
    title: str
    fraction: float
    message: str
    seconds_left: float | None
    is_complete: bool
    is_current: bool


def progress(record: RunRecord) -> list[StepProgress]:
    """Every step of the run in order, with how far it is."""
    keys = [step["key"] for step in record.steps]
    reported = workspace().store.progress(keys)
    artefacts = workspace().artefacts
    steps = []
    for step in record.steps:
        row = reported.get(step["key"])
        fresh = record.fresh and step["stage"] not in catalog.NEVER_FRESH
        # What an earlier run left is no step of a run that computes everything anew.
        is_complete = artefacts.is_settled(step["key"], fresh=fresh, owner=record.run)
        is_current = record.is_active and record.stage in (step["stage"], step["role"])
        steps.append(
            StepProgress(
                role=step["role"],
                title=_title(step),
                fraction=1.0 if is_complete else (row.fraction if row else 0.0),
                message=row.message if row and not is_complete else "",
                seconds_left=row.seconds_left(time.time()) if row and is_current else None,
                is_complete=is_complete,
                is_current=is_current and not is_complete,
            )
        )
    return steps


def _title(step: Mapping[str, Any]) -> str:
    """The stage's title; the stage that a run has for each control says which one."""
    title = catalog.find(catalog.STAGES, str(step["stage"])).title
    name = str(step["role"]).removeprefix(CONTROL)
    return title if name == step["role"] else f"{title} ({name})"
