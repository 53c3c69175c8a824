"""From settings to the ordered stage keys of a run. Pure: equal settings and scenes give equal
keys.
"""

from adarec.plan.adaptation import plan_adaptation
from adarec.plan.keys import ScenePart, Step, stage_key
from adarec.plan.search import plan_run

__all__ = [
    "ScenePart",
    "Step",
    "plan_adaptation",
    "plan_run",
    "stage_key",
]
