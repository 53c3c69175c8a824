"""The list of pages: their addresses, titles and what a visitor finds there. One line a page."""

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import gateway, state
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


# What a page needs of a run: that it is there, or that it has finished.
_OF_ANY_RUN = ("search", "architecture", "distillation")
_OF_FINISHED_RUN = ("tradeoffs", "compare", "try", "export")


LookedAt = tuple[str | None, str | None]


def show_menu(
    place: DeltaGenerator,
    sections: dict[str, list[st.Page]],
    *,
    unless_for: LookedAt | None = None,
) -> LookedAt:
    """Draws the pages by section into `place`, each with the run or scene that is looked at in
    its address, and says which these are; draws nothing where they are `unless_for`.

    Streamlit's own menu leads to bare addresses: the page then writes its run into it, and the
    back button has to be pressed twice.
    """
    run, run_state = _run_of_the_visit()
    scene = state.asked_for(state.SCENE) or state.remembered(state.SCENE)
    if (run, scene) != unless_for:
        with place.container():
            for section, entries in sections.items():
                with st.container(gap="xxsmall"):
                    st.caption(section)
                    for page in entries:
                        st.page_link(page, query_params=_query(page, run, run_state, scene))
            st.divider()
    return run, scene


def _run_of_the_visit() -> tuple[str | None, str | None]:
    """The run that is looked at and its state. One that goes on stays it while pages of finished
    runs show another one.
    """
    asked, last = state.asked_for(state.RUN), state.remembered(state.RUN)
    run_state = gateway.run_state(last) if last else None
    if asked is None or asked == last or run_state in ("queued", "running"):
        return last, run_state
    return asked, gateway.run_state(asked)


def _query(
    page: st.Page, run: str | None, run_state: str | None, scene: str | None
) -> dict[str, str] | None:
    """What the page's address needs to show what is looked at."""
    has_finished = run_state == "succeeded"
    if run and run_state and page.url_path in _OF_ANY_RUN:
        return {state.RUN: run}
    if run and has_finished and page.url_path in _OF_FINISHED_RUN:
        return {state.RUN: run}
    return {state.SCENE: scene} if scene and page.title == "Scenes" else None


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
