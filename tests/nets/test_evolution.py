"""Evolution on predictors whose best answer is known, and the front that it leaves."""

import itertools

import numpy as np
import pytest

from adarec import catalog
from adarec.errors import StopRequested
from adarec.genotype import Genotype, cell_edges
from adarec.nets.evolution import FEWEST, affordable_evaluations, evolve, on_front
from adarec.nets.random_cells import random_genotypes
from adarec.nets.selection import is_connected
from tests.nets.schedules import small_search
from tests.nets.small_models import small_costs

OPS = catalog.OP_NAMES
COSTS = small_costs(num_nodes=2)
WORTH = {"conv3": 0.5, "conv5": 0.7, "dilconv3": 0.55, "dilconv5": 0.65, "maxpool3": 0.3}
WORTH |= {"avgpool3": 0.35, "skip": 0.2, "zero": 0.0}


def worth(genotype: Genotype) -> float:
    """Edges count differently, so that one order of ops is the best at each cost."""
    return sum(WORTH[op] * (1 + k / 7) for k, op in enumerate(genotype.ops))


def allowed(ceiling: float) -> list[Genotype]:
    """Every cell of two nodes that evolution may visit."""
    cells = (Genotype(2, ops) for ops in itertools.product(OPS, repeat=3))
    return [
        cell
        for cell in cells
        if is_connected(cell) and not cell.is_collapsed and COSTS.of(cell) <= ceiling
    ]


def evolved(
    *, limit: float = 20.0, ceiling: float = 30.0, evaluations: int = 150, seed: int = 0, **how
) -> list[Genotype]:
    start = [Genotype(2, ("conv3", "zero", "skip")), Genotype(2, ("conv5", "skip", "skip"))]
    return evolve(
        start,
        predict=how.pop("predict", worth),
        cost_of=COSTS.of,
        limit=limit,
        ceiling=ceiling,
        evaluations=evaluations,
        rng=np.random.default_rng(seed),
        **how,
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_best_cell_within_the_limit_is_found(seed: int) -> None:
    """Among 400 cells, after a look at 150."""
    found = [cell for cell in evolved(seed=seed) if COSTS.of(cell) <= 20.0]
    best = max((cell for cell in allowed(20.0)), key=worth)
    assert max(found, key=worth) == best


def test_the_front_is_found_from_the_cheapest_cell_to_the_dearest_useful_one() -> None:
    found, every = evolved(evaluations=250), allowed(30.0)
    for limit in (14.0, 18.0, 22.0, 26.0, 30.0):
        best = max(worth(cell) for cell in every if COSTS.of(cell) <= limit)
        reached = max(worth(cell) for cell in found if COSTS.of(cell) <= limit)
        assert reached >= 0.97 * best


def test_it_does_better_than_random_cells_of_the_same_cost() -> None:
    """By as many predictions, though those of an evolution go to cells of every cost."""
    costs = small_costs(num_nodes=3)
    limits = {"limit": 30.0, "ceiling": 45.0, "evaluations": 120}
    gains = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        random = random_genotypes(costs, least=27.6, most=30.0, count=120, rng=rng)
        found = evolve(random[:24], predict=worth, cost_of=costs.of, rng=rng, **limits)
        within = [cell for cell in found if costs.of(cell) <= 30.0]
        gains.append(max(map(worth, within)) - max(map(worth, random)))
    assert np.mean(gains) > np.std(gains) / np.sqrt(len(gains))


def test_every_cell_is_new_connected_not_collapsed_and_under_the_ceiling() -> None:
    found = evolved()
    assert len(found) == len(set(found)) == 150
    assert set(found) <= set(allowed(30.0))


def test_each_cell_is_predicted_once() -> None:
    asked = []

    def predict(genotype: Genotype) -> float:
        asked.append(genotype)
        return worth(genotype)

    assert evolved(predict=predict) == asked


def test_the_same_seed_visits_the_same_cells() -> None:
    assert evolved(seed=3) == evolved(seed=3)
    assert evolved(seed=3) != evolved(seed=4)


def test_an_exhausted_space_ends_it() -> None:
    small = allowed(12.0)  # nodes with one edge each, one of them a convolution of three
    assert len(small) == 8
    found = evolved(limit=12.0, ceiling=12.0, evaluations=400)
    assert set(found) <= {*small, Genotype(2, ("conv5", "skip", "skip"))}  # of the start
    assert len(found) > 4


def test_fewer_evaluations_than_starts_take_the_first_of_them() -> None:
    assert evolved(evaluations=1) == [Genotype(2, ("conv3", "zero", "skip"))]


def test_it_stops_when_asked_and_says_how_far_it_is() -> None:
    def told(done: int) -> None:
        said.append(done)
        if done == 7:
            raise StopRequested("asked to stop")

    said: list[int] = []
    with pytest.raises(StopRequested):
        evolved(told=told)
    assert said == list(range(8))


def test_cells_of_three_nodes_evolve_too() -> None:
    costs = small_costs(num_nodes=3)
    start = [Genotype(3, ("conv3",) + ("skip",) * 5)]
    limits = {"limit": 40.0, "ceiling": 60.0, "evaluations": 80}
    rng = np.random.default_rng(0)
    found = evolve(start, predict=worth, cost_of=costs.of, rng=rng, **limits)
    assert len(found) == 80
    assert all(len(cell.ops) == len(cell_edges(3)) for cell in found)


@pytest.mark.parametrize(
    ("plane", "expected"),
    [
        ([(1.0, 0.1), (2.0, 0.3), (3.0, 0.2), (2.0, 0.3)], [True, True, False, True]),
        ([(2.0, 0.3), (1.0, 0.3)], [False, True]),
        ([(1.0, 0.2), (1.0, 0.3)], [False, True]),
        ([], []),
    ],
)
def test_the_front_holds_what_nothing_beats(plane: list, expected: list[bool]) -> None:
    assert on_front(plane) == expected


@pytest.mark.parametrize("seed", range(3))
def test_no_point_of_a_front_beats_another(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plane = [(float(c), float(a)) for c, a in rng.integers(0, 12, (60, 2))]
    marks = on_front(plane)

    def beats(a: tuple[float, float], b: tuple[float, float]) -> bool:
        return a != b and a[0] <= b[0] and a[1] >= b[1]

    for place, mark in enumerate(marks):
        assert mark == (not any(beats(other, plane[place]) for other in plane))


def test_a_large_scene_is_given_fewer_predictions(monkeypatch: pytest.MonkeyPatch) -> None:
    """In proportion to what the search computes, never fewer than some."""
    search = small_search(epochs=4)
    assert affordable_evaluations(search, most=10) == 10
    most = affordable_evaluations(search, most=10**9)
    monkeypatch.setattr(search, "epochs", 8)
    assert affordable_evaluations(search, most=10**9) == pytest.approx(2 * most, abs=2)
    monkeypatch.setattr("adarec.nets.evolution.SHARE", 1e-9)
    assert affordable_evaluations(search, most=10**9) == FEWEST
    assert affordable_evaluations(search, most=5) == 5
