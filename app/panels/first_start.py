"""What happens before the first page is drawn: the workspace opens and the sample scenes
appear."""

import streamlit as st

from app import gateway


def prepare_workspace() -> None:
    """Registers the sample scenes once per session and workspace; later calls return at once."""
    home = str(gateway.workspace().home)
    if st.session_state.get("prepared_home") == home:
        return
    with st.spinner("Preparing the sample scenes"):
        gateway.prepare_samples()
    st.session_state["prepared_home"] = home
