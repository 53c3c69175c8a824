"""How a search went as a whole: the share of each op, and how undecided its edges were."""

import streamlit as st

from adarec.runs.records import RunRecord
from app import gateway
from app.figures.learning.op_share_curves import draw_op_share_curves, op_share_curves_info
from app.panels.chart import show_chart
from app.panels.runs.run_pictures import entropy_picture, recorded_curves


def show_course(run: RunRecord, arrays: gateway.EpochArrays) -> None:
    """Both over the epochs of the search, side by side."""
    left, right = st.columns(2)
    with left:
        if "op_shares" in arrays.arrays:
            shares = op_share_curves_info(arrays.epochs, arrays.arrays["op_shares"])
            show_chart(shares, draw_op_share_curves(shares), key="op_share_curves")
        else:
            st.caption("This search did not record the share of each op; newer ones do.")
    with right:
        if undecided := entropy_picture(run, recorded_curves(run)):
            show_chart(*undecided, key="alpha_entropy")
