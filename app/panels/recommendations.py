"""Two top tens side by side."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

if TYPE_CHECKING:
    from adarec.serving import Recommendation


def show_recommendations(
    answers: Mapping[str, "Recommendation"],
    *,
    held_out: str | None = None,
    teacher_variances: Mapping[str, float] | None = None,
) -> None:
    """Each model's list with scores and milliseconds; items in both lists are marked.

    Args:
        answers: Role -> its answer.
        held_out: The item that really came next, where that is known.
        teacher_variances: Item id -> total variance, where the teacher knows it.
    """
    chosen = [{item_id for item_id, _, _ in answer.items} for answer in answers.values()]
    shared = set.intersection(*chosen)
    st.markdown(f"**{len(shared)} of {len(max(chosen, key=len))}** items are in both lists.")
    for column, (role, answer) in zip(st.columns(len(answers)), answers.items(), strict=True):
        with column, st.container(border=True):
            st.metric(
                role.capitalize(),
                f"{answer.milliseconds:.3g} ms",
                help="Median of a few requests on this machine, now. The run's own measurement "
                "stands on the Trade-offs page.",
            )
            if held_out is not None:
                st.caption(_place_of(held_out, answer))
            st.dataframe(
                _table(answer, shared, teacher_variances if role == "teacher" else None),
                hide_index=True,
                height="content",
                column_config={
                    "score": st.column_config.NumberColumn(format="%.3f"),
                    "variance": st.column_config.NumberColumn(
                        format="%.2f", help="Total variance of the item's Gaussian."
                    ),
                },
                key=f"top_ten_{role}",
            )


def _place_of(item_id: str, answer: "Recommendation") -> str:
    ids = [each for each, _, _ in answer.items]
    if item_id not in ids:
        return f"What came next is not among its first {len(ids)}."
    return f"What came next is at rank {ids.index(item_id) + 1}."


def _table(
    answer: "Recommendation", shared: set[str], variances: Mapping[str, float] | None
) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "rank": range(1, len(answer.items) + 1),
            "item": [title or item_id for item_id, title, _ in answer.items],
            "id": [item_id for item_id, _, _ in answer.items],
            "score": [score for _, _, score in answer.items],
            "in both": [item_id in shared for item_id, _, _ in answer.items],
        }
    )
    if variances is not None:
        rows["variance"] = [variances[item_id] for item_id, _, _ in answer.items]
    has_titles = any(title for _, title, _ in answer.items)
    return rows if has_titles else rows.drop(columns="id")
