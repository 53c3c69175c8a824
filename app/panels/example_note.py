"""Whatever shows the example run says so: nobody should take it for a run of their own."""

import streamlit as st

from adarec.runs.records import RunRecord
from app import gateway
from app.panels.errors import as_text
from app.panels.links import link


def show_example_note(run: RunRecord, *, with_link: bool = True) -> None:
    """Where the example comes from, on which machine it was timed, and the way to a run of one's
    own."""
    environment = (run.result or {}).get("environment", {})
    text = (
        f"**This is the example run**, not yours: it came with the studio. Its scene is the "
        f"sample {as_text(run.scene)}, its models are smaller than a preset's, and its times were "
        f"measured on another machine ({as_text(str(environment.get('cpu', 'unknown')))})."
    )
    older = gateway.example_is_older(run)
    if older:
        text += (
            f" It was made by an earlier version of these steps: {', '.join(older)}; a search "
            "today finds other numbers."
        )
    st.info(text)
    if with_link:
        link("search", "Start a search of your own →", scene=run.scene)
