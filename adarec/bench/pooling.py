"""What several seeds of one scene say together: per user, NDCG@10 averaged over the seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from adarec.errors import RunError
from adarec.ranking import bootstrap_means, ndcg_per_user, paired_bootstrap
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


@dataclass(frozen=True)
class PooledGain:
    """`role` minus its rivals in shares of the rivals' NDCG@10, every scene counting the same.

    Attributes:
        mean: Over users within a scene, then over scenes.
        users: 95 % interval for other users of these scenes: users are drawn within each scene,
            after averaging over its runs.
        clusters: 95 % interval for other scenes and seeds: scenes are drawn, and in each drawn
            scene its runs. Few scenes make it a coarse one.
        by_scene: Each scene's own mean.
    """

    mean: float
    users: tuple[float, float]
    clusters: tuple[float, float]
    by_scene: dict[str, float]


def gain_over_scenes(
    scenes: Mapping[str, Sequence[Mapping[str, np.ndarray]]],
    role: str,
    rivals: Sequence[str],
    *,
    seed: int = 0,
    resamples: int = 2000,
) -> PooledGain:
    """`role` against the mean of the `rivals`, pooled over scenes and their runs.

    Args:
        scenes: Scene -> ranks of each of its runs (seeds, teachers), as `run_ranks` gives them.
        role: Whose gain.
        rivals: Roles that every run has.
        seed: Of the draws.
        resamples: How many.
    """
    rng = np.random.default_rng(seed)
    user_means, run_gains = [], []
    for runs in scenes.values():
        per_run = [_gains(ranks, role, rivals) for ranks in runs]
        scale = float(np.mean([rival.mean() for _, rival in per_run]))
        differences = [(own - rival) / scale for own, rival in per_run]
        user_means.append(
            bootstrap_means(np.mean(differences, axis=0), rng=rng, resamples=resamples)
        )
        run_gains.append(np.array([difference.mean() for difference in differences]))
    by_scene = {scene: float(gains.mean()) for scene, gains in zip(scenes, run_gains, strict=True)}
    return PooledGain(
        mean=float(np.mean(list(by_scene.values()))),
        users=_bounds(np.mean(user_means, axis=0)),
        clusters=_bounds(_drawn_clusters(run_gains, rng, resamples)),
        by_scene=by_scene,
    )


def _gains(
    ranks: Mapping[str, np.ndarray], role: str, rivals: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """[U] NDCG@10 of the role, and of the mean rival."""
    rival = np.mean([ndcg_per_user(ranks[name], CUT_OFF) for name in rivals], axis=0)
    return ndcg_per_user(ranks[role], CUT_OFF), rival


def _drawn_clusters(
    run_gains: Sequence[np.ndarray], rng: np.random.Generator, resamples: int
) -> np.ndarray:
    """[resamples] means over drawn scenes of the means over drawn runs."""
    drawn = np.empty(resamples)
    for index in range(resamples):
        chosen = rng.integers(len(run_gains), size=len(run_gains))
        drawn[index] = np.mean(
            [rng.choice(run_gains[scene], len(run_gains[scene])).mean() for scene in chosen]
        )
    return drawn


def _bounds(means: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
