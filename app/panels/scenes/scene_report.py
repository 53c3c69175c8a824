"""What kind of scene a log is: facts, quality of the log, pictures."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from adarec.data.quality import Finding
from app import gateway, state
from app.figures.chart import ChartInfo
from app.figures.scenes.count_baselines import count_baselines_info, draw_count_baselines
from app.figures.scenes.interactions_over_time import (
    draw_interactions_over_time,
    interactions_over_time_info,
)
from app.figures.scenes.item_popularity import draw_item_popularity, item_popularity_info
from app.figures.scenes.repeats import draw_repeats, repeats_info
from app.figures.scenes.scene_character import (
    draw_scene_character,
    scene_character_info,
)
from app.figures.scenes.sequence_lengths import draw_sequence_lengths, sequence_lengths_info
from app.panels.chart import show_chart
from app.panels.errors import as_text
from app.panels.later import draw_alone

_MOST_OTHERS = 7
Picture = tuple[str, ChartInfo, go.Figure]


def show_scene(details: gateway.SceneDetails) -> None:
    """Facts first, then the quality report, then the pictures."""
    _show_facts(details.record.summary)
    if details.report:
        _show_quality(details)
    if details.statistics:
        _show_pictures(details.record.summary, details.statistics)
        _show_beside_others(details.record.name)


def _show_beside_others(name: str) -> None:
    """The scene's character beside that of others, the newest and the samples."""
    others = [scene.name for scene in gateway.scenes() if scene.name != name]
    characters = gateway.scene_characters([name, *others[:_MOST_OTHERS]])
    known = {each: found for each, found in characters.items() if found[1]}
    if len(known) < 2:
        return
    info = scene_character_info(known, looked_at=name, title=f"{name} beside other scenes")
    show_chart(info, draw_scene_character(info), key="beside_others")


def _show_facts(summary: dict[str, Any]) -> None:
    columns = st.columns(6)
    facts = (
        (
            "Users",
            f"{summary['users']:,}",
            "Users with at least three events; others are dropped.",
        ),
        ("Items", f"{summary['items']:,}", "Different items in the log."),
        ("Interactions", f"{summary['interactions']:,}", "Events that were kept."),
        (
            "Median length",
            f"{summary['median_length']:g}",
            f"Events of the median user; the mean is {summary['mean_length']:.1f}.",
        ),
        (
            "Repeat share",
            f"{summary['repeat_share']:.1%}",
            "Events whose item the user has had before.",
        ),
        (
            "Cold test items",
            f"{summary['cold_test_share']:.1%}",
            "Users whose last item never occurs in any training history: nobody can learn it.",
        ),
    )
    for column, (label, value, help_text) in zip(columns, facts, strict=True):
        column.metric(label, value, help=help_text)


def _show_quality(details: gateway.SceneDetails) -> None:
    for finding in details.findings:
        st.warning(as_text(finding.sentence))
    draw_alone(_show_reading, details)


def _show_reading(details: gateway.SceneDetails) -> None:
    """What was dropped and how the file was read; open where much was dropped."""
    report = details.report
    drawer = st.expander(
        quality_headline(report, details.findings),
        expanded=_lost(report) > 0.05 * report["rows_read"],
        key=f"{state.LOG_QUALITY}_{details.record.name}",
        on_change="rerun",
    )
    if not drawer.open:
        return
    with drawer:
        for warning in report["warnings"]:
            st.markdown(f"Note: {as_text(warning)}")
        left, right = st.columns([2, 3])
        with left:
            st.markdown("**What was dropped, and why**")
            if report["dropped"]:
                st.dataframe(pd.DataFrame(report["dropped"]), hide_index=True, key="dropped_rows")
            else:
                st.markdown("Nothing: every row is part of the scene.")
        with right:
            st.markdown("**How the file was read**")
            st.dataframe(_reading_table(details), hide_index=True, key="reading")


def quality_headline(report: dict[str, Any], findings: Sequence[Finding]) -> str:
    """Rows kept and dropped, and every doubt about the log in a few words."""
    lost = _lost(report)
    share = lost / max(1, report["rows_read"])
    dropped = f"{lost:,} dropped ({share:.1%})" if share >= 0.001 else f"{lost:,} dropped"
    parts = [
        f"{report['rows_kept']:,} of {report['rows_read']:,} rows kept, "
        + (dropped if lost else "nothing dropped"),
        *(finding.title for finding in findings),
        *(["a note on how it was read"] if report["warnings"] else []),
    ]
    return f"Quality of the log: {' · '.join(parts)}"


def _lost(report: dict[str, Any]) -> int:
    return int(report["rows_read"] - report["rows_kept"])


def _reading_table(details: gateway.SceneDetails) -> pd.DataFrame:
    report = details.report
    rows = [("file", report["file"]), ("format", report["format"])]
    for role, column in report["columns"].items():
        reason = report["reasons"].get(role)
        shown = "none" if column is None else f"{column} ({reason})" if reason else str(column)
        rows.append((f"{role} column", shown))
    rows.append(("time unit", report["time_unit"] or "no times: order of the file"))
    if report.get("exact_repeats") is not None:
        rows.append(("exact repeats of a row", f"{report['exact_repeats']:,}"))
    if details.titled is not None:
        rows.append(("items with a title", details.titled))
    tied = report.get("last_two_tie_share")
    if tied is not None:
        rows.append(("users whose last two events tie", f"{tied:.1%}"))
    return pd.DataFrame(rows, columns=["what", "found"])


def _show_pictures(summary: dict[str, Any], statistics: dict[str, Any]) -> None:
    """The pictures that this log has, two a row; what it cannot show is said in words."""
    pictures = list(_pictures(summary, statistics))
    for start in range(0, len(pictures), 2):
        row = pictures[start : start + 2]
        for column, (key, info, figure) in zip(st.columns(len(row)), row, strict=True):
            with column:
                show_chart(info, figure, key=key)
    if not summary["repeat_share"]:
        st.caption("Nobody in this log has an item twice, so there is no picture of repeats.")
    if not statistics["interactions_over_time"]:
        st.caption("This log has no times, so there is no picture of interactions over time.")


def _pictures(summary: dict[str, Any], statistics: dict[str, Any]) -> Iterator[Picture]:
    kept = summary["training_length_p90"]
    lengths = sequence_lengths_info(statistics["sequence_lengths"], training_length_p90=kept)
    yield "sequence_lengths", lengths, draw_sequence_lengths(lengths)
    popularity = item_popularity_info(statistics["popularity"])
    yield "item_popularity", popularity, draw_item_popularity(popularity)
    if summary["repeat_share"]:
        by_lag = statistics["same_item_by_lag"]
        repeats = repeats_info(by_lag, repeat_share=summary["repeat_share"])
        yield "repeats", repeats, draw_repeats(repeats)
    over_time = statistics["interactions_over_time"]
    if over_time:
        times = interactions_over_time_info(over_time, time_kind=summary["time_kind"])
        yield "over_time", times, draw_interactions_over_time(times)
    baselines = count_baselines_info(statistics["baselines_validation"])
    yield "count_baselines", baselines, draw_count_baselines(baselines)
