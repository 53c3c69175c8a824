"""A run's accuracy by how long the users' training histories are: short ones are where a model
knows least, and where pseudo-priors should help."""

from pathlib import Path
from typing import Any

import numpy as np

from adarec.data.scene import HELD_OUT
from adarec.errors import ArtefactError
from adarec.ranking import metrics_from_ranks

# Fewest and most real items of a training history; None = any more.
BUCKETS: tuple[tuple[int, int | None], ...] = ((1, 3), (4, 7), (8, 19), (20, None))
MODELS = ("teacher", "student")
BASELINE = "baseline."


def metrics_by_length(scene: Path, measure: Path) -> list[dict[str, Any]]:
    """One entry per bucket that has users: `from`, `to`, `users`, and the metrics of teacher,
    student and (under `baselines`) the count baselines: full ranking, unmasked.

    Args:
        scene: Folder of the scene that was measured, augmented or not.
        measure: Folder with its ranks.npz.

    Raises:
        ArtefactError: A file is missing or damaged, or they are of different users.
    """
    lengths, ranks = training_lengths(scene), _ranks(measure)
    if {len(column) for column in ranks.values()} != {len(lengths)}:
        raise ArtefactError(
            f"{measure} and {scene} do not hold the same users. Run the search command again."
        )
    found = []
    for low, high in BUCKETS:
        inside = (lengths >= low) & (lengths <= (high or lengths.max()))
        if not inside.any():
            continue
        metrics = {name: metrics_from_ranks(column[inside]) for name, column in ranks.items()}
        entry = {"from": low, "to": high, "users": int(inside.sum())}
        baselines = {
            name.removeprefix(BASELINE): metrics[name]
            for name in metrics
            if name.startswith(BASELINE)
        }
        found.append(entry | {name: metrics[name] for name in MODELS} | {"baselines": baselines})
    return found


def training_lengths(scene: Path) -> np.ndarray:
    """int64 [U], real items of each user's training prefix, from the scene's folder.

    Raises:
        ArtefactError: The folder is no scene.
    """
    arrays = _arrays(scene / "scene.npz")
    lengths = np.diff(arrays["offsets"]) - HELD_OUT
    return np.asarray(lengths - arrays.get("pseudo_counts", 0), dtype=np.int64)


def _ranks(measure: Path) -> dict[str, np.ndarray]:
    columns = _arrays(measure / "ranks.npz")
    return {
        name: column
        for name, column in columns.items()
        if name in MODELS or name.startswith(BASELINE)
    }


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError) as error:
        raise ArtefactError(
            f"{path} cannot be read ({type(error).__name__}: {error}). "
            "Delete its folder and run the search command again."
        ) from error
