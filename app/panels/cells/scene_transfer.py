"""Is a cell good only where it was found? Cells of the compared scenes on each other."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from app import gateway, state
from app.figures.results.scene_transfer import draw_scene_transfer, scene_transfer_info
from app.panels.chart import show_chart
from app.panels.errors import shown_errors


def show_scene_transfer(results: Mapping[str, Mapping[str, Any]]) -> None:
    """The matrix, as far as it is measured, and a button that has the rest distilled."""
    info = scene_transfer_info(results)
    if np.isfinite(info.ndcg).sum() > len(info.labels):
        show_chart(info, draw_scene_transfer(info), key="scene_transfer")
    wanted = gateway.cells_to_distil(results)
    if not wanted:
        return
    count = sum(len(cells) for cells in wanted.values())
    st.caption(
        "Would the cell of another scene have done as well? Each is distilled as the scene's own "
        f"was: {count} student{'s' if count > 1 else ''}, each for about as long as a run's "
        "student. Their runs wait in the queue meanwhile and come back here."
    )
    if st.button("Distil each cell on the other scenes", key=state.DISTIL_CELLS):
        with shown_errors():
            gateway.distil_cells(wanted)
            st.success(f"{len(wanted)} runs are queued; the Search page shows how far they are.")
