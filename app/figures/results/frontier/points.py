"""The data of the accuracy-cost plane: teachers, students, controls, count baselines, and what the
supernet predicted."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adarec.catalog import baseline_title
from adarec.genotype import Genotype
from adarec.runs.front import FrontPoint
from app.figures.chart import ChartInfo, Rows
from app.figures.results.frontier.axes import (
    ACCURACY_AXES,
    COST_AXES,
    count_values,
    scaled,
    value_at,
)
from app.figures.results.frontier.frame import Frame, accuracy_frame, below
from app.figures.results.frontier.point import FrontierPoint, PredictedCell
from app.figures.results.frontier.reading import reading

MOST_PAIRS = 40


@dataclass(frozen=True)
class FrontierInfo(ChartInfo):
    """All points, the cells that one run's supernet predicted, and the titles of both axes."""

    points: list[FrontierPoint]
    predicted: list[PredictedCell]
    cost_axis: str
    accuracy_axis: str
    title: str
    explanation: str
    frame: Frame | None = None  # lowest and highest accuracy at first; None shows all

    @property
    def is_crowded(self) -> bool:
        """Whether arrows and intervals would hide the points."""
        return is_crowded(self.points)

    @property
    def fastest(self) -> list[FrontierPoint]:
        """The student of each scene that the ring marks."""
        return [point for point in self.points if point.is_fastest]

    def rows(self) -> Rows:
        """One row per model, then one per predicted cell."""
        named = any(point.run_name for point in self.points)
        measured = [
            {
                "scene": point.scene,
                "run": point.run,
                **({"run's name": point.run_name} if named else {}),
                "model": point.role,
                "name": point.name,
                self.cost_axis: point.cost,
                self.accuracy_axis: point.accuracy,
                "on the front": point.on_front,
                "fastest that qualifies": point.is_fastest,
            }
            for point in self.points
        ]
        return measured + [
            {
                "run": cell.run,
                "model": "predicted",
                "name": cell.ops,
                "point": cell.point,
                self.cost_axis: cell.cost,
                self.accuracy_axis: cell.accuracy,
                "on the front": cell.on_front,
            }
            for cell in self.predicted
        ]


def frontier_info(
    results: Mapping[str, Mapping[str, Any]],
    *,
    cost_axis: str,
    accuracy_axis: str,
    allowed_loss: float | None = None,
    predicted: Sequence[PredictedCell] = (),
    names: Mapping[str, str | None] | None = None,
) -> FrontierInfo:
    """Points of every result (run id -> the contract's Result) along two of the axes above.

    Args:
        results: What was measured.
        cost_axis: One of `COST_AXES`.
        accuracy_axis: One of `ACCURACY_AXES`.
        allowed_loss: The share of its teacher's accuracy that a student may lose to be marked as
            the fastest of its scene; nothing is marked without it.
        predicted: Cells to draw behind the points, from `predicted_front`.
        names: What runs are called, by id.
    """
    cost_path, accuracy_path = COST_AXES[cost_axis], ACCURACY_AXES[accuracy_axis]
    points: list[FrontierPoint] = []
    seen = set()
    for run, result in results.items():
        for point in _points_of(run, result, cost_path, accuracy_path):
            # Runs of one scene and teacher share the teacher and the baselines: draw them once.
            same = (point.scene, point.role, point.name, point.cost, point.accuracy)
            if point.role == "baseline" and same in seen:
                continue
            seen.add(same)
            points.append(replace(point, run_name=(names or {}).get(run) or ""))
    points = mark_front(points)
    if allowed_loss is not None:
        points = mark_fastest(points, allowed_loss)
    frame = accuracy_frame(points, predicted)
    title = f"{accuracy_axis} against {cost_axis[0].lower()}{cost_axis[1:]}"
    words = reading(
        most_pairs=MOST_PAIRS,
        is_crowded=is_crowded(points),
        has_intervals=any(point.interval for point in points),
        has_controls=cost_path[0].startswith("latency")
        and any(point.role == "control" for point in points),
        allowed_loss=allowed_loss,
        num_below=below(points, frame),
    )
    cells = list(predicted)
    return FrontierInfo(points, cells, cost_axis, accuracy_axis, title, words, frame)


def is_crowded(points: Sequence[FrontierPoint]) -> bool:
    """Whether arrows and intervals would hide the points."""
    return sum(point.role == "student" for point in points) > MOST_PAIRS


def mark_front(points: list[FrontierPoint]) -> list[FrontierPoint]:
    """Sets `on_front` where no model of the same scene is at least as cheap and more accurate, or
    cheaper and equal."""
    front: set[int] = set()
    for scene in {point.scene for point in points}:
        places = [
            place
            for place, point in enumerate(points)
            if point.scene == scene and point.cost is not None
        ]
        plane = [(points[place].cost or 0.0, points[place].accuracy) for place in places]
        front |= {places[winner] for winner in _unbeaten(plane)}
    return [replace(point, on_front=place in front) for place, point in enumerate(points)]


def mark_fastest(points: list[FrontierPoint], allowed_loss: float) -> list[FrontierPoint]:
    """Sets `is_fastest` on the cheapest student of each scene whose accuracy is at most
    `allowed_loss` (a share) below its own teacher's; the more accurate one where two cost the
    same."""
    qualified = [
        point
        for point in points
        if point.loss is not None and point.loss <= allowed_loss and point.cost is not None
    ]
    best: dict[str, FrontierPoint] = {}
    for point in sorted(qualified, key=lambda point: (point.cost or 0.0, -point.accuracy)):
        best.setdefault(point.scene, point)
    return [replace(point, is_fastest=point is best.get(point.scene)) for point in points]


def predictable_axes(result: Mapping[str, Any]) -> tuple[str, str] | None:
    """The axes on which the cells that a run's search compared can be drawn beside measured ones.

    None where the search counted instead of timing: its table leaves out parts of a model that the
    measured counts include.
    """
    target = result.get("target") or {}
    cost = {
        ("ms", "request"): "Latency p50 (ms)",
        ("ms", "body"): "Latency p50 without scoring and top 10 (ms)",
    }.get((str(target.get("unit")), str(target.get("of"))))
    return None if cost is None else (cost, "NDCG@10")


def predicted_cells(run: str, candidates: Sequence[Mapping[str, Any]]) -> list[PredictedCell]:
    """The cells of `candidates.json` with the front that no other of them beats: all that older
    searches left."""
    plane = [(float(each["cost"]), float(each["predicted_ndcg@10"])) for each in candidates]
    front = _unbeaten(plane)
    return [
        PredictedCell(
            run,
            _ops_line(Genotype.from_json(each["genotype"])),
            *plane[place],
            on_front=place in front,
        )
        for place, each in enumerate(candidates)
    ]


def predicted_front(run: str, points: Sequence[FrontPoint]) -> list[PredictedCell]:
    """The cells of a search's front.json, marked as the search marked them."""
    return [
        PredictedCell(
            run,
            _ops_line(each.genotype),
            each.cost,
            each.predicted_ndcg,
            on_front=each.on_front,
            point=each.point,
        )
        for each in points
    ]


def _ops_line(genotype: Genotype) -> str:
    return "; ".join(" ".join(cell.ops) for cell in genotype.cells)


def _unbeaten(plane: Sequence[tuple[float, float]]) -> set[int]:
    """Places in `plane` (cost, accuracy) that no other place beats in one and equals in the
    other."""
    best, best_cost, front = -math.inf, -math.inf, set()
    for place in sorted(range(len(plane)), key=lambda each: (plane[each][0], -plane[each][1])):
        cost, accuracy = plane[place]
        if accuracy > best or (accuracy == best and cost == best_cost):
            best, best_cost = accuracy, cost
            front.add(place)
    return front


def controls_beside_the_teacher(result: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The controls, with the latencies that are to be expected beside the teacher, where the
    student's are from: theirs are from a measurement of their own, in which the student took
    other times."""
    student, beside = result["student"], result.get("student_beside_controls") or {}
    for control in result.get("controls") or []:
        times = {
            kind: {name: ms * student[kind]["p50"] / own["p50"] for name, ms in taken.items()}
            for kind, own in beside.items()
            if (taken := control.get(kind))
        }
        yield {**control, **times}


def _points_of(
    run: str, result: Mapping[str, Any], cost_path: tuple[str, ...], accuracy_path: tuple[str, ...]
) -> Iterator[FrontierPoint]:
    scene = str(result["scene"]["name"])
    cost_path, cost_scale = scaled(cost_path, result["teacher"])
    accuracy_path, scale = scaled(accuracy_path, result["teacher"])

    def point(role: str, model: Mapping[str, Any]) -> FrontierPoint:
        cost = value_at(model, cost_path) * cost_scale
        accuracy = value_at(model, accuracy_path) * scale
        return FrontierPoint(run, scene, role, str(model["name"]), cost, float(accuracy))

    counts = {
        baseline_title(name): scale * value
        for name, value in count_values(result["baselines"], accuracy_path).items()
    }
    teacher, student = point("teacher", result["teacher"]), point("student", result["student"])
    yield teacher
    if accuracy_path == ("metrics", "ndcg@10"):
        difference = result["difference"]["ndcg@10"]
        bounds = [teacher.accuracy + scale * difference[end] for end in ("low", "high")]
        student = replace(student, interval=(bounds[0], bounds[1]))
    if teacher.accuracy > 0:
        student = replace(student, loss=1 - student.accuracy / teacher.accuracy)
    best = max(counts, key=lambda name: counts[name], default="")
    if best and counts[best] > student.accuracy:
        student = replace(student, beaten_by=(best, counts[best]))
    yield student
    for control in controls_beside_the_teacher(result):
        yield point("control", control)
    for name, value in counts.items():
        yield FrontierPoint("", scene, "baseline", name, None, value)
