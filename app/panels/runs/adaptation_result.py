"""What an adaptation found: its picture, what the scenes share, and the other runs of the pair."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from adarec.runs.records import RunRecord, RunSummary
from app import gateway
from app.figures.results.adaptation import adaptation_info, draw_adaptation
from app.panels.chart import show_chart


def show_adaptation(run: RunRecord) -> None:
    """The picture of a finished adaptation."""
    result = run.result or {}
    info = adaptation_info(result)
    show_chart(info, draw_adaptation(info), key="adaptation")
    found = result["adaptation"]
    columns = st.columns(3)
    columns[0].metric(
        "Items that both scenes have",
        f"{found['shared_item_share']:.0%}",
        help=f"{found['shared_items']:,} of the target's {found['target_items']:,} items.",
    )
    columns[1].metric(
        "Target events within reach",
        f"{found['learnable_event_share']:.1%}",
        help="Of the target's training histories: events on items that occur in those of the "
        "source.",
    )
    columns[2].metric(
        "Test items out of reach",
        f"{found['unlearnable_test_share']:.1%}",
        help="Target users whose test item occurs in no training history of the source: only the "
        "oracle and counting can know it.",
    )


def show_runs_of_pair(run: RunRecord, runs: list[RunSummary]) -> None:
    """Every finished adaptation between the same two scenes, so that paradigms can be compared."""
    pair = _pair(run.settings)
    results = gateway.results(runs)
    rows = [
        _row(each, results[each.run])
        for each in runs
        if each.run in results and _pair(results[each.run]["settings"]) == pair
    ]
    if len(rows) > 1:
        st.header(f"All adaptations from {pair[0]} to {pair[1]}")
        st.dataframe(pd.DataFrame(rows), hide_index=True, key="runs_of_pair")


def _pair(settings: Mapping[str, Any]) -> tuple[str, str]:
    return settings["adaptation"]["source"], settings["adaptation"]["target"]


def _row(run: RunSummary, result: Mapping[str, Any]) -> dict[str, Any]:
    gain = result["source_only"]["difference"]["ndcg@10"]
    return {
        "run": run.title,
        "paradigm": result["adaptation"]["paradigm"],
        "preset": run.preset,
        "teacher": run.teacher,
        "seed": run.seed,
        "source alone": f"{result['source_only']['metrics']['ndcg@10']:.4f}",
        "adapted": f"{result['student']['metrics']['ndcg@10']:.4f}",
        "adapted − source alone": f"{gain['mean']:+.4f} ({gain['low']:+.4f} to "
        f"{gain['high']:+.4f})",
        "oracle": f"{result['oracle']['metrics']['ndcg@10']:.4f}",
    }
