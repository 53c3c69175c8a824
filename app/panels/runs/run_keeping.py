"""Name, notes and tags of one run, its archive switch, and its deletion after a question."""

import streamlit as st

from adarec.runs.records import RunRecord
from app import gateway, state
from app.panels.errors import as_text, shown_errors
from app.panels.later import draw_alone, folded


def keep_run(run: RunRecord) -> None:
    """What a person wrote about the run, and the form that changes it."""
    written = [f"Tags: {', '.join(run.tags)}"] if run.tags else []
    written += [run.notes] if run.notes else []
    written += ["Archived"] if run.archived else []
    if written:
        st.caption(as_text(" · ".join(written)))
    draw_alone(_change, run)


def _change(run: RunRecord) -> None:
    drawer = folded("Name, notes, tags, archive, delete", key=f"{state.KEEP_RUN}_{run.run}")
    if drawer is None:
        return
    with drawer:
        _describe(run)
        with st.container(horizontal=True, vertical_alignment="center"):
            _archive(run)
            _delete(run)
            if run.is_active:
                st.caption("Only a run that is over can be archived or deleted.")


def _describe(run: RunRecord) -> None:
    with st.form(f"describe_{run.run}", border=False):
        left, right = st.columns(2)
        name = right.text_input(
            "Name",
            run.name or "",
            key=f"name_{run.run}",
            max_chars=60,
            placeholder=run.run,
            help="Pages and reports then call the run by it; its address keeps the id.",
        )
        notes = left.text_area("Notes", run.notes, key=f"notes_{run.run}", max_chars=2000)
        tags = right.multiselect(
            "Tags",
            sorted({*gateway.known_tags(), *run.tags}),
            default=run.tags,
            key=f"tags_{run.run}",
            accept_new_options=True,
            placeholder="Choose tags or write new ones",
        )
        if st.form_submit_button("Save", key=state.SAVE_NOTES):
            with shown_errors():
                gateway.describe_run(run.run, name=name, notes=notes, tags=tags)
                st.rerun()


def _archive(run: RunRecord) -> None:
    label = "Take out of the archive" if run.archived else "Archive"
    if st.button(label, key=state.ARCHIVE_RUN, disabled=run.is_active):
        with shown_errors():
            gateway.archive_run(run.run, archived=not run.archived)
            st.rerun()


def _delete(run: RunRecord) -> None:
    with st.popover("Delete …", disabled=run.is_active, key=f"ask_to_delete_{run.run}"):
        st.markdown(
            f"**Delete {as_text(run.title)}?** Its record, result, name, notes and tags are lost. "
            "The folders of its steps stay, since other runs may use them."
        )
        if st.button(f"Delete {run.run} for good", key=state.DELETE_RUN):
            with shown_errors():
                gateway.delete_run(run.run)
                state.forget_run()
                st.rerun()
