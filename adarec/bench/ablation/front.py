"""The part `front`: does the order that a supernet predicts hold for cells that are distilled?"""

from collections.abc import Sequence

from adarec.bench.experiments.cell import Cell
from adarec.bench.experiments.evidence import Evidence
from adarec.bench.experiments.rows import Json, head, runs_of
from adarec.runs.front import distilled_points, rank_correlation, spearman_of_pairs


def front_row(evidence: Evidence, row: Sequence[Cell]) -> Json:
    """One scene: its distilled cells with predicted and measured NDCG@10, Spearman's correlation
    of these and of cost and measured NDCG@10; without runs only its head.
    """
    runs = runs_of(evidence, row)
    found = head(row, runs)
    if not runs:
        return found
    run = runs[0]
    pairs = distilled_points(evidence.facts(run).front, run, [run])
    return found | {
        "points": [
            {
                "point": point.point,
                "cell": ",".join(point.genotype.ops),
                "cost": point.cost,
                "predicted": point.predicted_ndcg,
                "measured": ndcg,
                "on_front": point.on_front,
            }
            for point, ndcg in pairs
        ],
        "correlation": rank_correlation(pairs),
        "correlation_of_cost": spearman_of_pairs([(point.cost, ndcg) for point, ndcg in pairs]),
    }
