"""What happens before the first page is drawn: the workspace opens, the sample scenes appear,
and runs that a reboot interrupted go on.
"""

import streamlit as st

from app import gateway


def prepare_workspace() -> None:
    """Registers the samples and takes up interrupted runs, once per session and workspace."""
    home = str(gateway.workspace().home)
    if st.session_state.get("prepared_home") == home:
        return
    with st.spinner("Preparing the sample scenes"):
        gateway.prepare_samples()
        gateway.continue_interrupted()
    st.session_state["prepared_home"] = home
