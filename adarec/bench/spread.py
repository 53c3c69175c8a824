"""How much models of one scene differ in truth, beyond what its few users let them seem to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Spread:
    """Standard deviation between models, all in the unit of the scores.

    Attributes:
        models: How many.
        noise: Standard error of a model's mean from its users alone, what all models find easy or
            hard left out: two equal models seem to differ by about that.
        between: Standard deviation of the models' true means; 0 where they differ by less than
            the noise. Where each was trained once, chance in training is a part of it.
        low, high: 95 % interval of `between`.
    """

    models: int
    noise: float
    between: float
    low: float
    high: float


def spread_of_models(runs: Sequence[np.ndarray]) -> Spread:
    """The spread between models that the same users were asked with.

    Two-way analysis of variance without replication, models as random effects within a run
    (Searle, Casella, McCulloch: Variance Components, chapter 4): sigma_between^2 =
    (MS_models - MS_rest) / U, its interval from that of the F ratio.

    Args:
        runs: Of each run the scores [models, U], at least two models and two users.
    """
    of_models = of_rest = 0.0
    models_free = rest_free = 0
    for scores in runs:
        models, users = scores.shape
        means, easy, whole = scores.mean(axis=1), scores.mean(axis=0), scores.mean()
        rest = scores - means[:, None] - easy[None, :] + whole
        of_models += users * float(((means - whole) ** 2).sum())
        of_rest += float((rest**2).sum())
        models_free += models - 1
        rest_free += (models - 1) * (users - 1)
    users = runs[0].shape[1]
    by_models, by_rest = of_models / models_free, of_rest / rest_free
    tail = (1 - CONFIDENCE) / 2
    upper, lower = stats.f.isf((tail, 1 - tail), models_free, rest_free)

    def between(scale: float) -> float:
        return float(np.sqrt(max(0.0, by_models / scale - by_rest) / users))

    return Spread(
        models=models_free + len(runs),
        noise=float(np.sqrt(by_rest / users)),
        between=between(1.0),
        low=between(float(upper)),
        high=between(float(lower)),
    )
