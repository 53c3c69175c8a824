"""Tables for spreadsheet programs, which execute cells that look like formulas."""

import csv
import io
from collections.abc import Iterable, Sequence

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(value: object) -> object:
    """`value` with an apostrophe in front when it is text that a spreadsheet would execute.

    Ids stay as they are everywhere else; only what leaves as CSV passes through here. Text that
    is a plain number keeps its sign.
    """
    if not isinstance(value, str) or not value.lstrip(" ").startswith(_STARTS):
        return value
    try:
        float(value)
    except ValueError:
        return "'" + value
    return value


def safe_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV text of a table that is safe to open in a spreadsheet program."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([safe_cell(name) for name in header])
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return text.getvalue()
