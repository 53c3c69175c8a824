"""How to read the trade-off chart: a sentence for each thing that is drawn, and for no other."""

CLICK = "Click a point to open its run."
_CROWD = (
    "With more than {most} runs only the points are drawn: choose scenes above to see which "
    "student belongs to which teacher, their intervals, and the front."
)
_PAIRS = (
    "An arrow leads from a run's teacher to its student; the dotted line joins the models of a "
    "scene that no other model of that scene beats in both."
)
_WHISKERS = "Whiskers: 95 % bootstrap interval of the difference to the teacher."
_NO_WHISKERS = "Intervals are known for NDCG@10, not masked."
_COUNTS = "Count baselines need no model: they stand at the left edge, and no line counts them."
_CONTROLS = (
    "Controls were timed beside the student in a measurement of their own: their milliseconds are "
    "scaled by what it took there and beside the teacher."
)
_RING = (
    "A ring marks each scene's fastest student that is at most {percent:.0f} % below its teacher."
)
_BELOW = "{models} below the frame; a double click on the chart shows everything."


def reading(
    *,
    most_pairs: int,
    is_crowded: bool,
    has_intervals: bool,
    has_controls: bool,
    allowed_loss: float | None,
    num_below: int = 0,
) -> str:
    """The explanation below the chart, its last sentence `CLICK`."""
    parts = ["Up and to the left is better."]
    if is_crowded:
        parts.append(_CROWD.format(most=most_pairs))
    else:
        parts += [_PAIRS, _WHISKERS if has_intervals else _NO_WHISKERS]
    parts.append(_COUNTS)
    if has_controls:
        parts.append(_CONTROLS)
    if num_below:
        models = "1 weaker one is" if num_below == 1 else f"{num_below} weaker ones are"
        parts.append(_BELOW.format(models=models))
    if allowed_loss is not None:
        parts.append(_RING.format(percent=100 * allowed_loss))
    return " ".join([*parts, CLICK])
