"""Compare: two or more scenes side by side: cells, ops, metrics, verdicts."""

import streamlit as st

from adarec.genotype import Genotype
from app import gateway, state
from app.figures.cell_distances import cell_distances_info, draw_cell_distances
from app.figures.cell_graph import cell_graph_info, draw_cell_graph
from app.figures.op_shares import draw_op_shares, op_shares_info
from app.figures.scene_character import draw_scene_character, scene_character_info
from app.figures.scene_metrics import draw_scene_metrics, scene_metrics_info
from app.panels.chart import show_chart
from app.panels.errors import as_text
from app.panels.links import empty_state, link
from app.panels.scenes_picker import pick_scenes

_AT_FIRST = 4

st.title("Compare")
st.caption(
    "Do scenes want different architectures, and does each need a neural teacher? One finished "
    "run per scene."
)
newest = gateway.newest_results(first=state.asked_for(state.RUN))
if not newest:
    empty_state(
        "**Nothing to compare yet.** Finish a search for at least one scene.",
        url_path="search",
        label="Start a search",
    )
    st.stop()
names = list(newest)
chosen = pick_scenes(
    names,
    key=state.COMPARED_SCENES,
    usual=names[:_AT_FIRST],
    help_text="The newest finished run of each scene is shown.",
    at_least=2,
)
if not chosen:
    st.info("Choose two or more scenes above.")
    st.stop()
if len(chosen) == 1:
    st.info(
        "One scene is shown. Finish a search for another one to see whether it gets another cell."
    )

results = {name: newest[name] for name in chosen}
cells = {
    name: Genotype.from_json(result["student"]["genotype"]) for name, result in results.items()
}
for start in range(0, len(chosen), 2):
    for column, name in zip(st.columns(2), chosen[start : start + 2], strict=False):
        with column:
            result = results[name]
            graph = cell_graph_info(cells[name], title=f"Cell of {name}")
            show_chart(
                graph, draw_cell_graph(graph), key=f"cell_{name}", explain=name == chosen[-1]
            )
            st.markdown(f"**Verdict.** {as_text(str(result['verdict']))}")
            facts = (
                f"{result['speedup']['p50']:.1f}× faster than the teacher",
                f"receptive field {result['student']['receptive_field']} items",
                "collapsed" if result["student"]["collapsed"] else "not collapsed",
            )
            st.caption(" · ".join(facts))
            link("architecture", f"How it formed ({result['run']}) →", run=result["run"])

left, right = st.columns(2)
with left:
    shares = op_shares_info(cells)
    show_chart(shares, draw_op_shares(shares), key="op_shares")
characters = gateway.scene_characters(chosen)
with right:
    if characters:
        character = scene_character_info(characters)
        show_chart(character, draw_scene_character(character), key="scene_character")
left, right = st.columns(2)
with left:
    if len(chosen) > 1:
        distances = cell_distances_info(cells)
        show_chart(distances, draw_cell_distances(distances), key="cell_distances")
with right:
    metrics = scene_metrics_info(results, metric="ndcg@10")
    show_chart(metrics, draw_scene_metrics(metrics), key="scene_metrics")
