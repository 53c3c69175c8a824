"""The front of a search: cells with their cost and predicted accuracy, and how well the prediction
held for those that were distilled.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adarec.errors import ArtefactError, RunError
from adarec.genotype import Genotype
from adarec.runs.files import read_json
from adarec.runs.records import RunRecord

FRONT = "front.json"
FEWEST_PAIRS = 3  # fewer distilled points say nothing about an order


@dataclass(frozen=True)
class FrontPoint:
    """A cell that a search validated on its supernet.

    Attributes:
        point: Its place in front.json, cheapest first.
        genotype: The cell.
        cost: By the cost table, in the search's unit.
        predicted_ndcg: Validation NDCG@10 of the architecture slice with the supernet's weights.
        on_front: No other point is cheaper and as accurate, or more accurate and not dearer.
        within_limit: It keeps to the limit of the search.
    """

    point: int
    genotype: Genotype
    cost: float
    predicted_ndcg: float
    on_front: bool
    within_limit: bool

    def to_json(self) -> dict[str, Any]:
        """As front.json has it."""
        return {
            "genotype": self.genotype.to_json(),
            "cost": self.cost,
            "predicted_ndcg@10": self.predicted_ndcg,
            "on_front": self.on_front,
            "within_limit": self.within_limit,
        }


def front_points(stored: Iterable[Mapping[str, Any]]) -> list[FrontPoint]:
    """The points of the content of front.json."""
    return [
        FrontPoint(
            point=place,
            genotype=Genotype.from_json(each["genotype"]),
            cost=float(each["cost"]),
            predicted_ndcg=float(each["predicted_ndcg@10"]),
            on_front=bool(each["on_front"]),
            within_limit=bool(each["within_limit"]),
        )
        for place, each in enumerate(stored)
    ]


def read_front(folder: Path) -> list[FrontPoint]:
    """The points of the search in `folder`; none where it made no front."""
    return front_points(read_json(folder / FRONT)) if (folder / FRONT).is_file() else []


def spread_points(points: Sequence[FrontPoint], count: int) -> list[FrontPoint]:
    """At most `count` points that tell how well an order was predicted: those on the front, or
    some of them where they are too many, and where they are fewer others, too, evenly spaced in
    the order of cost.
    """
    front = [each for each in points if each.on_front]
    others = [each for each in points if not each.on_front]
    chosen = _evenly(front, min(count, len(front)))
    chosen += _evenly(others, min(count - len(chosen), len(others)))
    return sorted(chosen, key=lambda each: each.point)


def _evenly(points: Sequence[FrontPoint], count: int) -> list[FrontPoint]:
    """`count` of the points, the first and the last among them."""
    if count < 2:
        return list(points[:count])
    last = len(points) - 1
    return [points[round(place * last / (count - 1))] for place in range(count)]


def front_point(folder: Path, point: int) -> FrontPoint:
    """Point number `point` of the search in `folder`.

    Raises:
        RunError: There is no such point.
        ArtefactError: The search is not complete, or of a version that made no front.
    """
    if not (folder / FRONT).is_file():
        raise ArtefactError(
            f"The search in {folder.name} has left no front. Wait until it is complete, or "
            "search again with this version."
        )
    points = read_front(folder)
    if not 0 <= point < len(points):
        best = ", ".join(str(each.point) for each in points if each.on_front)
        raise RunError(
            f"There is no point {point}: the search validated {len(points)}, numbered from 0. "
            f"Choose one of these; on the front are {best}."
        )
    return points[point]


def distilled_points(
    points: Iterable[FrontPoint], run: RunRecord, runs: Iterable[RunRecord]
) -> list[tuple[FrontPoint, float]]:
    """Each point of `run`'s search that was distilled, by its student or control in any of `runs`,
    with the test NDCG@10 that was measured.

    Only runs count that share the search of `run` and distil as it does.
    """
    wanted = _distillation(run)
    measured: dict[Genotype, float] = {}
    for each in runs:
        if not each.result or _distillation(each) != wanted:
            continue
        for model in (each.result["student"], *(each.result.get("controls") or [])):
            if model.get("genotype"):  # a hand-made control has none
                genotype = Genotype.from_json(model["genotype"])
                measured.setdefault(genotype, float(model["metrics"]["ndcg@10"]))
    return [(each, measured[each.genotype]) for each in points if each.genotype in measured]


def rank_correlation(pairs: Iterable[tuple[FrontPoint, float]]) -> float | None:
    """Spearman's correlation of predicted and measured accuracy, -1 to 1; see
    `spearman_of_pairs`.
    """
    return spearman_of_pairs([(point.predicted_ndcg, ndcg) for point, ndcg in pairs])


def spearman_of_pairs(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Spearman's correlation, -1 to 1; None under `FEWEST_PAIRS` pairs, and where all values of a
    side are equal.
    """
    first, second = ([pair[k] for pair in pairs] for k in (0, 1))
    if len(pairs) < FEWEST_PAIRS or len(set(first)) == 1 or len(set(second)) == 1:
        return None
    from scipy.stats import spearmanr  # loads only where there is something to correlate

    return float(spearmanr(first, second).statistic)


def _distillation(run: RunRecord) -> tuple[Any, ...] | None:
    """What decides how good a cell turns out in this run, but for the cell: its search, the
    student's settings, and what its scores are blended with.
    """
    for step in run.steps:
        if step["role"] == "student":
            own = {name: value for name, value in step["settings"].items() if name != "point"}
            return step["parents"].get("search"), own, run.settings.get("blend")
    return None
