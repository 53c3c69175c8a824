"""Try: what teacher and student recommend for one history, side by side."""

import streamlit as st

from app import gateway
from app.panels.answers.history_picker import pick_history
from app.panels.answers.recommendations import show_recommendations
from app.panels.answers.uncertainty import show_uncertainty
from app.panels.links import empty_state, link
from app.panels.runs.run_picker import pick_run

st.title("Try")
st.caption(
    "Does it recommend sensible things? The same history for both models, answered by onnxruntime."
)
run = pick_run(
    [each for each in gateway.runs() if each.has_result],
    none_yet="**No finished run yet.** Here teacher and student answer one history side by side, "
    "so that you see whether it recommends sensible things. A model can be tried when its run has "
    "measured it.",
    finished_only=True,
)
if run is None:
    st.stop()
if not gateway.can_recommend(run):
    empty_state(
        "**This run has no exported models yet.** They are written when the run measures its "
        "student.",
        url_path="search",
        label="Watch the run",
        run=run.run,
    )
    st.stop()

history = pick_history(run.scene_key)
if not history.items:
    st.info("Choose a user, or add items to build a history.")
    st.stop()
num_pseudo = gateway.num_pseudo_priors_read(run, history.items, history.user)
if num_pseudo:
    st.caption(
        f"In front of these items the models read {num_pseudo} pseudo-prior "
        f"item{'s' if num_pseudo > 1 else ''} that the run wrote for this user."
    )
answers = {
    role: gateway.recommend(
        run, role, history.items, hide_consumed=history.hide_consumed, user=history.user
    )
    for role in ("teacher", "student")
}
recommended = [item_id for item_id, _, _ in answers["teacher"].items]
uncertainty = gateway.uncertainty(run, history.items, recommended, user=history.user)
show_recommendations(
    answers,
    held_out=history.held_out,
    teacher_variances=None if uncertainty is None else uncertainty.items,
)
if uncertainty is not None:
    names = gateway.item_names(run.scene_key)
    show_uncertainty(uncertainty, names, history_length=len(history.items))
link("export", "Take the student with you →", run=run.run)
