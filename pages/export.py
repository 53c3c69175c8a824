"""Export: the deployable folder, a report to show around, and the command that repeats the run."""

from functools import partial

import pandas as pd
import streamlit as st

from app import gateway, state
from app.panels.errors import as_text
from app.panels.links import link
from app.panels.runs.run_facts import show_result, show_state
from app.panels.runs.run_picker import pick_run
from app.report import run_report

st.title("Export")
st.caption("Take the student with you: one folder that answers with onnxruntime alone.")
run = pick_run(
    none_yet="**No run yet.** Here you download the student as a folder that answers with "
    "onnxruntime alone, and a report with every number and its method.",
)
if run is None:
    st.stop()
if run.result is None:
    show_state(run)
    st.info("The folder can be downloaded when the run has measured its student.")
else:
    show_result(run.result)
    package = gateway.export_package(run)
    zip_name = f"adarec-{run.scene}-{run.run}.zip"
    st.header("What is in the folder")
    st.dataframe(
        pd.DataFrame(package.contents, columns=["file", "size", "what it is"]), hide_index=True
    )
    st.download_button(
        f"Download {as_text(zip_name)} ({gateway.size(package.zip_bytes)})",
        partial(gateway.export_zip, run.run),
        file_name=zip_name,
        mime="application/zip",
        type="primary",
        on_click="ignore",
        key=state.DOWNLOAD_ZIP,
    )
    st.markdown("Unpack it anywhere and recommend from it; no torch is needed:")
    as_user = f" --user {package.example_user}" if package.example_user else ""
    st.code(
        f"python -m adarec recommend FOLDER{as_user} --history {package.example_history}",
        "bash",
        wrap_lines=True,
    )
    if package.example_user:
        st.markdown(
            "Name the user as well: this student was measured with pseudo-priors in front of "
            "short histories, and `--user` puts those of `pseudo_priors.parquet` in front."
        )
    st.caption(
        "Where there is no AdaRec Studio, onnxruntime and pyarrow are enough: README.md in the "
        "folder has the lines of Python."
    )
    st.header("Report")
    st.markdown(
        "One HTML file with the verdict, every number and its method, interactive figures and the "
        "settings. It opens in any browser and loads nothing from a network."
    )
    st.download_button(
        "Download the report",
        partial(run_report, run),
        file_name=f"adarec-{run.scene}-{run.run}.html",
        mime="text/html",
        on_click="ignore",
        key=state.DOWNLOAD_REPORT,
    )
st.header("Repeat this run")
st.markdown("The same command on the same log and machine gives the same cell and metrics:")
st.code(gateway.repeat_command(run), "bash", wrap_lines=True)
link("compare", "Compare it with other scenes →", run=run.run)
