"""Which item of one scene is which item of another: a text file of two columns."""

import csv
from pathlib import Path

from adarec.data.unpacking import read_log_bytes
from adarec.errors import LogError

_DELIMITERS = ",\t;|"


def read_items_map(path: Path) -> dict[str, str]:
    """Source id of each target id.

    The first column holds target ids and the second source ids, unless a header names others (the
    first name with `target` in it, the first with `source`). A pair that stands there twice counts
    once.

    Raises:
        LogError: The file cannot be read, a quotation mark is not closed, a row has no two ids, or
            an id stands in two pairs.
    """
    log = read_log_bytes(path)
    try:
        text = log.data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LogError(
            f"{log.name} is not UTF-8 text. Save the map as a UTF-8 CSV file."
        ) from None
    rows = _rows(log.name, text)
    target, source, first = _columns(rows)
    pairs: dict[str, str] = {}
    for number, row in enumerate(rows[first:], start=first + 1):
        if not any(row):
            continue
        if len(row) <= max(target, source) or not row[target] or not row[source]:
            raise LogError(
                f"{log.name}: row {number} holds {', '.join(row)[:60]!r}; a target id and a "
                "source id are needed. Fill it in, or take the row out."
            )
        if pairs.setdefault(row[target], row[source]) != row[source]:
            raise _twice(log.name, "target", row[target])
    sources = list(pairs.values())
    if len(set(sources)) < len(sources):
        seen: set[str] = set()
        again = next(item for item in sources if item in seen or seen.add(item))  # type: ignore[func-returns-value]
        raise _twice(log.name, "source", again)
    return pairs


def _rows(name: str, text: str) -> list[list[str]]:
    """The cells of each line, from the first that is not blank."""
    lines = text.lstrip("\r\n").splitlines()  # a tab may be an empty first cell
    delimiter = max(_DELIMITERS, key=lines[0].count) if lines else ","
    # Strict: a mark that nobody closes would make one id of all rows that follow.
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    try:
        rows.extend([cell.strip() for cell in row] for row in reader)
    except csv.Error as error:
        raise LogError(
            f'{name}: after row {len(rows)} a quotation mark (") does not fit ({error}). Put an '
            "id that holds one in quotation marks and double it, or take the marks out."
        ) from None
    return rows


def _columns(rows: list[list[str]]) -> tuple[int, int, int]:
    """Places of the target and of the source column, and the first row of ids."""
    sides = [_side(cell.casefold()) for cell in rows[0]] if rows else []
    if {"target", "source"} <= set(sides):
        return sides.index("target"), sides.index("source"), 1
    return 0, 1, 0


def _side(name: str) -> str:
    return next((side for side in ("target", "source") if side in name), "")


def _twice(name: str, side: str, item: str) -> LogError:
    return LogError(
        f"{name}: {side} id {item[:60]!r} stands in two pairs; each item has one partner. "
        "Take one of the pairs out."
    )
