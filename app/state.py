"""Every key of the session, and how the chosen run and scene travel in the address.

The address is the truth: a link, a reload and the back button all show what it says. The session
only remembers the last choice for pages that are opened without one.
"""

from collections.abc import Mapping, Sequence

import streamlit as st

# Widget keys. Tests, links from outside and CSS rely on the first eight.
UPLOAD_LOG = "upload_log"
SCENE_NAME = "scene_name"
SAVE_SCENE = "save_scene"
START_SEARCH = "start_search"
STOP_SEARCH = "stop_search"
RESUME_SEARCH = "resume_search"
RUN_PICKER = "run_picker"
EPOCH_SLIDER = "epoch_slider"
PLAY_EPOCHS = "play_epochs"
UPLOAD_ITEMS = "upload_items"
SECOND_RUN = "second_run"
SCENE_PICKER = "scene_picker"
TRADEOFF_SCENES = "tradeoff_scenes"
COST_AXIS = "cost"
ACCURACY_AXIS = "accuracy"
ALLOWED_LOSS = "at_most_below"
SHOW_PREDICTED = "predicted"
FRONTIER = "frontier"
DISTIL_POINT = "distil_point"
COMPARED_SCENES = "compared_scenes"
ADD_CONTROLS = "add_controls"
DISTIL_CELLS = "distil_cells"
CHANGE_SETTINGS = "change_settings"
FINALISTS = "finalists"
HISTORY_WAY = "history_way"
HISTORY_USER = "history_user"
HISTORY_ITEMS = "history_items"
HIDE_CONSUMED = "hide_consumed"
FIND_USER = "find_user"
FIND_ITEMS = "find_items"
FOUND_ITEMS = "found_items"
ALL_PLACES = "all_places"
EDIT_HISTORY = "edit_history"
REMOVE_PLACE = "remove_place"
MOVE_EARLIER = "move_earlier"
MOVE_LATER = "move_later"
UNDO_EDIT = "undo_edit"
CLEAR_HISTORY = "clear_history"
SHOW_ARCHIVED = "archived"
FIND_RUNS = "find"
ALL_RUNS = "all_runs"
GROUP_BY = "group_by"
ADVANCED_SETTINGS = "advanced_settings"
KEEP_RUN = "keep_run"
LOG_QUALITY = "log_quality"
ENTROPY = "entropy"
COURSE = "course"
SAVE_NOTES = "save_notes"
ARCHIVE_RUN = "archive_run"
DELETE_RUN = "delete_run"
KEEP_SCENE = "keep_scene"
NEW_SCENE_NAME = "new_scene_name"
RENAME_SCENE = "rename_scene"
DELETE_SCENE = "delete_scene"
DOWNLOAD_ZIP = "download_zip"
DOWNLOAD_REPORT = "download_report"
DOWNLOAD_COMPARISON = "download_comparison"
LOSSES_OF = "losses_of"
DISTILLATION_STEP = "distillation_step"
FIGURE_FORMAT = "figure_format"
WORKER_LOG = "worker_log"
SOURCE_PICKER = "source_picker"
TARGET_PICKER = "target_picker"
PARADIGM = "paradigm"
UPLOAD_MAP = "upload_map"
START_ADAPTATION = "start_adaptation"

# What the Scenes page says once, at its next drawing.
SCENE_NEWS = "scene_news"
# What the Try page keeps: the scene that it showed, the histories before each edit, and what the
# address said of each scene.
TRIED_SCENE = "tried_scene"
EARLIER_HISTORIES = "earlier_histories"
TRIED_HISTORIES = "tried_histories"

# Names in the address.
RUN = "run"
SCENE = "scene"
SOURCE = "source"  # the labelled scene of an adaptation to `scene`
WITH = "with"  # the run that `run` is compared with
EPOCH = "epoch"  # what the slider over epochs shows
# Named like the widgets of the Try page. Ids mean something in one scene only.
OF_ONE_SCENE = (HISTORY_WAY, HISTORY_USER, HISTORY_ITEMS, HIDE_CONSUMED)


def _memory(name: str) -> str:
    return f"chosen_{name}"


def frontier_key(run: str | None) -> str:
    """The key of the trade-off chart beside a run. A click stays selected: with another run the
    chart is a new one, on which nothing is.
    """
    return f"{FRONTIER}_{run or ''}"


def asked_for(name: str) -> str | None:
    """What the address says about `name` (RUN or SCENE); None when it says nothing."""
    return st.query_params.get(name) or None


def all_asked_for(name: str) -> list[str] | None:
    """Every value that the address gives for `name`, for pages that show several: none of them
    for `?name=`, and None when it says nothing.
    """
    if name not in st.query_params:
        return None
    return [value for value in st.query_params.get_all(name) if value]


def remembered(name: str) -> str | None:
    """The last choice of this session."""
    return st.session_state.get(_memory(name))


def choose(name: str, value: str | list[str]) -> None:
    """Writes a choice into the address and the session's memory."""
    values = [value] if isinstance(value, str) else value
    if st.query_params.get_all(name) != values:
        st.query_params[name] = values
    if any(values):
        st.session_state[_memory(name)] = values[0]


def rewrite(changes: Mapping[str, Sequence[str]]) -> None:
    """Gives each of these names its values in the address, none = it goes, in one step of the
    back button."""
    before = {name: st.query_params.get_all(name) for name in st.query_params}
    after = {name: list(values) for name, values in {**before, **changes}.items() if values}
    if after != before:
        st.query_params.from_dict(after)


def choose_from(name: str, key: str) -> None:
    """Callback of a picker: what its widget `key` holds becomes the choice."""
    value = st.session_state.get(key)
    if value:
        choose(name, value)


def choose_run(scene_keys: Mapping[str, str]) -> None:
    """Callback of the run picker: the run says which scene is meant, so no other one stays, nor
    what was chosen in it; and it has epochs of its own.

    Args:
        scene_keys: Run id -> the scene that it is of.
    """
    run = st.session_state.get(RUN_PICKER)
    changes: dict[str, list[str]] = {SCENE: [], EPOCH: []}
    if run:
        changes[RUN] = [run]
        st.session_state[_memory(RUN)] = run
        if scene_keys.get(run) != scene_keys.get(asked_for(RUN) or ""):
            changes |= {name: [] for name in OF_ONE_SCENE}
    rewrite(changes)


def choose_second_run() -> None:
    """Callback of the second run's picker: an emptied box leaves the address."""
    forget(WITH)
    choose_from(WITH, SECOND_RUN)


def forget_run() -> None:
    """The run is gone: neither the address nor the session asks for it any more."""
    forget(RUN)
    st.session_state.pop(_memory(RUN), None)


def forget_scene() -> None:
    """The scene is gone: neither the address nor the session asks for it any more."""
    forget(SCENE)
    st.session_state.pop(_memory(SCENE), None)


def forget(name: str) -> None:
    """Takes `name` out of the address where it would contradict the page."""
    if name in st.query_params:
        del st.query_params[name]
