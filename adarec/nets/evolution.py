"""Genotypes evolved on a supernet's weights: a whole front of accuracy and cost from one search.

Evolution on a weight-sharing supernet is Single Path One-Shot's (Guo et al., ECCV 2020); parents
here come from the front, because every cost is wanted and not one.
"""

from collections.abc import Callable, Sequence

import numpy as np
from torch import nn

from adarec import catalog
from adarec.genotype import Genotype
from adarec.nets.batches import search_passes
from adarec.nets.search import Search
from adarec.nets.selection import is_connected

SHARE = 0.15  # of the search's multiply-adds that the predictions may take
FEWEST = 32  # predictions on the largest of scenes
# A score to be ranked takes as long as so many in a training step: measured on retailrocket, where
# an epoch of the search took 18 s and a prediction .28 s.
MEMORY_BOUND = 1.5
BEST = 4  # cells within the limit that have as many children as the whole front
TRIES = 500  # draws for one child that is new and allowed


def evolve(
    start: Sequence[Genotype],
    *,
    predict: Callable[[Genotype], float],
    cost_of: Callable[[Genotype], float],
    limit: float,
    ceiling: float,
    evaluations: int,
    rng: np.random.Generator,
    told: Callable[[int], None] = lambda done: None,
) -> list[Genotype]:
    """`start` and its descendants, `evaluations` distinct genotypes at most, in order of birth.

    A child is a parent with an op or two of its edges changed, or a mixture of two parents. Half
    of the parents are among the best within the limit, half anywhere on the front. Children are
    connected, not collapsed, and not over the ceiling.

    Args:
        start: The first generation, evaluated as it is.
        predict: Predicted accuracy, larger is better.
        cost_of: Cost by the table.
        limit: What the chosen cell may cost.
        ceiling: What no cell may cost.
        evaluations: When to stop; a space that is exhausted stops earlier.
        rng: Of all draws.
        told: Called before each prediction with the number of those done; may raise to stop.
    """
    found: dict[Genotype, tuple[float, float]] = {}  # cost, accuracy

    def take(genotype: Genotype) -> None:
        told(len(found))
        found[genotype] = (cost_of(genotype), predict(genotype))

    for genotype in list(dict.fromkeys(start))[:evaluations]:
        take(genotype)
    while len(found) < evaluations:
        parents = _parents(found, limit, rng)
        for _ in range(TRIES):
            child = _child(parents, rng)
            is_new = child not in found and is_connected(child) and not child.is_collapsed
            if is_new and cost_of(child) <= ceiling:
                take(child)
                break
        else:
            break
    return list(found)


def on_front(plane: Sequence[tuple[float, float]]) -> list[bool]:
    """For each (cost, accuracy): whether no other one is cheaper and as accurate, or more accurate
    and not dearer.
    """
    front = [False] * len(plane)
    best, best_cost = -np.inf, -np.inf
    for place in sorted(range(len(plane)), key=lambda k: (plane[k][0], -plane[k][1])):
        cost, accuracy = plane[place]
        if accuracy > best or (accuracy == best and cost == best_cost):
            best, best_cost, front[place] = accuracy, cost, True
    return front


def affordable_evaluations(search: Search, *, most: int) -> int:
    """How many genotypes may be validated: `most`, or fewer where that would take over `SHARE` of
    the search's multiply-adds, but `FEWEST` (or `most`) in any case.

    A search's step runs the teacher once and the student forward and back, and scores the whole
    catalogue with both; a prediction runs the student over each user's history and scores once.
    """
    teacher, student = search.teacher, search.supernet.student
    num_items = teacher.item_table.candidates.shape[0]
    of_teacher, of_student = (
        num_items * m.item_table.candidates.shape[1] for m in (teacher, student)
    )
    run_teacher = _num_parameters(teacher) - of_teacher
    run_student = (_num_parameters(student) - of_student) / len(catalog.OP_NAMES)
    step = run_teacher + of_teacher + 3 * (run_student + of_student)  # of one position
    positions = len(search.weight_sequences.items) + len(search.alpha_sequences.items)
    searched = search.epochs * search_passes(search.weight_sequences) * positions * step
    histories = search.validation.histories
    one = len(histories.items) * run_student + MEMORY_BOUND * len(histories) * of_student
    return min(most, max(FEWEST, int(SHARE * searched / one)))


def _num_parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def _parents(
    found: dict[Genotype, tuple[float, float]], limit: float, rng: np.random.Generator
) -> list[Genotype]:
    """Two parents, not always different."""
    genotypes = list(found)
    marks = on_front(list(found.values()))
    front = [genotype for genotype, mark in zip(genotypes, marks, strict=True) if mark]
    within = [genotype for genotype in genotypes if found[genotype][0] <= limit]
    best = sorted(within, key=lambda genotype: -found[genotype][1])[:BEST]
    pools = (best if best and rng.random() < 0.5 else front, front)
    return [pool[rng.integers(len(pool))] for pool in pools]


def _child(parents: Sequence[Genotype], rng: np.random.Generator) -> Genotype:
    first, second = (list(parent.ops) for parent in parents)
    if rng.random() < 0.5:
        kept = rng.random(len(first)) < 0.5
        first = [
            mine if keep else other for mine, other, keep in zip(first, second, kept, strict=True)
        ]
    for edge in rng.integers(len(first), size=rng.integers(1, 3)):
        first[edge] = catalog.OP_NAMES[rng.integers(len(catalog.OP_NAMES))]
    return Genotype(parents[0].num_nodes, tuple(first))
