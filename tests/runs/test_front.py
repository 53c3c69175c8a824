"""The front of a search as others read it: points by number, and what distilling them proved."""

from pathlib import Path
from typing import Any

import pytest

from adarec.errors import ArtefactError, RunError
from adarec.genotype import Genotype
from adarec.runs.files import write_json
from adarec.runs.front import distilled_points, front_point, front_points, rank_correlation
from adarec.runs.records import RunRecord
from adarec.runs.workspace import Workspace

OPS = ("conv3", "conv5", "dilconv3", "skip")


def cell(op: str) -> Genotype:
    return Genotype(2, (op, "skip", "skip"))


def stored(predicted: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4)) -> list[dict[str, Any]]:
    return [
        {
            "genotype": cell(op).to_json(),
            "cost": float(k),
            "predicted_ndcg@10": ndcg,
            "within_limit": k < 2,
            "on_front": True,
            "collapsed": False,
        }
        for k, (op, ndcg) in enumerate(zip(OPS, predicted, strict=True))
    ]


def run_of(
    workspace: Workspace,
    op: str | None,
    ndcg: float = 0.0,
    *,
    search: str = "search-1",
    controls: tuple[tuple[str, float], ...] = (),
    **settings: Any,
) -> RunRecord:
    """A run that distilled the cell with this first op, or none yet."""
    step = {"role": "student", "parents": {"search": search}, "settings": settings}
    record = workspace.store.create_run(
        scene="shop", scene_key="ingest-1", settings={}, steps=[step], seed=0
    )
    if op is not None:
        models = [
            {"genotype": cell(name).to_json(), "metrics": {"ndcg@10": value}}
            for name, value in ((op, ndcg), *controls)
        ]
        result = {"student": models[0], "controls": models[1:]}
        workspace.store.update_run(record.run, state="succeeded", result=result)
    return workspace.store.run(record.run)


def test_points_are_numbered_by_their_place() -> None:
    points = front_points(stored())
    assert [point.point for point in points] == [0, 1, 2, 3]
    assert [point.genotype for point in points] == [cell(op) for op in OPS]
    assert [point.within_limit for point in points] == [True, True, False, False]
    assert points[2].cost == 2.0
    assert points[2].predicted_ndcg == 0.3


def test_a_point_is_read_by_its_number(tmp_path: Path) -> None:
    write_json(tmp_path / "front.json", stored())
    assert front_point(tmp_path, 3).genotype == cell("skip")
    for wrong in (4, -1):
        with pytest.raises(RunError, match=rf"no point {wrong}: .* 4, numbered from 0"):
            front_point(tmp_path, wrong)


def test_a_search_without_a_front_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="left no front"):
        front_point(tmp_path, 0)


def test_students_and_controls_of_the_same_search_and_distillation_count(
    workspace: Workspace,
) -> None:
    own = run_of(workspace, "conv3", 0.5, epochs=3)
    runs = [
        run_of(workspace, "conv5", 0.6, epochs=3, point=1, controls=(("skip", 0.4),)),
        run_of(workspace, "dilconv3", 0.9, epochs=4, point=2),  # distilled for longer
        run_of(workspace, "dilconv3", 0.8, epochs=3, search="search-2"),
        run_of(workspace, None, epochs=3, point=2),
        run_of(workspace, "conv5", 0.1, epochs=3, point=1),  # the same cell: the newest counts
        run_of(workspace, "avgpool3", 0.7, epochs=3),  # not on this front
        own,
    ]
    pairs = distilled_points(front_points(stored()), own, runs)
    assert [(each.point, ndcg) for each, ndcg in pairs] == [(0, 0.5), (1, 0.6), (3, 0.4)]


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ((0.1, 0.2, 0.3, 0.4), 1.0),
        ((0.4, 0.3, 0.2, 0.1), -1.0),
        ((0.1, 0.3, 0.2, 0.4), 0.8),  # 1 - 6 x (0 + 1 + 1 + 0) / (4 x 15)
        ((0.1, 0.2, 0.3), 1.0),
        ((0.1, 0.2), None),
        ((), None),
        ((0.2, 0.2, 0.2, 0.2), None),
    ],
)
def test_the_correlation_of_orders(measured: tuple[float, ...], expected: float | None) -> None:
    points = front_points(stored())
    found = rank_correlation(list(zip(points, measured, strict=False)))
    assert found == (None if expected is None else pytest.approx(expected))


def test_equal_predictions_have_no_order() -> None:
    points = front_points(stored((0.3, 0.3, 0.3, 0.3)))
    assert rank_correlation([(point, 0.1 * point.point) for point in points]) is None
