"""The frame around every page: browser title, navigation, and one line for a user's mistake."""

import streamlit as st

from app.navigation import ICON, LOGO, STYLE, pages, show_menu
from app.panels.chart import choose_figure_format
from app.panels.errors import shown_errors
from app.panels.first_start import prepare_workspace

st.set_page_config(page_title="AdaRec Studio", page_icon=str(ICON), layout="wide")
st.logo(str(LOGO), size="large")
st.html(STYLE)
sections = pages()
page = st.navigation(sections, position="hidden")
with shown_errors():
    prepare_workspace()
    with st.sidebar:
        menu = st.empty()
        choose_figure_format()
    shown_for = show_menu(menu, sections)
    try:
        page.run()
    finally:  # a page may have found a run to look at, and stopped
        show_menu(menu, sections, unless_for=shown_for)
