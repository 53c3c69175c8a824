"""Small pieces of the Markdown pages: tables, numbers, intervals, and what was not run."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from adarec.bench.experiments.evidence import FAILED

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


def verdict(bounds: Sequence[float]) -> str:
    """What an interval of a difference says, in a word or three."""
    low, high = bounds
    return "better" if low > 0 else "worse" if high < 0 else "no difference shown"


def judged(bounds: Sequence[float]) -> str:
    """As `verdict`, with the reason."""
    low, high = bounds
    return f"{verdict(bounds)}: the interval {'holds' if low <= 0 <= high else 'excludes'} 0"


def seeds(row: Mapping[str, Any]) -> str:
    """The seeds that were run, and how many were asked for where some are missing."""
    words = ", ".join(str(seed) for seed in row["seeds"])
    missing = len(row["asked_seeds"]) - len(row["seeds"])
    return f"{words} (of {len(row['asked_seeds'])})" if missing else words


def cell_words(ops: str, collapsed: bool) -> str:
    """A cell's ops, labelled where it has collapsed."""
    return ops.replace(",", ", ") + (" (collapsed)" if collapsed else "")


def footer(report: Mapping[str, Any], mode: str) -> list[str]:
    """The command that wrote the page, how much of it was run, where, and what failed."""
    done = sum(cell["run"] is not None for cell in report["cells"])
    words = (
        f"Written by `python -m adarec bench {mode}`: {done} of {len(report['cells'])} runs of "
        "all its parts are there; each is a run in the workspace, by its settings' keys."
    )
    if report["machines"]:
        threads = ", ".join(str(count) for count in report["threads"])
        words += f" Machine: {', '.join(report['machines'])}; threads of training: {threads}."
    if report["days"]:
        words += f" The newest run is of {report['days'][-1]}, the oldest of {report['days'][0]}."
    lines = paragraph(words)
    if report["settings_on_top"]:
        on_top = ", ".join(f"{key}={value}" for key, value in report["settings_on_top"].items())
        lines += ["", f"**Every run was given {on_top} on top.**"]
    failed = [cell for cell in report["cells"] if cell["problem"].startswith(FAILED)]
    return lines + [f"- {cell['cell']}: {cell['problem']}" for cell in failed]
