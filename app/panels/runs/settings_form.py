"""The form of a new search: the few choices that matter, and every other setting behind them."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from adarec import catalog
from app import gateway, state
from app.panels.later import folded

_SECTIONS = {
    "teacher": "Teacher",
    "student": "Student",
    "search": "Search",
    "losses": "Losses",
    "dfa": "DFA",
    "adain": "AdaIN",
    "augment": "Augmentation",
    "": "Run",
}
# What the words of a choice mean.
_ENTRIES: dict[str, Sequence[catalog.Entry]] = {
    "blend": catalog.BLENDS,
    "losses.hidden_distance": catalog.HIDDEN_DISTANCES,
    "teacher.attention": catalog.ATTENTIONS,
}
NO_AUGMENTATION = "none"
_SEED = "The same seed repeats the same run."
_CONTROLS = (
    "Random cells of equal cost, distilled for as long: they show what the search was worth. Each "
    "takes about as long as the student."
)
# These have a place of their own above the advanced settings.
_SHOWN_ABOVE = (
    "preset",
    "teacher.name",
    "losses.mapping",
    "augment.name",
    "cost",
    "speedup",
    "default_speedup",
    "seed",
    "controls",
    "point",  # of a search that is complete: the Trade-offs page asks for it
)


def choose_augmentation() -> str:
    """How short histories are lengthened; it comes before the teacher that suits it."""
    return _pick("Lengthen short histories", catalog.AUGMENTATIONS, key="search_augment")


def choose_preset(augment: str = NO_AUGMENTATION) -> tuple[str, str]:
    """Teacher and preset: their widgets stand first, because every other value starts from
    them. An augmentation offers the teacher that it is made for first."""
    left, right = st.columns(2)
    suits = catalog.find(catalog.AUGMENTATIONS, augment).teacher
    with left:
        teacher = _pick(
            "Teacher", catalog.TEACHERS, key=f"search_teacher{_own_key(augment)}", first=suits
        )
    with right:
        preset = _pick("Preset", catalog.PRESETS, key="search_preset")
    return teacher, preset


def choose_settings(preset: str, teacher: str, augment: str = NO_AUGMENTATION) -> dict[str, Any]:
    """What differs from the preset, by dotted key; empty when nothing was changed."""
    usual = gateway.preset_values(preset, teacher)
    schemas = gateway.setting_schemas()
    columns = st.columns([3, 4, 3, 3, 3])
    with columns[0]:
        speedup = _choose_speedup(usual, key=f"search_speedup_{preset}")
    with columns[1]:
        mapping = _pick("Layer mapping", catalog.MAPPINGS, key="search_mapping")
    with columns[2]:
        cost = _pick("Cost", catalog.COSTS, key="search_cost")
    with columns[3]:
        seed = _count("Seed", 2**31 - 1, key="search_seed", help_text=_SEED)
    with columns[4]:
        controls = _count("Control cells", 20, key="search_controls", help_text=_CONTROLS)
    chosen: dict[str, Any] = {
        "speedup": speedup,
        "losses.mapping": mapping,
        "augment.name": augment,
        "cost": cost,
        "seed": seed,
        "controls": controls,
    }
    advanced = folded("Advanced settings", key=state.ADVANCED_SETTINGS)
    if advanced is not None:
        sections = _sections(mapping, augment)
        with advanced:
            chosen |= _choose_advanced(usual, schemas, sections, of=(preset, teacher))
    return {name: value for name, value in chosen.items() if value != usual[name]}


def tell_time(scene: str, *, preset: str, teacher: str) -> None:
    """How long such a run took here, where there was one."""
    seconds = gateway.seconds_before(scene, preset=preset, teacher=teacher)
    if seconds is not None:
        st.caption(
            f"The last {preset} run with this teacher took {gateway.duration(seconds)} here, "
            "every step but controls counted. Steps that were computed already are used again."
        )


def fill_form(values: Mapping[str, Any]) -> None:
    """Puts a run's settings (by dotted key) into the form; for a callback, before it is drawn.
    The advanced settings open where one of them is not the preset's.
    """
    preset, teacher, augment = (
        values[name] for name in ("preset", "teacher.name", "augment.name")
    )
    chosen = {
        "search_augment": augment,
        f"search_teacher{_own_key(augment)}": teacher,
        "search_preset": preset,
        f"search_speedup_{preset}": values["speedup"],
        "search_mapping": values["losses.mapping"],
        **{f"search_{name}": values[name] for name in ("cost", "seed", "controls")},
    }
    usual, schemas = gateway.preset_values(preset, teacher), gateway.setting_schemas()
    advanced = {
        _key(name, preset, teacher): _shown(values[name], schemas[name])
        for name in schemas
        if name not in _SHOWN_ABOVE and values[name] != usual[name]
    }
    st.session_state.update(chosen | advanced)
    if advanced:
        st.session_state[state.ADVANCED_SETTINGS] = True


def _own_key(augment: str) -> str:
    return "" if augment == NO_AUGMENTATION else f"_{augment}"


def _key(name: str, preset: str, teacher: str) -> str:
    """The widget of an advanced setting; each preset and teacher has its own."""
    return f"setting_{name.replace('.', '_')}_{preset}_{teacher}"


def _shown(value: Any, schema: Mapping[str, Any]) -> Any:
    """The value as its widget holds it."""
    is_own = "enum" in schema or value is None or isinstance(value, int | float)
    return value if is_own else str(value)


def _choose_speedup(usual: dict[str, Any], *, key: str) -> float | None:
    """The target, or None for the preset's."""
    found: float | None = st.number_input(
        "Target speed-up (×)",
        1.01,
        1000.0,
        usual["speedup"],
        step=0.5,
        placeholder=f"preset: {usual['default_speedup']:g}",
        key=key,
        bind="query-params",
        help="The student must be at least this many times cheaper than the teacher, by the cost "
        "beside it. Empty means the preset's target.",
    )
    return found


def _count(label: str, most: int, *, key: str, help_text: str) -> int:
    """A whole number from 0, at first 0."""
    return int(st.number_input(label, 0, most, 0, key=key, bind="query-params", help=help_text))


def _sections(mapping: str, augment: str) -> dict[str, str]:
    """Name and title of the sections that this mapping and this augmentation read."""
    unread = {
        entry.section for entry in catalog.MAPPINGS if entry.name != mapping and entry.section
    }
    if augment == NO_AUGMENTATION:
        unread.add("augment")
    return {name: title for name, title in _SECTIONS.items() if name not in unread}


def _choose_advanced(
    usual: dict[str, Any],
    schemas: dict[str, dict[str, Any]],
    sections: dict[str, str],
    *,
    of: tuple[str, str],
) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for section, tab in zip(sections, st.tabs(list(sections.values())), strict=True):
        names = [
            name
            for name in schemas
            if name.rpartition(".")[0] == section and name not in _SHOWN_ABOVE
        ]
        with tab:
            columns = st.columns(4)
            for place, name in enumerate(names):
                with columns[place % 4]:
                    chosen[name] = _widget(
                        name,
                        usual[name],
                        schemas[name],
                        key=_key(name, *of),
                    )
    return chosen


def _widget(name: str, value: Any, schema: dict[str, Any], *, key: str) -> Any:
    """One setting by its JSON schema: whole number, number, or one of several words."""
    label = name.rpartition(".")[2].removeprefix("num_").replace("_", " ").capitalize()
    help_text = schema.get("description")
    if "enum" in schema:
        options = list(schema["enum"])
        entries = _ENTRIES.get(name, ())
        titles = {entry.name: entry.title for entry in entries}
        return st.selectbox(
            label,
            options,
            options.index(value),
            format_func=lambda option: titles.get(option, option),
            key=key,
            help="  \n\n".join(filter(None, [help_text, _described(entries)])),
        )
    if "anyOf" in schema:  # a whole number that may be left open
        limits = schema["anyOf"][0]
        return st.number_input(
            label,
            limits["minimum"],
            limits["maximum"],
            value,
            placeholder="as usual",
            key=key,
            help=help_text,
        )
    if isinstance(value, bool):
        return st.toggle(label, value, key=key, help=help_text)
    if isinstance(value, int):
        lowest = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
        return int(
            st.number_input(label, lowest, schema.get("maximum"), value, key=key, help=help_text)
        )
    if isinstance(value, float):
        found = st.number_input(
            label,
            float(schema.get("minimum", schema.get("exclusiveMinimum", 0.0))),
            _as_float(schema.get("maximum", schema.get("exclusiveMaximum"))),
            value,
            step=value / 10 or 0.1,
            format="%.4g",
            key=key,
            help=help_text,
        )
        # The step's arithmetic must not turn an untouched 0.1 into 0.1000000001.
        return value if abs(found - value) < 1e-12 else found
    return st.text_input(label, str(value), key=key, help=help_text)


def _as_float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _pick(
    label: str, entries: Sequence[catalog.Entry], *, key: str, first: str | None = None
) -> str:
    """One of the entries by name, `first` until somebody chooses."""
    titles = {entry.name: entry.title for entry in entries}
    return st.selectbox(
        label,
        list(titles),
        0 if first is None else list(titles).index(first),
        format_func=lambda name: titles.get(name, name),
        key=key,
        bind="query-params",
        help=_described(entries),
    )


def _described(entries: Sequence[catalog.Entry]) -> str:
    return "  \n".join(f"**{entry.title}**: {entry.description}" for entry in entries)
