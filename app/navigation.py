"""The list of pages: their addresses, titles and what a visitor finds there. One line a page."""

from pathlib import Path

import streamlit as st

from app.panels.links import page_file

_STATIC = Path(__file__).parent / "static"
ICON = _STATIC / "icon.svg"
LOGO = _STATIC / "logo.svg"
STYLE = _STATIC / "style.css"

# Section -> (url path, title, what the page shows). The first page is the default: its address is
# `/`.
SECTIONS = {
    "Start": (
        ("scenes", "Scenes", "Upload an interaction log and see what kind of scene it is."),
        ("search", "Search", "Start a search for a scene and watch it."),
        ("adapt", "Adapt", "Carry a student to a scene without labels."),
    ),
    "Understand": (
        ("architecture", "Architecture", "Which cell was found, and how it formed."),
        ("distillation", "Distillation", "Which teacher layers each student layer learns from."),
    ),
    "Decide": (
        ("tradeoffs", "Trade-offs", "Accuracy against latency over all runs."),
        ("compare", "Compare", "Two or more scenes side by side."),
    ),
    "Ship": (
        ("try", "Try", "Recommendations of teacher and student for one history."),
        ("export", "Export", "Download the student and repeat the run elsewhere."),
    ),
}


def pages() -> dict[str, list[st.Page]]:
    """The pages by section, with absolute paths, so that the app starts from any folder."""
    return {
        section: [
            st.Page(
                page_file(url_path),
                title=title,
                url_path=url_path,
                default=url_path == "scenes",
                help=help_text,
            )
            for url_path, title, help_text in entries
        ]
        for section, entries in SECTIONS.items()
    }
