"""Which accuracies the plane shows at first."""

from collections.abc import Sequence

from app.figures.results.frontier.point import FrontierPoint, PredictedCell

_EDGE = 0.08  # of the frame's height, above and below what it has to hold
_WORTH_IT = 0.7  # a frame that is nearly as high as everything together is not worth a sentence

Frame = tuple[float, float]


def accuracy_frame(
    points: Sequence[FrontierPoint], predicted: Sequence[PredictedCell] = ()
) -> Frame | None:
    """Lowest and highest accuracy of a frame around all models and each scene's best count
    baseline, None where it would be about as high as a frame around everything.

    The weaker baselines of a scene are often so far below that the models would lie on one line.
    """
    held = [each.accuracy for each in predicted]
    for point in points:
        held += [point.accuracy] if point.role != "baseline" else []
        held += point.interval or ()
    held += _best_baselines(points)
    if not held:
        return None
    edge = _EDGE * ((max(held) - min(held)) or 1.0)
    frame = (min(held) - edge, max(held) + edge)
    everything = [point.accuracy for point in points] + held
    height = max(everything) - min(everything)
    return frame if frame[1] - frame[0] < _WORTH_IT * height else None


def below(points: Sequence[FrontierPoint], frame: Frame | None) -> int:
    """How many points lie below the frame."""
    return 0 if frame is None else sum(point.accuracy < frame[0] for point in points)


def _best_baselines(points: Sequence[FrontierPoint]) -> list[float]:
    best: dict[str, float] = {}
    for point in points:
        if point.role == "baseline":
            best[point.scene] = max(point.accuracy, best.get(point.scene, point.accuracy))
    return list(best.values())
