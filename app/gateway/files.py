"""Cached, bounded reads of the workspace's files and records: a page asks again at every rerun."""

import os
from pathlib import Path
from typing import Any

import streamlit as st

from adarec.runs.files import EPOCH_ARRAYS, EpochArrays, read_epoch_arrays, read_json
from adarec.runs.workspace import HOME_VARIABLE, Workspace


@st.cache_resource(max_entries=4, show_spinner=False)
def _open_workspace(home: str, folder: str) -> Workspace:
    return Workspace.open(home or None)


def workspace() -> Workspace:
    """The workspace at ADAREC_HOME, else at `.adarec` in the current folder; one per process."""
    return _open_workspace(os.environ.get(HOME_VARIABLE, ""), os.getcwd())


def read_stage_json(key: str, name: str) -> Any | None:
    """The JSON file `name` in the folder of stage `key`; None while there is none."""
    path = stage_file(key, name)
    return None if path is None else _read_json(str(path), path.stat().st_mtime_ns)


def read_stage_arrays(key: str) -> EpochArrays | None:
    """The arrays that stage `key` recorded so far; None before its first epoch."""
    path = stage_file(key, EPOCH_ARRAYS)
    if path is None:
        return None
    arrays = _read_arrays(str(path), path.stat().st_mtime_ns)
    return arrays if len(arrays.epochs) else None


def stage_file(key: str, name: str) -> Path | None:
    """The file `name` in the folder of stage `key`, complete or growing; None while there is
    none."""
    folder = workspace().artefacts.readable_path(key)
    if folder is None or not (folder / name).is_file():
        return None
    return folder / name


# The time of the last change is part of the cache key: a growing stage is read again, a complete
# one is read once.
@st.cache_data(max_entries=256, show_spinner=False)
def _read_json(path: str, changed_ns: int) -> Any:
    return read_json(Path(path))


@st.cache_data(max_entries=24, show_spinner=False)
def _read_arrays(path: str, changed_ns: int) -> EpochArrays:
    return read_epoch_arrays(Path(path).parent)
