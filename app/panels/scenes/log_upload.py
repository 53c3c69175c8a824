"""From a file to a scene: upload, check what was recognised, choose otherwise, save."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from adarec.data.preview import LogPreview
from adarec.data.settings import NO_COLUMN, ColumnChoice, IngestSettings
from app import gateway, state
from app.panels.errors import as_text, shown_errors

_ROLES = {
    "user": "Who acted. Needed.",
    "item": "What was acted on. Needed.",
    "time": "When. Seconds, milliseconds or dates; without it the order of the file counts.",
    "rating": "A score, used only to drop low ratings. Optional.",
}
_RECOGNISE = "recognise"
_SAVED = "saved_upload"


def upload_log() -> None:
    """The whole path from a file to a saved scene; a mistake is one line where it belongs."""
    upload = st.file_uploader(
        "Interaction log",
        key=state.UPLOAD_LOG,
        help=(
            "CSV or TSV with any delimiter, JSON lines, Parquet, MovieLens u.data, RecBole "
            ".inter, RetailRocket events.csv; plain, .gz or a zip with one file. One row is one "
            "event: a user, an item, a time."
        ),
    )
    if upload is None:
        st.caption(
            "CSV, TSV, JSON lines, Parquet, MovieLens, RecBole or RetailRocket; plain, .gz or "
            ".zip. One row is one event: who, what and, if known, when. No log at hand? Look at a "
            "sample below."
        )
        return
    if st.session_state.get(_SAVED) == upload.file_id:
        st.caption("This file is saved. Take it away above to add another one.")
        return
    with shown_errors():
        path = _kept(upload)
        chosen = _chosen_columns()
        preview = gateway.preview(path, "auto", chosen)
        _show_preview(preview)
        _choose_columns(preview)
        if preview.problem:
            st.error(as_text(preview.problem))
            return
        cleaning = _choose_cleaning(preview)
        _save(path, upload, {**chosen.model_dump(), **cleaning})


def _kept(upload: UploadedFile) -> Path:
    # A large log is copied and hashed once, not at every rerun.
    name = f"kept_{upload.file_id}"
    path: Path | None = st.session_state.get(name)
    if path is None or not path.is_file():
        path = gateway.keep_upload(upload.name, upload)
        st.session_state[name] = path
    return path


def _show_preview(preview: LogPreview) -> None:
    parts = [preview.format, "with header" if preview.has_header else "no header"]
    parts += [preview.packing] if preview.packing not in ("", "plain", "none") else []
    if preview.time_unit:
        is_date = preview.time_unit == "date"
        parts.append("times as dates" if is_date else f"times in {preview.time_unit}")
    st.markdown(f"**{as_text(preview.file)}** is read as {as_text(', '.join(parts))}.")
    for warning in preview.warnings:
        st.warning(as_text(warning))
    st.dataframe(pd.DataFrame(preview.rows), hide_index=True, height=180, key="preview_rows")


def _chosen_columns() -> ColumnChoice:
    picked = {role: st.session_state.get(f"column_{role}") for role in _ROLES}
    return ColumnChoice(
        **{role: None if name in (None, _RECOGNISE) else name for role, name in picked.items()}
    )


def _choose_columns(preview: LogPreview) -> None:
    for (role, help_text), column in zip(_ROLES.items(), st.columns(4), strict=True):
        found = preview.roles[role]
        options = [
            _RECOGNISE,
            *([NO_COLUMN] if role in ("time", "rating") else []),
            *preview.columns,
        ]
        key = f"column_{role}"
        if st.session_state.get(key) not in options:
            st.session_state[key] = _RECOGNISE
        titles = {_RECOGNISE: f"recognised: {found}" if found else "not found"}
        with column:
            st.selectbox(
                f"{role.capitalize()} column",
                options,
                format_func=partial(_title, titles),
                key=key,
                help=help_text,
            )
            reason = preview.reasons.get(role)
            if reason:
                st.caption(as_text(reason))


def _title(titles: dict[str, str], name: str) -> str:
    return titles.get(name, name)


def _choose_cleaning(preview: LogPreview) -> dict[str, Any]:
    with st.expander("Cleaning (optional)"):
        first, second, third = st.columns(3)
        chosen: dict[str, Any] = {
            "min_user_interactions": first.number_input(
                "Least events per user",
                0,
                1000,
                0,
                help="Users below it are dropped, again and again (k-core).",
            ),
            "min_item_interactions": second.number_input(
                "Least events per item",
                0,
                1000,
                0,
                help="Items below it are dropped, again and again (k-core).",
            ),
            "deduplicate": third.selectbox(
                "Drop repeats",
                ["none", *(["exact"] if preview.roles["time"] else []), "consecutive"],
                help="exact: same user, item and time. consecutive: the same item twice in a row.",
            ),
        }
        if preview.roles["rating"]:
            chosen["min_rating"] = first.number_input(
                "Least rating", value=None, help="Events rated lower are dropped. Empty keeps all."
            )
        if preview.roles["time"]:
            since = second.text_input("From date", help="ISO date such as 2024-05-31.")
            until = third.text_input("Before date", help="ISO date such as 2024-06-30.")
            chosen |= {"since": since or None, "until": until or None}
    return chosen


def _show_progress(bar: DeltaGenerator, fraction: float, message: str) -> None:
    bar.progress(min(1.0, fraction), text=message)


def _save(path: Path, upload: UploadedFile, settings: dict[str, Any]) -> None:
    left, right = st.columns(2)
    suggestion = re.sub(r"[^\w .+()-]", " ", upload.name.split(".")[0]).strip()[:64]
    name = left.text_input(
        "Scene name",
        value=suggestion,
        key=state.SCENE_NAME,
        help="Commands, links and charts use it. Letters, digits, spaces and . + - _ ( ).",
    )
    items = right.file_uploader(
        "Item titles (optional)",
        key=state.UPLOAD_ITEMS,
        help="A table with item ids and titles; recommendations then show titles.",
    )
    if not st.button("Save scene", key=state.SAVE_SCENE, type="primary"):
        return
    items_path = _kept(items) if items is not None else None
    bar = st.progress(0.0, text="Reading the log")
    try:
        record = gateway.save_scene(
            path,
            name=name.strip(),
            settings=IngestSettings(**settings),
            items_path=items_path,
            on_progress=partial(_show_progress, bar),
        )
    finally:
        bar.empty()
    state.choose(state.SCENE, record.name)
    st.session_state[state.SCENE_PICKER] = record.name
    st.session_state[state.SCENE_NEWS] = (
        f"Scene **{as_text(record.name)}** is saved.{_titled(gateway.scene_details(record.name))} "
        "Look at it below, then start a search."
    )
    st.session_state[_SAVED] = upload.file_id
    st.rerun()


def _titled(details: gateway.SceneDetails) -> str:
    return "" if details.titled is None else f" {details.titled} items have a title."
