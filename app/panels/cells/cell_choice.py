"""From op probabilities to the cell: what a search compared before it chose."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from adarec.runs.records import RunRecord
from app import gateway, state
from app.gateway.choice import CellChoice
from app.panels.later import folded

_ORIGINS = {"predicted": "ranked first", "stack": "plain stack", "random": "random cell"}
_ORIGIN_HELP = (
    "What made it a finalist: its rank (by validation NDCG@10 with the supernet's weights; of "
    "cells that it cannot tell from the best one the largest come first), or that the "
    "largest plain stack of convolutions and a few random cells always are, whatever is predicted."
)
_RANKED = {
    "accuracy": "validation NDCG@10",
    "capacity": "validation NDCG@10, and by size where that cannot tell them from the best one",
}
_NDCG = "NDCG@10 on the validation item"
_EVERYBODY = "of the whole scene's users (4,096 of them at most)"
_HELP = {
    "distilled": f"{_NDCG} {_EVERYBODY}, after a short distillation: what chose the cell.",
    "confirmed": f"{_NDCG} {_EVERYBODY}, with the supernet's weights; only for cells that the "
    "architecture slice could not tell from the best one.",
    "predicted": f"{_NDCG} of the architecture slice (the fifth of the users that the op "
    "probabilities learn from), with the supernet's weights.",
}


def show_cell_choice(run: RunRecord) -> None:
    """In words how the cell was chosen, and the finalists as a table; nothing while there is no
    cell, or where the run distils another point of the front."""
    choice = gateway.cell_choice(run)
    point = gateway.setting(run, "point")
    if choice is None:
        return
    if point is not None:
        st.markdown(f"**How it was chosen.** By hand: point {point} of the search's front.")
        return
    st.markdown(f"**How it was chosen.** {in_words(choice)}")
    if choice.finalists:
        _show_finalists(choice)
    if choice.discretisation is not None:
        st.markdown(f"**From the supernet to the student.** {gap_in_words(choice.discretisation)}")


def in_words(choice: CellChoice) -> str:
    """The way from the probabilities to the cell, in a few sentences."""
    of = "request" if choice.of == "request" else "request without scoring"
    limit = (
        f"{choice.limit:.3g} {choice.unit} a {of}: the teacher's by {choice.speedup:g}, less 15 % "
        "for what the table cannot foresee"
    )
    last = "the one that was ranked first is this cell."
    if choice.finalists:
        epochs = f"{choice.epochs} epoch" + ("" if choice.epochs == 1 else "s")
        last = (
            f"{_who(choice)} were distilled for {epochs} each, and the best of those is this cell."
        )
    return (
        f"Op probabilities are where the search proposes from: {choice.validated} cells, drawn "
        f"from them and evolved, were validated with the supernet's weights. {choice.within} may "
        f"be chosen (at most {limit}; and with a convolution, as a cell without any has "
        f"collapsed), ranked by {_RANKED[choice.ties]}; {last} It costs "
        f"{choice.cost:.3g} {choice.unit} by the cost table. On {choice.leading} of "
        f"{choice.edges} edges it has the most probable op: whole cells were compared, not edges."
    )


def gap_in_words(found: Mapping[str, Any]) -> str:
    """The discretisation gap, with what it is the difference of."""
    return (
        f"NDCG@10 on the validation item of the same {found['users']:,} users: cells drawn from "
        f"the op probabilities reach {found['sampled_supernet']:.4f} with the supernet's weights, "
        f"this cell {found['chosen_on_supernet']:.4f}, and {found['derived_student']:.4f} once it "
        f"is distilled. The discretisation gap, the first minus the last, is {found['gap']:+.4f}; "
        "below 0 nothing was lost by deciding for one cell."
    )


def _who(choice: CellChoice) -> str:
    """The finalists, by what made them finalists."""
    origins = [each["origin"] for each in choice.finalists]
    if None in origins:
        return f"{len(origins)} of them"
    who = [f"the {origins.count('predicted')} that were ranked first"]
    if "stack" in origins:
        who.append("the largest plain stack of convolutions")
    if "random" in origins:
        count = origins.count("random")
        cells = "random cell" + ("" if count == 1 else "s")
        who.append(f"{count} {cells} that cost nearly as much as a cell may")
    if len(who) == 1:
        return who[0]
    return f"{len(origins)} of them ({', '.join(who[:-1])} and {who[-1]})"


def _show_finalists(choice: CellChoice) -> None:
    drawer = folded("Finalists, best first", key=state.FINALISTS)
    if drawer is None:
        return
    costs = f"cost ({choice.unit})"
    table = pd.DataFrame(choice.finalists).rename(columns={"cost": costs})
    # What decided comes first: a narrow page cuts the rest.
    shown = [*_HELP, "origin", costs, "cell"]
    if table["origin"].isna().any():
        shown.remove("origin")
    table = table[shown].replace({"origin": _ORIGINS})
    columns = {
        name: st.column_config.NumberColumn(format="%.4f", help=words)
        for name, words in _HELP.items()
    }
    columns["origin"] = st.column_config.TextColumn("finalist as", help=_ORIGIN_HELP)
    columns[costs] = st.column_config.NumberColumn(format="%.3f", help="By the cost table.")
    with drawer:
        st.dataframe(table, hide_index=True, column_config=columns, placeholder="–")
        st.caption(
            "NDCG@10 on the validation item. Differences of a few per cent between finalists are "
            "within chance: see what each costs, too, and distil another one from the front on "
            "the Trade-offs page."
        )
