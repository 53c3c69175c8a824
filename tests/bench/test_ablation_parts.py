"""The ablation's parts `front`, `teachers` and `losses`: cells of a front, teachers against
counting, and two names of one change.
"""

from dataclasses import replace

import pytest

from adarec.bench.ablation.changed import changed_row
from adarec.bench.ablation.pages import losses_page
from adarec.bench.ablation.teachers_page import teachers_page
from adarec.bench.pooling import run_ranks
from adarec.genotype import Genotype
from adarec.ranking import ndcg_per_user
from adarec.runs.front import FrontPoint, spread_points
from tests.bench.conftest import CELLS, Tables

pytestmark = pytest.mark.whole_run


def test_cells_of_a_front_are_distilled_and_their_order_correlated(tables: Tables) -> None:
    (row,) = tables.report["front"]
    assert len(row["points"]) >= 3
    run = tables.ablation.workspace.store.run(row["runs"][0])
    assert run.result is not None
    measured = {
        Genotype.from_json(model["genotype"]).ops: model["metrics"]["ndcg@10"]
        for model in (run.result["student"], *run.result["controls"])
    }
    for each in row["points"]:
        assert each["measured"] == measured[tuple(each["cell"].split(","))]
    assert f"| cycle | {len(row['points'])} |" in tables.page("front")


def test_points_are_those_on_the_front_and_others_spread_over_the_cost() -> None:
    def points(on_front: set[int], count: int) -> list[FrontPoint]:
        cell = Genotype(2, ("skip", "skip", "zero"))
        return [
            FrontPoint(place, cell, float(place), 0.1, place in on_front, True)
            for place in range(count)
        ]

    def chosen(on_front: set[int], count: int, wanted: int) -> list[int]:
        return [each.point for each in spread_points(points(on_front, count), wanted)]

    assert chosen({0, 3}, 11, 5) == [0, 1, 3, 6, 10]
    assert chosen(set(range(9)), 9, 3) == [0, 4, 8]
    assert chosen({0}, 2, 5) == [0, 1]
    assert chosen(set(), 0, 5) == []


def test_a_blended_teacher_is_compared_with_the_best_count(tables: Tables) -> None:
    (row,) = tables.report["teachers"]
    ranks = run_ranks(tables.ablation.workspace, row["runs"][0])
    name, count = row["best_count"]
    assert count == pytest.approx(ndcg_per_user(ranks[f"baseline.{name}"], 10).mean())
    assert row["gain"]["mean"] == pytest.approx(row["teacher"]["ndcg@10"] - count)
    assert sum(row["blends"][0].values()) == pytest.approx(1)
    cells = tables.row("teachers", "cycle", "nextitnet")
    assert cells[3] == f"{row['teacher']['ndcg@10']:.4f}"
    assert cells[5] == f"{count:.4f} (last item transitions)"
    assert "scenes that were run" in tables.page("teachers")


@pytest.mark.parametrize(
    ("gains", "words"),
    [
        ([], "Nothing is known yet."),
        ([(-1.0, -2.0)], "on 0 of 1 scenes that were run; on 0 of them"),
        ([(1.0, 0.5)], "on 1 of 1 scenes that were run; on 1 of them"),
        ([(-1.0, -2.0), (1.0, -0.5)], "on 1 of 1 scenes that were run; on 0 of them"),
    ],
)
def test_the_better_teacher_of_a_scene_counts(
    gains: list[tuple[float, float]], words: str
) -> None:
    rows = [
        {
            "scene": "shop",
            "variant": f"teacher {place}",
            "seeds": [0],
            "asked_seeds": [0],
            "runs": ["r-1"],
            "teacher": {"ndcg@10": 2 + mean},
            "blends": [{"neural": 0.5, "transitions": 0.5, "own_frequency": 0.0}],
            "best_count": ["popularity", 2.0],
            "gain": {"mean": mean, "low": low, "high": 3.0},
            "minutes": 1.0,
        }
        for place, (mean, low) in enumerate(gains)
    ]
    page = " ".join(teachers_page({"teachers": rows}))
    assert words in page


def test_two_names_of_one_change_are_called_so(tables: Tables) -> None:
    first = next(cell for cell in CELLS if cell.variant == "without hidden distillation")
    twin = replace(first, variant="its twin")
    rows = [
        changed_row(tables.ablation.evidence, [cell], [*CELLS, twin]) for cell in (first, twin)
    ]
    assert [row["same_as"] for row in rows] == [None, "without hidden distillation"]
    words = losses_page({"losses": rows})[-1].split(" | ")[3]
    assert words.endswith(", the same ranks as without hidden distillation")
