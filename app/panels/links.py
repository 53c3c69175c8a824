"""Links from one page to the next, which keep the run or scene that is looked at."""

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

_PAGES = Path(__file__).resolve().parents[2] / "pages"


def page_file(url_path: str) -> Path:
    """The file of the page at `url_path`; they have the same name."""
    return _PAGES / f"{url_path}.py"


def link(url_path: str, label: str, **query: str | None) -> None:
    """A link to another page with `run=` or `scene=` in its address."""
    known = {name: value for name, value in query.items() if value}
    try:
        st.page_link(page_file(url_path), label=label, query_params=known or None, help="")
    except StreamlitPageNotFoundError:
        # A page that is run without the frame (by a test) knows no other pages.
        st.markdown(f"[{label}](/{url_path}?{urlencode(known)})")


def empty_state(
    text: str, *, url_path: str | None = None, label: str = "", **query: str | None
) -> None:
    """Says why there is nothing to see and leads to the page that changes it."""
    with st.container(border=True):
        st.markdown(text)
        if url_path is not None:
            link(url_path, f"{label} →", **query)
