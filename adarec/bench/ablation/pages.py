"""The Markdown pages of the ablation, written from its JSON alone."""

from collections.abc import Callable
from typing import Any

from adarec.bench.ablation.cells import PAPER_EPOCHS, UNCHANGED
from adarec.bench.ablation.comparison_page import comparison_page
from adarec.bench.ablation.front_page import front_page
from adarec.bench.ablation.teachers_page import teachers_page
from adarec.bench.ablation.transfer_page import transfer_page
from adarec.bench.experiments.markdown import (
    NOT_RUN,
    cell_words,
    footer,
    paragraph,
    seeds,
    share,
    table,
)

Json = dict[str, Any]
_INTERVALS = (
    "NDCG@10 on the test item, whole catalogue, consumed items not masked. Intervals: 95 % paired "
    "bootstrap over users; with several seeds a user's NDCG@10 is averaged over them first. One "
    "seed is a hint."
)
_LOSSES = (
    "Every row is searched, distilled and measured anew from the same teacher, preset `quick`, "
    "teacher nextitnet. Change: the student against that of the unchanged run. Without cost: no "
    "cost term and no limit, so every cell of the space may be chosen; the random cells near the "
    "limit, which are finalists otherwise, are then missing where no cell comes near it. Counts "
    "that teach leave out the pair that is learned. Hidden layers that no mapping compares, and "
    "those whose loss weighs nothing, are one thing under two names; a random mapping may draw "
    f"the layers that another one prescribes: such rows say so. {_INTERVALS}"
)
_LOSS_COLUMNS = ("variant", "seeds", "student", "change", "body, ms", "cell of the first seed")
_PAPER = (
    f"Preset `paper` (16 blocks, width 256; 4 cells) with at most {PAPER_EPOCHS} epochs a stage "
    "instead of its 50 to 100: a check of sizes and costs, no reproduction of the paper. "
    f"{_INTERVALS} Latency: onnxruntime, one thread, batch 1, p50; body: without scoring and top "
    "10."
)
_PAPER_COLUMNS = (
    *("scene", "teacher", "student", "student − teacher", "best count", "body, ms", "body"),
    *("request", "MACs", "minutes"),
)


def ablation_pages(report: Json) -> dict[str, str]:
    """The text of each page by its file's name."""
    writers: dict[str, Callable[[Json], list[str]]] = {
        "ablation-scenes.md": comparison_page,
        "ablation-losses.md": losses_page,
        "ablation-transfer.md": transfer_page,
        "ablation-front.md": front_page,
        "ablation-teachers.md": teachers_page,
        "ablation-paper.md": paper_page,
    }
    return {
        name: "\n".join([*write(report), "", *footer(report, "ablation")]) + "\n"
        for name, write in writers.items()
    }


def losses_page(report: Json) -> list[str]:
    """One thing left out or exchanged at a time."""
    lines = [
        "# Ablation: what each part of the method is worth",
        "",
        *paragraph(_LOSSES),
    ]
    rows = report["losses"]
    for scene in dict.fromkeys(row["scene"] for row in rows):
        lines += ["", f"## {scene}", ""]
        own = [row for row in rows if row["scene"] == scene]
        lines += table(_LOSS_COLUMNS, [_loss_row(row) for row in own])
    return lines


def _loss_row(row: Json) -> list[str]:
    if not row["runs"]:
        return [row["variant"], NOT_RUN]
    change = row["change"]
    words = NOT_RUN if change is None else share(change, change["of"])
    if change is not None and change["mean"] == change["low"] == change["high"] == 0:
        # A hybrid, for example, may find that counting adds nothing.
        words = "–" if row["variant"] == UNCHANGED else "none: the same ranks"
    elif row["same_as"] is not None:
        words += f", the same ranks as {row['same_as']}"
    if row["other_machine"]:
        words += " (the unchanged run is of another machine: another teacher)"
    return [
        row["variant"],
        seeds(row),
        f"{row['model']['ndcg@10']:.4f}",
        words,
        f"{row['model']['latency_body_ms']:.3f}",
        cell_words(row["found_cells"][0], row["collapsed"][0]),
    ]


def paper_page(report: Json) -> list[str]:
    """The sizes of the paper."""
    lines = [
        "# The sizes of the paper, few epochs",
        "",
        *paragraph(_PAPER),
        "",
    ]
    return lines + table(_PAPER_COLUMNS, [_paper_row(row) for row in report["paper"]])


def _paper_row(row: Json) -> list[str]:
    if not row["runs"]:
        return [row["scene"], NOT_RUN]
    teacher, student = row["teacher"], row["student"]
    name, count = row["best_count"]

    def ratio(key: str) -> str:
        return f"{teacher[key] / student[key]:.1f}x"

    return [
        row["scene"],
        f"{teacher['ndcg@10']:.4f}",
        f"{student['ndcg@10']:.4f}",
        share(row["gain"], teacher["ndcg@10"]),
        f"{count:.4f} ({name.replace('_', ' ')})",
        f"{teacher['latency_body_ms']:.3f} → {student['latency_body_ms']:.3f}",
        ratio("latency_body_ms"),
        ratio("latency_ms"),
        ratio("macs"),
        f"{row['minutes']:.0f}",
    ]
