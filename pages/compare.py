"""Compare: two or more scenes side by side: cells, ops, metrics, verdicts."""

from functools import partial

import streamlit as st

from adarec.genotype import Genotype
from adarec.runs.records import EXAMPLE_RUN
from app import gateway, state
from app.figures.cells.cell_distances import cell_distances_info, draw_cell_distances
from app.figures.cells.op_shares import draw_op_shares, op_shares_info
from app.figures.results.scene_metrics import draw_scene_metrics, scene_metrics_info
from app.figures.scenes.scene_character import draw_scene_character, scene_character_info
from app.panels.cells.scene_cells import show_scene_cells
from app.panels.cells.scene_transfer import show_scene_transfer
from app.panels.chart import show_chart
from app.panels.example_note import show_example_note
from app.panels.links import empty_state
from app.panels.scenes_picker import pick_scenes
from app.report import comparison_report

_AT_FIRST = 4

st.title("Compare")
st.caption(
    "Do scenes want different architectures, and does each need a neural teacher? One finished "
    "run per scene."
)
asked = state.asked_for(state.RUN)
newest = gateway.newest_results(first=asked, with_example=True)
if not newest:
    empty_state(
        "**Nothing to compare yet.** Here the cells of several scenes stand side by side, with "
        "the verdict of each: do they want different architectures, and does each need a neural "
        "teacher at all? It takes one finished run.",
        url_path="search",
        label="Start a search",
    )
    st.stop()
names = list(newest)
example = next((name for name in names if newest[name]["run"] == EXAMPLE_RUN), None)
own = [name for name in names if name != example]
chosen = pick_scenes(
    names,
    key=state.COMPARED_SCENES,
    # The example keeps a single scene company.
    usual=(own if len(own) > 1 and asked != EXAMPLE_RUN else names)[:_AT_FIRST],
    help_text="The newest finished search of each scene is shown; a run that distils a cell of "
    "another run's front, or an adaptation, only where there is no search.",
    example=example,
)
if not chosen:
    st.info("Choose two or more scenes above.")
    st.stop()
if len(chosen) == 1:
    more = "Add another one above" if len(names) > 1 else "Finish a search for another one"
    st.info(f"One scene is shown. {more} to see whether it gets another cell.")

results = {name: newest[name] for name in chosen}
for result in results.values():
    if result["run"] == EXAMPLE_RUN:
        show_example_note(gateway.run(EXAMPLE_RUN))
cells = {
    name: Genotype.from_json(result["student"]["genotype"]) for name, result in results.items()
}
show_scene_cells(results, cells)

left, right = st.columns(2)
with left:
    shares = op_shares_info(cells)
    show_chart(shares, draw_op_shares(shares), key="op_shares")
    metrics = scene_metrics_info(results, metric="ndcg@10")
    show_chart(metrics, draw_scene_metrics(metrics), key="scene_metrics")
characters = gateway.scene_characters(chosen)
with right:
    if characters:
        character = scene_character_info(characters)
        show_chart(character, draw_scene_character(character, columns=3), key="scene_character")
    if len(chosen) > 1:
        distances = cell_distances_info(cells)
        show_chart(distances, draw_cell_distances(distances), key="cell_distances")
if len(chosen) > 1:
    show_scene_transfer(results)
st.download_button(
    "Download this comparison as a report",
    partial(comparison_report, [str(result["run"]) for result in results.values()]),
    file_name="adarec-comparison.html",
    mime="text/html",
    on_click="ignore",
    key=state.DOWNLOAD_COMPARISON,
    help="One HTML file: verdicts, cells, every number with its method, interactive figures. It "
    "opens in any browser and loads nothing from a network.",
)
