"""JSON lines: one object per interaction; a single JSON array of objects is read as well."""

import json
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from adarec.data.delimited import MAX_ROWS, SAMPLE_ROWS
from adarec.errors import LogError


@dataclass
class JsonSource:
    """Objects read into one list per key; numbers are kept as their text."""

    name: str
    values: dict[str, list[str | None]]
    nested: set[str]  # keys with lists or objects among their values
    format: str = "jsonl"
    delimiter: str = ""
    has_header: bool = True
    warnings: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """All keys, in order of appearance."""
        return list(self.values)

    @property
    def sample(self) -> Any:
        """pyarrow table of the first rows."""
        return pa.table(
            {
                n: pa.chunked_array([pa.array(v[:SAMPLE_ROWS], pa.string())])
                for n, v in self.values.items()
            }
        )

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
        return pa.table(
            {n: pa.chunked_array([pa.array(self.values[n], pa.large_string())]) for n in columns}
        ), 0


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
    source = JsonSource(name, {}, set())
    count = 0
    for number, value in _values(name, data):
        if not isinstance(value, dict):
            raise LogError(
                f"{name}: line {number:,} is not a JSON object but {str(value)[:40]!r}; one "
                'object per line is needed, such as {"user": 1, "item": 2, "time": 3}.'
            )
        for key, entry in value.items():
            column = source.values.get(key)
            if column is None:
                column = source.values[key] = [None] * count
            column.append(_text(entry, key, source.nested))
        count += 1
        for column in source.values.values():
            if len(column) < count:
                column.append(None)
    return source


def _values(name: str, data: bytes) -> Any:
    """(line number, parsed value) of each line, or of each entry of an array."""
    if data.lstrip()[:1] == b"[":
        yield from enumerate(_parsed(name, 1, data), start=1)
        return
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            yield number, _parsed(name, number, line)


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
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | dict | list):
        nested.add(key)
        return json.dumps(value)[:100]
    return repr(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)
