"""The spread between models: known answers."""

import numpy as np
import pytest

from adarec.bench.spread import spread_of_models


def scores(
    rng: np.random.Generator, between: float, *, models: int, users: int = 400
) -> np.ndarray:
    """[models, users]: users that differ by 3, noise of 2, models that differ by `between`."""
    easy = rng.normal(scale=3.0, size=(1, users))
    return (
        rng.normal(scale=between, size=(models, 1))
        + easy
        + rng.normal(scale=2.0, size=(models, users))
    )


def test_the_spread_by_hand() -> None:
    # Means 1 and 2, users 0 and 3, rest +-.5: MS_models = 2 * .5 = 1, MS_rest = 4 * .25 = 1.
    found = spread_of_models([np.array([[0.0, 2.0], [0.0, 4.0]])])
    assert found.models == 2
    assert found.noise == pytest.approx(np.sqrt(1 / 2))
    assert found.between == 0
    # Without any rest the models differ by exactly what their means do.
    found = spread_of_models([np.array([[0.0, 2.0], [1.0, 3.0]])])
    assert found.noise == 0
    assert found.between == pytest.approx(np.sqrt(0.5))


def test_a_known_spread_is_found_and_its_interval_holds_it() -> None:
    rng = np.random.default_rng(0)
    found = spread_of_models([scores(rng, 0.5, models=60)])
    assert found.between == pytest.approx(0.5, rel=0.2)
    assert found.noise == pytest.approx(2 / np.sqrt(400), rel=0.05)
    held = 0
    for _ in range(200):
        few = spread_of_models([scores(rng, 0.5, models=3) for _ in range(3)])
        assert few.models == 9
        held += few.low <= 0.5 <= few.high
    assert 0.9 <= held / 200 <= 0.99


def test_equal_models_seem_to_differ_by_their_noise_alone() -> None:
    rng = np.random.default_rng(1)
    lows = [spread_of_models([scores(rng, 0.0, models=5)]).low for _ in range(200)]
    assert np.mean(np.array(lows) > 0) <= 0.06


def test_what_differs_between_runs_is_no_spread() -> None:
    rng = np.random.default_rng(2)
    one = scores(rng, 0.0, models=30)
    found = spread_of_models([one, scores(rng, 0.0, models=30) + 50.0])
    assert found.low == 0
    assert found.between < 0.1
