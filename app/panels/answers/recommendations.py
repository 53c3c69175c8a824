"""Two top tens side by side, and how each item's rank changes from one to the other."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

if TYPE_CHECKING:
    from adarec.serving import Recommendation

# px: a long title must not push the ranks out of sight, and an id needs less
_TITLE_WIDTH, _ID_WIDTH = 160, 100


def show_recommendations(
    answers: Mapping[str, "Recommendation"],
    *,
    held_out: str | None = None,
    teacher_variances: Mapping[str, float] | None = None,
) -> None:
    """Each model's list with scores and milliseconds, and the rank that the other model gives.

    Args:
        answers: Role -> its answer.
        held_out: The item that really came next, where that is known.
        teacher_variances: Item id -> total variance, where the teacher knows it.
    """
    ranks = {role: ranks_of(answer) for role, answer in answers.items()}
    shared = set.intersection(*(set(each) for each in ranks.values()))
    moved = sum(len({each[item_id] for each in ranks.values()}) > 1 for item_id in shared)
    most = max(len(each) for each in ranks.values())
    moves = f", {moved} of them at another rank" if shared else ""
    st.markdown(f"**{len(shared)} of {most}** items are in both lists{moves}.")
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
                _table(
                    answer,
                    {other: ranks[other] for other in ranks if other != role},
                    teacher_variances if role == "teacher" else None,
                ),
                hide_index=True,
                height="content",
                column_config={
                    "item": st.column_config.TextColumn(
                        width=_TITLE_WIDTH if _has_titles(answer) else _ID_WIDTH
                    ),
                    **{
                        f"{other}'s rank": st.column_config.TextColumn(
                            help=f"▲ the {other} ranks it higher, ▼ lower, – not in its ten."
                        )
                        for other in answers
                    },
                    "score": st.column_config.NumberColumn(format="%.3f"),
                    "variance": st.column_config.NumberColumn(
                        format="%.2f", help="Total variance of the item's Gaussian."
                    ),
                },
                key=f"top_ten_{role}",
            )


def ranks_of(answer: "Recommendation") -> dict[str, int]:
    """Item id -> its rank, 1 for the first."""
    return {item_id: rank for rank, (item_id, _, _) in enumerate(answer.items, start=1)}


def _place_of(item_id: str, answer: "Recommendation") -> str:
    ids = [each for each, _, _ in answer.items]
    if item_id not in ids:
        return f"What came next is not among its first {len(ids)}."
    return f"What came next is at rank {ids.index(item_id) + 1}."


def _table(
    answer: "Recommendation",
    others: Mapping[str, Mapping[str, int]],
    variances: Mapping[str, float] | None,
) -> pd.DataFrame:
    own = ranks_of(answer)
    rows = pd.DataFrame(
        {
            "rank": range(1, len(answer.items) + 1),
            "item": [title or item_id for item_id, title, _ in answer.items],
        }
        | {
            # Ten ranks and nothing: text, so that nothing is drawn as an empty number.
            f"{role}'s rank": [_change(rank, ranks.get(item_id)) for item_id, rank in own.items()]
            for role, ranks in others.items()
        }
        # What a narrow screen has no room for stands last.
        | {
            "score": [score for _, _, score in answer.items],
            "id": [item_id for item_id, _, _ in answer.items],
        }
    )
    if variances is not None:
        rows["variance"] = [variances[item_id] for item_id, _, _ in answer.items]
    return rows if _has_titles(answer) else rows.drop(columns="id")


def _has_titles(answer: "Recommendation") -> bool:
    return any(title for _, title, _ in answer.items)


def _change(own: int, other: int | None) -> str:
    """The other model's rank with the way it moved; `–` where it is not in the other's list."""
    if other is None:
        return "–"
    return f"{other}" if other == own else f"{other} {'▲' if other < own else '▼'}"
