"""How a run does for short and long histories, and what was written in front of short ones."""

import streamlit as st

from adarec.runs.records import RunRecord
from app import gateway
from app.panels.chart import show_chart
from app.panels.runs import run_pictures


def show_histories(run: RunRecord) -> None:
    """Accuracy by history length, with what to run to see it before and after an augmentation,
    and augmented histories where there are any."""
    pictures = {
        "metrics_by_length": run_pictures.by_length_picture(run),
        "augmented_histories": run_pictures.augmented_picture(run),
    }
    for key, picture in pictures.items():
        if picture is not None:
            show_chart(*picture, key=key)
    if run.augmentation and gateway.run_without_augmentation(run) is None:
        st.caption(
            "To see what the augmentation is worth for short and for long histories, run the same "
            "search without it; the chart by length then shows both:"
        )
        st.code(gateway.command_without_augmentation(run), "bash", wrap_lines=True)
