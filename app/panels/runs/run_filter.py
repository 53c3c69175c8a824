"""Finding runs in a long list: by words, scene, teacher, mapping, state and tag."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from adarec.runs.records import RunSummary
from app import gateway, state
from app.panels.runs.run_picker import state_word

# Name in the address -> (label, what a run says).
_CHOICES: dict[str, tuple[str, Callable[[RunSummary], Sequence[str | None]]]] = {
    "of_scene": ("Scenes", lambda run: [run.scene]),
    "by_teacher": ("Teachers", lambda run: [run.teacher]),
    "by_mapping": ("Mappings", lambda run: [run.mapping]),
    "in_state": ("States", lambda run: [state_word(run.state)]),
    "tagged": ("Tags", lambda run: run.tags),
}


def is_list_asked_for() -> bool:
    """Whether the address narrows the list of runs down, or groups it."""
    names = (state.FIND_RUNS, state.SHOW_ARCHIVED, state.GROUP_BY, *_CHOICES)
    return any(name in st.query_params for name in names)


def filter_runs(runs: list[RunSummary]) -> list[RunSummary]:
    """Widgets that narrow `runs` down, and what they leave; the address keeps the choice."""
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    words = left.text_input(
        "Find runs",
        key=state.FIND_RUNS,
        placeholder="words of the name, scene, verdict, notes, tags …",
        bind="query-params",
    )
    with_archived = right.toggle(
        "Archived", key=state.SHOW_ARCHIVED, help="Shows archived runs, too.", bind="query-params"
    )
    chosen = {}
    for column, (name, (label, values)) in zip(
        st.columns(len(_CHOICES)), _CHOICES.items(), strict=True
    ):
        options = sorted({value for run in runs for value in values(run) if value})
        chosen[name] = column.multiselect(
            label, options, key=name, placeholder="All", bind="query-params"
        )
    shown = [run for run in runs if with_archived or not run.archived]
    found = matching(shown, words=words or "", chosen=chosen)
    if len(found) < len(shown):
        st.caption(f"{len(found)} of {len(shown)} runs match.")
    return found


def matching(
    runs: list[RunSummary], *, words: str, chosen: Mapping[str, Sequence[str]]
) -> list[RunSummary]:
    """The runs that contain every word and have one of the chosen values in each choice made."""
    wanted = words.casefold().split()
    return [
        run
        for run in runs
        if all(word in _text_of(run) for word in wanted)
        and all(
            set(_CHOICES[name][1](run)) & set(values) for name, values in chosen.items() if values
        )
    ]


def _text_of(run: RunSummary) -> str:
    parts = (run.run, run.scene, run.taught_by, run.preset, run.mapping, state_word(run.state))
    # As pages write it, 7.1×, and as a keyboard has it, 7.1x.
    verdicts = (run.verdict, gateway.with_times_sign(run.verdict or ""))
    origin = f"adapted from {run.adapted_from}" if run.adapted_from else None
    written = (run.name, run.notes, *run.tags)
    return " ".join(part for part in (*parts, origin, *written, *verdicts) if part).casefold()
