"""What the trade-off chart recommends, opening the run behind a clicked point, and distilling a
clicked cell."""

from typing import Any

import streamlit as st

from adarec.runs.records import RunRecord
from app import gateway, state
from app.figures.results.frontier import (
    IN_PERCENT,
    PREDICTED,
    FrontierInfo,
    FrontierPoint,
    PredictedCell,
    predictable_axes,
    predicted_cells,
    predicted_front,
)
from app.panels.errors import as_text, shown_errors
from app.panels.links import link

_MOST_NAMED = 6
_NO_TEACHER = "Cells of the example cannot be distilled: its teacher did not come along."


def predicted_of(run: RunRecord | None, axes: tuple[str, str]) -> list[PredictedCell]:
    """The cells that the run's search compared; says why where they cannot be drawn on `axes`."""
    if run is None or not run.result:
        return []
    title, known = as_text(run.title), predictable_axes(run.result)
    cells = predicted_front(run.run, gateway.front(run))
    cells = cells or predicted_cells(run.run, gateway.candidates(run))
    if not cells:
        st.caption(f"Run {title} recorded no candidate cells.")
    elif known is None:
        st.caption(f"The search of {title} counted instead of timing: nothing to draw.")
    elif known != axes:
        st.info(
            f"The cells of {title} were predicted as {known[1]} against {known[0]}: choose these "
            "above as accuracy and cost, and they stand on the plane."
        )
    else:
        st.caption(
            f"Open circles: the {len(cells)} cells that the search of {title} compared, by the "
            "supernet's weights on the validation item of the architecture slice, and by the cost "
            "table. Compare their order with the measured points, not their height. "
            + (_NO_TEACHER if run.is_example else "Click one to distil it.")
            + _agreement(run)
        )
        return cells
    return []


def _agreement(run: RunRecord) -> str:
    """How the predicted order held for the cells that were distilled, where enough were."""
    correlation, pairs = gateway.front_agreement(run)
    if correlation is None:
        return ""
    return (
        f" Predicted and measured order agree by {correlation:+.2f} (Spearman's correlation, "
        f"n = {len(pairs)} distilled cells)."
    )


def offer_distil(run: RunRecord | None, customdata: Any) -> None:
    """A button that distils the predicted cell that was clicked, in a run of its own."""
    if run is None or not customdata or customdata[-1] != PREDICTED or customdata[0] != run.run:
        return
    if run.is_example:
        st.caption(_NO_TEACHER)
        return
    ops, point = str(customdata[1]), customdata[2]
    if point is None:
        st.caption("This search made no front. Search again to distil any of its cells.")
        return
    st.markdown(f"**Cell {point} of the front of {as_text(run.title)}**: {ops}")
    with shown_errors():
        if st.button(
            "Distil this cell",
            key=state.DISTIL_POINT,
            help="Distils and measures it in a run of its own; teacher and search are used again. "
            f"The same by the command line: python -m adarec distill {run.run} --point {point}",
        ):
            started = gateway.distil_point(run.run, int(point))
            st.success(f"Run {started} distils it.")
            link("search", "Watch it →", run=started)


def show_fastest(info: FrontierInfo, *, percent: int, scenes: list[str]) -> None:
    """Names the fastest student of each scene that loses no more than `percent`."""
    fastest = {point.scene: point for point in info.fastest}
    lines = []
    for scene in scenes[:_MOST_NAMED]:
        point = fastest.get(scene)
        if point is None:
            lines.append(f"- {as_text(scene)}: no student qualifies.")
        else:
            change = f"{-(point.loss or 0.0):+.1%} {info.accuracy_axis} against its teacher"
            lines.append(
                f"- {as_text(scene)}: **{as_text(point.title)}**, {as_text(change)}, "
                f"{info.cost_axis} {point.cost:.4g}{_beaten(point, info.accuracy_axis)}"
            )
    if len(scenes) > _MOST_NAMED:
        lines.append(f"- and {len(scenes) - _MOST_NAMED} more scenes: see the table above.")
    st.markdown(
        f"**Fastest student at most {percent} % below its teacher** (by the mean, not by its "
        "interval):\n\n" + "\n".join(lines)
    )


def _beaten(point: FrontierPoint, accuracy_axis: str) -> str:
    """Says so where counting is more accurate than the student."""
    if point.beaten_by is None:
        return ""
    name, accuracy = point.beaten_by
    value = f"{accuracy:.1f} %" if accuracy_axis.endswith(IN_PERCENT) else f"{accuracy:.4f}"
    return f". Counting ({name}) reaches {value}, more than this student, and needs no model."


def open_clicked(customdata: Any, runs: list[str]) -> None:
    """Makes the run of a clicked point the run of the page."""
    run = str(customdata[0]) if customdata else ""
    if run in runs and run != state.asked_for(state.RUN):
        state.choose(state.RUN, run)
        st.rerun()
