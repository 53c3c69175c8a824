"""What a run found, at a glance: verdict, accuracy, speed."""

from typing import Any

import streamlit as st

from adarec.runs.records import RunRecord
from app import gateway
from app.panels.errors import as_text
from app.panels.links import empty_state, link
from app.panels.runs.run_picker import state_word
from app.panels.runs.waiting import waiting_words


def show_state(run: RunRecord) -> None:
    """Says so when a run is not finished, with its cause and the way on."""
    if run.state == "failed":
        st.error(as_text(f"This run failed: {run.error or 'no cause was stored'}"))
    elif run.state != "succeeded":
        words = state_word(run.state)
        if run.state == "queued":
            words = waiting_words(run).replace("Waiting", "waiting", 1)
        st.info(f"This run is {words}. The page shows what it has recorded so far.")
    if run.state != "succeeded":
        link("search", "See it on the Search page →", run=run.run)


def nothing_recorded(run: RunRecord, what: str) -> None:
    """The empty state of a chart whose step has not begun, with the way on from the run's
    state."""
    if run.is_resumable:
        ended = "failed" if run.state == "failed" else "was stopped"
        text = f"It {ended} before the step that records it. Resumed, it goes on from there."
        label = "Resume it on the Search page"
    elif run.state == "succeeded":
        text = "The run has finished, but what it recorded is no longer in this workspace."
        label = "See the run"
    else:
        text = "This run has not reached the step that records it."
        label = "Watch the run"
    empty_state(f"**No {what} yet.** {text}", url_path="search", label=label, run=run.run)


def show_result(result: dict[str, Any]) -> None:
    """Four numbers and the verdict of a finished run."""
    teacher, student = result["teacher"], result["student"]
    st.markdown(f"**Verdict.** {as_text(gateway.with_times_sign(result['verdict']))}")
    if "augmentation" in result:
        st.markdown(as_text(_augmentation(result)))
    if student.get("collapsed"):
        st.warning("This cell is collapsed: no edge with parameters reaches its output.")
    columns = st.columns(4)
    difference = result["difference"]["ndcg@10"]
    columns[0].metric(
        "Student NDCG@10",
        f"{student['metrics']['ndcg@10']:.4f}",
        _signed(difference["mean"]),
        # Grey where the interval holds zero: then the difference may be chance.
        delta_color="normal" if difference["low"] * difference["high"] > 0 else "off",
        help=(
            "Test item ranked among all items, consumed ones not masked. The difference to the "
            f"teacher has the 95 % interval {_signed(difference['low'])} to "
            f"{_signed(difference['high'])}."
        ),
    )
    columns[1].metric(
        "Teacher NDCG@10",
        f"{teacher['metrics']['ndcg@10']:.4f}",
        help="The same test items and protocol as the student's.",
    )
    columns[2].metric(
        "Student latency",
        f"{student['latency_ms']['p50']:.3g} ms",
        gateway.speed(result["speedup"]["p50"]),
        delta_color="normal" if result["speedup"]["p50"] >= 1 else "inverse",
        help=(
            "Median of one request under onnxruntime, batch 1, one thread. Without scoring and "
            f"top 10 the student is {gateway.speed(result['speedup']['body_p50'])}."
        ),
    )
    columns[3].metric(
        "Student size",
        _count(student["params"]),
        f"{student['params'] / teacher['params'] - 1:+.0%} parameters",
        delta_color="inverse",
        help=(
            f"{student['params']:,} parameters with the item table, "
            f"{student['params_without_embeddings']:,} without."
        ),
    )


def _augmentation(result: dict[str, Any]) -> str:
    """What was written in front of histories, and what the student is without it."""
    without = result["student"]["metrics_without_pseudo"]["ndcg@10"]
    note = result["augmentation"]["note"]
    return f"{note} Asked without them, the student reaches {without:.4f} NDCG@10."


def _count(number: float) -> str:
    return f"{number / 1e6:.2f} M" if number >= 1e6 else f"{number / 1e3:.1f} k"


def _signed(value: float) -> str:
    return f"{value:+.4f}"
