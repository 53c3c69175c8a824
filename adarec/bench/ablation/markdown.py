"""Small pieces of the Markdown pages: tables, numbers, intervals, and what was not run."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

NOT_RUN = "not run"


def paragraph(text: str) -> list[str]:
    """Lines of a paragraph."""
    return textwrap.wrap(text, width=98, break_long_words=False, break_on_hyphens=False)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table; a short row is filled with empty cells."""
    lines = [_line(columns), _line(["---"] * len(columns))]
    lines += [_line([*row, *[""] * (len(columns) - len(row))]) for row in rows]
    return lines


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def share(gain: Mapping[str, float], of: float) -> str:
    """A gain with its interval, in percent of `of`."""
    if of <= 0:
        return "–"
    mean, low, high = (100 * gain[name] / of for name in ("mean", "low", "high"))
    return f"{mean:+.1f} % ({low:+.1f} to {high:+.1f})"


def percent(mean: float, bounds: Sequence[float]) -> str:
    """A share with its interval, in percent."""
    low, high = bounds
    return f"{100 * mean:+.1f} % ({100 * low:+.1f} to {100 * high:+.1f})"


def judged(bounds: Sequence[float]) -> str:
    """What an interval of a difference says."""
    low, high = bounds
    if low > 0:
        return "better: the interval excludes 0"
    if high < 0:
        return "worse: the interval excludes 0"
    return "no difference shown: the interval holds 0"


def seeds(row: Mapping[str, Any]) -> str:
    """The seeds that were run, and how many were asked for where some are missing."""
    words = ", ".join(str(seed) for seed in row["seeds"])
    missing = len(row["asked_seeds"]) - len(row["seeds"])
    return f"{words} (of {len(row['asked_seeds'])})" if missing else words


def cell_words(ops: str, collapsed: bool) -> str:
    """A cell's ops, labelled where it has collapsed."""
    return ops.replace(",", ", ") + (" (collapsed)" if collapsed else "")
