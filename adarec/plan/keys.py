"""One step of a plan, and the key that names its folder."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from adarec import catalog


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
    stage: str,
    *,
    settings: dict[str, Any],
    parents: dict[str, str],
    seed: int,
    threads: int,
    version: int | None = None,
) -> str:
    """The name of the folder that `stage` fills: its name and a hash of all that decides its
    content; `version` is today's where none is given.
    """
    content = {
        "stage": stage,
        "version": catalog.stage_version(stage) if version is None else version,
        "settings": settings,
        "parents": parents,
        "seed": seed,
        "threads": threads,
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return f"{stage}-{digest[:16]}"
