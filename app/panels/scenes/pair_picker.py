"""Choosing the two scenes of an adaptation: a labelled one, and one that has items of it."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from adarec.runs.records import SceneRecord
from app import gateway, state
from app.panels.errors import as_text
from app.panels.links import empty_state


@dataclass(frozen=True)
class Pair:
    """What the visitor chose; `items_map` joins scenes whose ids differ."""

    source: str
    target: str
    items_map: Path | None


def pick_pair() -> Pair | None:
    """Source and target; the target's list holds only scenes with items of the source.

    Draws an empty state and gives None where there is nothing to choose.
    """
    scenes = {scene.name: scene for scene in gateway.scenes()}
    if len(scenes) < 2:
        empty_state(
            "**Two scenes are needed**: one with labels, one to adapt to. Two halves of one log "
            "will do.",
            url_path="scenes",
            label="Add a scene",
        )
        return None
    left, right = st.columns(2)
    with left:
        source = _pick(
            "Source (labelled)",
            list(scenes),
            key=state.SOURCE_PICKER,
            asked=state.SOURCE,
            help_text="Teacher, cell and labels come from this scene.",
        )
    items_map = _upload_map()
    shares = _shares(scenes, source, any_scene=items_map is not None)
    with right:
        if not shares:
            empty_state(
                f"**No other scene has an item id of {as_text(source)}.** Choose another source, "
                "give a map of ids below, or cut one log in two.",
                url_path="scenes",
                label="Add a scene",
            )
            return None
        target = _pick(
            "Target (without labels)",
            list(shares),
            # A box of its own for each source: a browser keeps the label of what is chosen, and
            # the share in it is that of the source.
            key=f"{state.TARGET_PICKER}_{source}",
            asked=state.SCENE,
            help_text="Only its histories are used; its next items are read once, to measure. "
            "Scenes without an item of the source are not offered.",
            labels=shares,
        )
    if _hold_one_log(scenes[source], scenes[target]):
        st.warning(
            f"**{as_text(source)} and {as_text(target)} hold the same log**: equal users, items, "
            "and interactions. There is nothing to adapt to; choose another target."
        )
    return Pair(source, target, items_map)


def _pick(
    label: str,
    names: list[str],
    *,
    key: str,
    asked: str,
    help_text: str,
    labels: dict[str, str] | None = None,
) -> str:
    """One of the names: the address's, else the last one, else the first."""
    wanted = state.asked_for(asked)
    if wanted in names:
        st.session_state[key] = wanted
    elif st.session_state.get(key) not in names:
        st.session_state[key] = names[0]
    return st.selectbox(
        label,
        names,
        format_func=lambda name: (labels or {}).get(name, name),
        key=key,
        on_change=state.choose_from,
        args=(asked, key),
        help=help_text,
    )


def _shares(scenes: dict[str, SceneRecord], source: str, *, any_scene: bool) -> dict[str, str]:
    """Every scene that may be the target, with how much of it the source knows."""
    found = {}
    for name, scene in scenes.items():
        if name == source:
            continue
        shared, total = gateway.shared_items(scenes[source].key, scene.key)
        if any_scene:
            found[name] = name
        elif shared:
            found[name] = f"{name} · {shared / total:.0%} of {total:,} items shared"
    return found


def _hold_one_log(source: SceneRecord, target: SceneRecord) -> bool:
    """Whether every item is shared, and the counts that a second log would hardly repeat agree."""
    if source.key == target.key:
        return True
    shared, total = gateway.shared_items(source.key, target.key)
    counted = ("users", "items", "interactions")
    return shared == total and all(source.summary[n] == target.summary[n] for n in counted)


def _upload_map() -> Path | None:
    with st.expander("The scenes name their items differently"):
        upload = st.file_uploader(
            "Map of item ids (optional)",
            key=state.UPLOAD_MAP,
            help="Text with two columns: target id, source id of the same item. With a map, equal "
            "ids mean nothing any more.",
        )
    return None if upload is None else gateway.keep_upload(upload.name, upload)
