"""What happens before the first page is drawn: the workspace opens, the sample scenes and
the example run appear, and runs that a reboot interrupted go on.
"""

import streamlit as st

from app import gateway
from app.panels.errors import shown_errors


def prepare_workspace() -> None:
    """Registers the samples and takes up interrupted runs, once per session and workspace."""
    home = str(gateway.workspace().home)
    if st.session_state.get("prepared_home") == home:
        return
    with st.spinner("Preparing the sample scenes"):
        gateway.prepare_samples()
        with shown_errors():  # a damaged example keeps nobody from working
            gateway.prepare_example()
        gateway.continue_interrupted()
    st.session_state["prepared_home"] = home
