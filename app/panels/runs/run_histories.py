"""How a run does for short and long histories, and what was written in front of short ones."""

from adarec.runs.records import RunRecord
from app.panels.chart import show_chart
from app.panels.runs import run_pictures


def show_histories(run: RunRecord) -> None:
    """Accuracy by history length, and augmented histories where there are any."""
    pictures = {
        "metrics_by_length": run_pictures.by_length_picture(run),
        "augmented_histories": run_pictures.augmented_picture(run),
    }
    for key, picture in pictures.items():
        if picture is not None:
            show_chart(*picture, key=key)
