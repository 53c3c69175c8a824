"""What several seeds of one scene say together: per user, NDCG@10 averaged over the seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from adarec.errors import RunError
from adarec.ranking import ndcg_per_user, paired_bootstrap
from adarec.runs.workspace import Workspace

CUT_OFF = 10
RANDOM = "control-random"


@dataclass(frozen=True)
class Gain:
    """One model minus another, NDCG@10: the mean over users and its 95 % paired interval."""

    mean: float
    low: float
    high: float


def run_ranks(workspace: Workspace, run: str) -> dict[str, np.ndarray]:
    """Unmasked ranks [U] of the test items in a finished run, by role: teacher, student,
    baseline.popularity, …, control-random-1, …

    Raises:
        RunError: The workspace has no such run, or its measurement is not there.
    """
    keys = {step["role"]: step["key"] for step in workspace.store.run(run).steps}
    found: dict[str, np.ndarray] = {}
    for role in ("measure", "measure-controls"):
        if role not in keys:
            continue
        path = workspace.artefacts.path(keys[role]) / "ranks.npz"
        if not path.is_file():
            raise RunError(f"{run} has no ranks at {path}. Run its search command again.")
        with np.load(path, allow_pickle=False) as stored:
            columns = {name: stored[name] for name in stored.files}
        found |= {
            name: ranks
            for name, ranks in columns.items()
            if not name.endswith((".masked", ".sampled"))
        }
    return found


def ndcg_over_seeds(runs: Sequence[Mapping[str, np.ndarray]], role: str) -> np.ndarray:
    """[U] NDCG@10 of each user's test item, averaged over the seeds' ranks of `role`.

    Raises:
        RunError: The runs are not of the same users.
    """
    sizes = {len(ranks[role]) for ranks in runs}
    if len(sizes) != 1:
        raise RunError(
            f"Only runs of the same users can be averaged; found {sorted(sizes)} users. "
            "Ask for seeds of one scene."
        )
    return np.mean([ndcg_per_user(ranks[role], CUT_OFF) for ranks in runs], axis=0)


def gain_over_seeds(
    runs: Sequence[Mapping[str, np.ndarray]], role: str, rivals: Sequence[str]
) -> Gain:
    """`role` minus the mean of the `rivals`; users are resampled, seeds are averaged before."""
    rival = np.mean([ndcg_over_seeds(runs, name) for name in rivals], axis=0)
    return Gain(**paired_bootstrap(ndcg_over_seeds(runs, role), rival, seed=0))


def random_controls(runs: Sequence[Mapping[str, np.ndarray]]) -> list[str]:
    """Roles of the random cells that every one of the runs measured."""
    shared = set.intersection(*(set(ranks) for ranks in runs))
    return sorted(name for name in shared if name.startswith(RANDOM))
