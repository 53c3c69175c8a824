"""JSON lines: one object per interaction; a single JSON array of objects is read as well."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from adarec.data.delimited import MAX_ROWS, SAMPLE_ROWS
from adarec.errors import LogError

_CHUNK_LINES = 100_000  # parsed at once, so that memory holds few Python objects


@dataclass
class JsonSource:
    """Objects read into one column per key; numbers are kept as their text."""

    name: str
    names: list[str]
    table: Any  # pyarrow table of strings
    nested: set[str]  # keys with lists, objects or truth values among their values
    format: str = "jsonl"
    delimiter: str = ""
    has_header: bool = True
    warnings: list[str] = field(default_factory=list)

    @property
    def sample(self) -> Any:
        """pyarrow table of the first rows."""
        return self.table.slice(0, SAMPLE_ROWS)

    def read(self, columns: list[str]) -> tuple[Any, int]:
        """The columns as a pyarrow table of strings; no row is ever left out.

        Raises:
            LogError: A column holds lists, objects or truth values.
        """
        for name in columns:
            if name in self.nested:
                raise LogError(
                    f"{self.name}: {name!r} holds lists, objects or true/false; words or numbers "
                    "are needed. Choose another column."
                )
        return self.table.select(columns), 0


def open_json_lines(name: str, data: bytes) -> JsonSource:
    """Parses all objects.

    Raises:
        LogError: A line is no JSON object.
    """
    if data.count(b"\n") > MAX_ROWS:
        raise LogError(
            f"{name} has more than {MAX_ROWS:,} lines; at most that many are read. "
            "Cut the log into parts, by time for example."
        )
    parts: list[Any] = []
    nested: set[str] = set()
    for first, values in _chunks(name, data):
        for position, value in enumerate(values):
            if not isinstance(value, dict):
                raise LogError(
                    f"{name}: entry {first + position:,} is not a JSON object but "
                    f"{str(value)[:40]!r}; one object per line is needed, such as "
                    '{"user": 1, "item": 2, "time": 3}.'
                )
        parts.append(_columns(values, nested))
    # Keys that come late are null before.
    table = pa.concat_tables(parts, promote_options="default") if parts else pa.table({})
    return JsonSource(name, list(table.column_names), table, nested)


def _columns(rows: list[dict[str, Any]], nested: set[str]) -> Any:
    keys = dict.fromkeys(key for row in rows for key in row)
    columns = {}
    for key in keys:
        values = [_text(row.get(key), key, nested) for row in rows]
        columns[_encodable(key)] = pa.array(values, pa.large_string())
    return pa.table(columns)


def _chunks(name: str, data: bytes) -> Iterator[tuple[int, list[Any]]]:
    """(number of the first entry, parsed entries) of pieces of the text."""
    if data.lstrip()[:1] == b"[":
        yield 1, _parsed(name, 1, data)
        return
    lines = data.split(b"\n")
    for start in range(0, len(lines), _CHUNK_LINES):
        piece = [line for line in lines[start : start + _CHUNK_LINES] if line.strip()]
        try:
            yield start + 1, json.loads(b"[" + b",".join(piece) + b"]")
        except (ValueError, RecursionError):  # one by one, to name the line at fault
            numbered = enumerate(lines[start : start + _CHUNK_LINES], start=start + 1)
            yield (
                start + 1,
                [_parsed(name, number, line) for number, line in numbered if line.strip()],
            )


def _parsed(name: str, number: int, text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        start = text[:40].decode("utf-8", "replace").strip()
        raise LogError(
            f"{name}: line {number:,} is no JSON ({str(error)[:80]}): {start!r}. "
            "One object per line is needed; repair or remove that line."
        ) from None


def _text(value: Any, key: str, nested: set[str]) -> str | None:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, str):
        return _encodable(value)
    if isinstance(value, bool | dict | list):
        nested.add(key)
        return json.dumps(value)[:100]
    return repr(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)


def _encodable(text: str) -> str:
    """`text` without lone surrogates, which JSON can spell and UTF-8 cannot."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
