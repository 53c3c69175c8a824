"""What the store hands out: frozen records of scenes, runs, metrics and progress. Times are Unix
seconds (UTC).
"""

import time
from dataclasses import dataclass, field
from typing import Any

STATES = ("queued", "running", "succeeded", "failed", "cancelled")
ACTIVE_STATES = ("queued", "running")
RESUMABLE_STATES = ("failed", "cancelled")
EXAMPLE_RUN = "r-example"  # comes with the studio; all other ids are hexadecimal


@dataclass(frozen=True)
class SceneRecord:
    """A scene's name, the key of its folder, and the summary that lists show."""

    name: str
    key: str
    created_at: float = field(default_factory=time.time)
    is_sample: bool = False
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunSummary:
    """A run as lists and trade-off charts need it; reading many of these parses no JSON but tags.

    `name` is what a person called it, None where nobody did; `stage` is the step it is at (or
    ended at), `speedup_p50` teacher over student; `augmentation`, `blend`, `adapted_from` (a
    scene) and `point` (of a front, whose cell it distils) are None where the run has none.
    """

    run: str
    scene: str
    scene_key: str
    state: str
    stage: str | None
    seed: int
    fresh: bool
    created_at: float
    queued_at: float | None
    started_at: float | None
    stop_requested_at: float | None
    finished_at: float | None
    error: str | None
    peak_rss_mb: float | None
    notes: str
    tags: list[str]
    archived: bool
    preset: str | None
    teacher: str | None
    mapping: str | None
    teacher_ndcg_at_10: float | None
    student_ndcg_at_10: float | None
    teacher_latency_p50_ms: float | None
    student_latency_p50_ms: float | None
    speedup_p50: float | None
    speedup_body_p50: float | None
    teacher_params: int | None
    student_params: int | None
    verdict: str | None
    augmentation: str | None
    blend: str | None
    adapted_from: str | None
    point: int | None
    name: str | None

    @property
    def title(self) -> str:
        """What a person calls it: its name, else its id."""
        return self.name or self.run

    @property
    def taught_by(self) -> str:
        """The teacher, with the augmentation and the blend that make it another one."""
        blend = f"{self.blend} blend" if self.blend else None
        return " + ".join(part for part in (self.teacher, self.augmentation, blend) if part)

    @property
    def is_example(self) -> bool:
        """Whether it is the run that comes with the studio, which nobody here computed."""
        return self.run == EXAMPLE_RUN

    @property
    def has_result(self) -> bool:
        """Whether it has measured its student; it keeps that while controls are added to it."""
        return self.verdict is not None

    @property
    def is_active(self) -> bool:
        """Whether the run waits or computes."""
        return self.state in ACTIVE_STATES

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop and has not ended yet."""
        return self.is_active and self.stop_requested_at is not None

    @property
    def is_resumable(self) -> bool:
        """Whether `resume` makes sense."""
        return self.state in RESUMABLE_STATES


@dataclass(frozen=True)
class RunRecord(RunSummary):
    """A run with everything that was asked and found: settings, steps of the plan, seconds per
    stage, result.
    """

    settings: dict[str, Any]
    steps: list[dict[str, Any]]
    seconds: dict[str, float]
    result: dict[str, Any] | None


@dataclass(frozen=True)
class MetricRow:
    """One number of one epoch of one stage."""

    stage_key: str
    epoch: int
    name: str
    value: float


@dataclass(frozen=True)
class ProgressRow:
    """How far a stage is: `fraction` 0..1, counted from `started_fraction` at `started_at`."""

    stage_key: str
    epoch: int
    epochs: int
    fraction: float
    message: str
    started_at: float
    started_fraction: float
    updated_at: float

    def seconds_left(self, now: float) -> float | None:
        """Estimated seconds until the stage is complete, by the pace since it (re)started; None
        without a pace.
        """
        done = self.fraction - self.started_fraction
        if done <= 0 or self.fraction >= 1:
            return 0.0 if self.fraction >= 1 else None
        total_left = (self.updated_at - self.started_at) / done * (1 - self.fraction)
        return max(0.0, total_left - (now - self.updated_at))
