"""Delimited text: which delimiter, is there a header, and the columns as strings."""

import io
import re
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv

from adarec.data.column_names import is_known_name
from adarec.errors import LogError

DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar", "::": "'::'", " ": "space"}
SAMPLE_ROWS = 1000
MAX_ROWS = 50_000_000
MAX_BROKEN_SHARE = 0.1  # of a log's rows; more is a misreading, not a few bad rows
_HEAD_BYTES = 1 << 20
_MAX_LINE_BYTES = 64 << 20
_DOUBLE_COLON = "\x1f"  # stands in for '::' where one character is needed; no id contains it
_VALUE = re.compile(
    r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*|\s*\d{4}-\d\d-\d\d.*|\s*\d\d?[./]\d\d?[./]\d{4}.*"
)


@dataclass
class DelimitedSource:
    """A delimited text whose layout is known; `read` parses only the columns asked for."""

    name: str
    data: bytes
    delimiter: str
    has_header: bool
    names: list[str]
    sample: Any  # pyarrow table of the first rows, all columns as strings
    quoted: bool
    format: str
    warnings: list[str] = field(default_factory=list)

    def read(self, columns: list[str]) -> tuple[Any, int]:
        """The columns as a pyarrow table of strings, and how many rows had a wrong length.

        Raises:
            LogError: More than a tenth of the rows do not fit the header.
        """
        if self.data.count(b"\n") > MAX_ROWS:
            raise LogError(
                f"{self.name} has more than {MAX_ROWS:,} lines; at most that many are read. "
                "Cut the log into parts, by time for example."
            )
        try:
            table, ragged, example = _parse(
                self.data, self.delimiter, self.names, self.has_header, self.quoted, columns
            )
        except LogError as error:
            raise LogError(f"{self.name}: {error}") from error
        if ragged > MAX_BROKEN_SHARE * (ragged + len(table)):
            raise LogError(
                f"{self.name}: {ragged:,} of {ragged + len(table):,} rows do not have the "
                f"{len(self.names)} columns of the first, such as {example[:60]!r}. "
                f"Check the delimiter ({DELIMITERS.get(self.delimiter, self.delimiter)}) and the "
                "quotes."
            )
        return table, ragged


def open_delimited(
    name: str, data: bytes, *, delimiter: str | None, headerless: bool, quoted: bool, format: str
) -> DelimitedSource:
    """Finds the layout of a delimited text.

    Args:
        name: File name for messages.
        data: UTF-8 text.
        delimiter: As chosen; None means find it.
        headerless: The format says that there is no header.
        quoted: Whether '"' quotes a field.
        format: Name of the format, kept for the report.

    Raises:
        LogError: There is a single column only.
    """
    data = data.lstrip(b"\r\n")  # pyarrow would take an empty line for the header
    if not data.endswith(b"\n"):
        data += b"\n"
    head = _head(name, data)
    warnings: list[str] = []
    if quoted and data.count(b'"') % 2:
        _check_header_is_unquoted(name, head)
        quoted = False
        warnings.append("The quotes do not pair, so they are taken as ordinary characters.")
    chosen = delimiter or _sniff_delimiter(head, quoted)
    first = _first_row(head, chosen, quoted) if chosen else []
    if chosen is None or len(first) < 2:
        _refuse_single_column(name, head, delimiter, quoted)
    assert chosen is not None
    numbered = [str(number) for number in range(1, len(first) + 1)]
    body = _parse(head, chosen, numbered, False, quoted, numbered)[0].slice(0, SAMPLE_ROWS + 1)
    has_header = not headerless and _has_header(first, body)
    names = _unique(name, first) if has_header else numbered
    sample = body.slice(1 if has_header else 0, SAMPLE_ROWS).rename_columns(names)
    return DelimitedSource(name, data, chosen, has_header, names, sample, quoted, format, warnings)


def _head(name: str, data: bytes) -> bytes:
    """The first megabyte, extended to the end of its last line."""
    if len(data) <= _HEAD_BYTES:
        return data
    end = data.find(b"\n", _HEAD_BYTES, _HEAD_BYTES + _MAX_LINE_BYTES)
    if end < 0 and len(data) > _HEAD_BYTES + _MAX_LINE_BYTES:
        raise LogError(
            f"{name} has a line of more than {_MAX_LINE_BYTES >> 20} MB; one interaction per line "
            "is needed. Check that it is a delimited text."
        )
    return data if end < 0 else data[: end + 1]


def _check_header_is_unquoted(name: str, head: bytes) -> None:
    """Where even the names are quoted, quotes mean something, and one is never closed."""
    if b'"' in head.lstrip(b"\r\n").split(b"\n", 1)[0]:
        raise LogError(
            f"{name} has an odd number of quotes, so one is never closed; fields are quoted as in "
            '"a ""b"" c". Close it, or write the log without quotes.'
        )


def _sniff_delimiter(head: bytes, quoted: bool) -> str | None:
    """The delimiter that cuts the lines into the most columns with the fewest misfits."""
    lines = head.split(b"\n", 101)[:100]
    start = b"\n".join(lines) + b"\n"
    best: tuple[int, int, int] | None = None
    chosen = None
    for rank, delimiter in enumerate(DELIMITERS):
        first = _first_row(start, delimiter, quoted)
        if len(first) < 2:
            continue
        numbered = [str(number) for number in range(len(first))]
        try:
            table, ragged, _ = _parse(start, delimiter, numbered, False, quoted, numbered)
        except LogError:
            continue
        misfit_tenths = round(10 * ragged / max(1, len(table) + ragged))
        score = (-misfit_tenths, len(first), -rank)
        if best is None or score > best:
            best, chosen = score, delimiter
    return chosen


def _first_row(text: bytes, delimiter: str, quoted: bool) -> list[str]:
    start = text.lstrip(b"\r\n")
    line_end = start.find(b"\n")
    line = start if line_end < 0 else start[: line_end + 1]
    cut = delimiter.encode()
    options = pa_csv.ReadOptions(autogenerate_column_names=True, block_size=len(line) + 64)
    try:
        table = pa_csv.read_csv(
            io.BytesIO(_with_one_character(line.rstrip(b"\r\n") + b"\n", delimiter)),
            read_options=options,
            parse_options=_parse_options(delimiter, quoted),
            convert_options=pa_csv.ConvertOptions(
                column_types={f"f{i}": pa.string() for i in range(line.count(cut) + 1)}
            ),
        )
    except pa.ArrowInvalid:
        return []
    if not len(table):
        return []
    return [str(value) for value in table.slice(0, 1).to_pylist()[0].values()]


def _parse(
    data: bytes,
    delimiter: str,
    names: list[str],
    has_header: bool,
    quoted: bool,
    columns: list[str],
) -> tuple[Any, int, str]:
    """Table of strings, number of rows of a wrong length, and one such row."""
    misfits: list[str] = []

    def skip(row: Any) -> str:
        misfits.append(row.text[:80] if len(misfits) < 1 else "")
        return "skip"

    try:
        table = pa_csv.read_csv(
            io.BytesIO(_with_one_character(data, delimiter)),
            read_options=pa_csv.ReadOptions(
                column_names=names,
                skip_rows_after_names=1 if has_header else 0,
                block_size=min(max(len(data) + 64, 1024), _MAX_LINE_BYTES),
            ),
            parse_options=_parse_options(delimiter, quoted, skip),
            convert_options=pa_csv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                include_columns=columns,
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        raise LogError(
            f"the text cannot be cut into columns ({_brief(error)}). "
            "Check the delimiter and the quotes."
        ) from error
    return table, len(misfits), misfits[0] if misfits else ""


def _parse_options(delimiter: str, quoted: bool, skip: Any = None) -> Any:
    return pa_csv.ParseOptions(
        delimiter=_DOUBLE_COLON if delimiter == "::" else delimiter,
        quote_char='"' if quoted else False,
        newlines_in_values=quoted,
        invalid_row_handler=skip,
    )


def _with_one_character(data: bytes, delimiter: str) -> bytes:
    return data.replace(b"::", _DOUBLE_COLON.encode()) if delimiter == "::" else data


def _has_header(first: list[str], body: Any) -> bool:
    """True when the first row names columns instead of holding values."""
    if any(is_known_name(name) for name in first):
        return True
    if any(not name.strip() or _VALUE.fullmatch(name) for name in first):
        return False
    # Unknown words above a column of numbers or dates are names; above words they may be values.
    below = body.slice(1, 50).to_pydict().values()
    return any(
        len(values) > 0 and all(_VALUE.fullmatch(value or "") for value in values)
        for values in below
    )


def _refuse_single_column(name: str, head: bytes, delimiter: str | None, quoted: bool) -> None:
    line = head.lstrip(b"\r\n").split(b"\n", 1)[0][:60].decode("utf-8", "replace").strip()
    better = _sniff_delimiter(head, quoted) if delimiter else None
    found = f"with {DELIMITERS.get(delimiter, repr(delimiter))}" if delimiter else "in it"
    advice = (
        f"the delimiter looks like {DELIMITERS[better]}: choose that."
        if better
        else "save it with one column each for user, item and time, separated by commas."
    )
    raise LogError(
        f"{name}: found one column {found} (first line {line!r}); needed at least user and item; "
        + advice
    )


def _unique(file_name: str, first: list[str]) -> list[str]:
    """Column names that differ; a second column for a role would be taken at random."""
    seen: dict[str, int] = {}
    result = []
    for name in (" ".join(raw.split()) for raw in first):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1 and is_known_name(name):
            raise LogError(
                f"{file_name} has two columns called {name[:40]!r}; one of each is needed. "
                "Rename one in the header."
            )
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:120]
