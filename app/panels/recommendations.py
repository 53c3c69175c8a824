"""Two top tens side by side."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

if TYPE_CHECKING:
    from adarec.serving import Recommendation


def show_recommendations(answers: Mapping[str, "Recommendation"]) -> None:
    """Each model's list with scores and milliseconds; items that both recommend are marked."""
    chosen = [{item_id for item_id, _, _ in answer.items} for answer in answers.values()]
    shared = set.intersection(*chosen)
    st.markdown(f"**{len(shared)} of {len(max(chosen, key=len))}** items are in both lists.")
    for column, (role, answer) in zip(st.columns(len(answers)), answers.items(), strict=True):
        with column, st.container(border=True):
            st.metric(
                role.capitalize(),
                f"{answer.milliseconds:.2f} ms",
                help="This one request, on this machine, now. Medians stand on the Trade-offs "
                "page.",
            )
            st.dataframe(
                pd.DataFrame(
                    [
                        {
                            "rank": rank,
                            "item": title or item_id,
                            "id": item_id,
                            "score": score,
                            "in both": item_id in shared,
                        }
                        for rank, (item_id, title, score) in enumerate(answer.items, start=1)
                    ]
                ),
                hide_index=True,
                height="content",
                column_config={"score": st.column_config.NumberColumn(format="%.3f")},
                key=f"top_ten_{role}",
            )
