"""From settings to the ordered stage keys of a run. Pure: equal settings and scenes give equal
keys.
"""

from adarec.plan.adaptation import plan_adaptation
from adarec.plan.steps import ScenePart, Step, plan_run, stage_key

__all__ = [
    "ScenePart",
    "Step",
    "plan_adaptation",
    "plan_run",
    "stage_key",
]
