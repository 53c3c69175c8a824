"""The log formats: what a file is, and one way to read the columns of each."""

import codecs
from pathlib import PurePath
from typing import Any, Protocol

import pyarrow.compute as pc

from adarec.data.column_names import RETAILROCKET, has_recbole_type, plain
from adarec.data.columns import looks_like_time
from adarec.data.delimited import DelimitedSource, open_delimited
from adarec.data.json_lines import open_json_lines
from adarec.data.parquet_file import open_parquet
from adarec.data.unpacking import LogBytes
from adarec.errors import LogError

_CONTROL = bytes(set(range(32)) - {9, 10, 11, 12, 13, 0x1F})
_MOVIELENS_NAMES = ["user_id", "item_id", "rating", "timestamp"]
_HIGHEST_RATING = 10.0


class LogSource(Protocol):
    """A log whose layout is known and whose columns can be read."""

    name: str
    format: str
    delimiter: str
    has_header: bool
    warnings: list[str]

    @property
    def names(self) -> list[str]:
        """All columns, in order."""
        ...

    @property
    def sample(self) -> Any:
        """pyarrow table of the first rows."""
        ...

    def read(self, columns: list[str]) -> tuple[Any, int]:
        """The columns as a pyarrow table, and how many rows were left out as misshapen."""
        ...


def open_log(
    log: LogBytes, *, format: str = "auto", delimiter: str | None = None, latin: bool = False
) -> LogSource:
    """The log as a source of columns.

    Args:
        log: The unpacked file.
        format: One of `settings.FORMATS`.
        delimiter: Column separator chosen by hand.
        latin: Read text that is not UTF-8 as Latin-1 (titles of old MovieLens files).

    Raises:
        LogError: The content is not what the format needs.
    """
    if format == "parquet" or (format == "auto" and log.data.startswith(b"PAR1")):
        return open_parquet(log.name, log.data)
    text = _text(log, latin)
    if format == "jsonl" or (format == "auto" and text.lstrip()[:1] in (b"{", b"[")):
        return open_json_lines(log.name, text)
    if format == "auto" and PurePath(log.name).suffix in (".jsonl", ".ndjson", ".json"):
        return open_json_lines(log.name, text)
    return _open_text(log.name, text, format, delimiter)


def _open_text(name: str, text: bytes, format: str, delimiter: str | None) -> LogSource:
    first = text.lstrip(b"\r\n").split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    if format == "recbole" or (format == "auto" and _is_recbole(first)):
        source = open_delimited(
            name,
            text,
            delimiter=delimiter or "\t",
            headerless=False,
            quoted=False,
            format="recbole",
        )
        return _checked_recbole(source)
    if format == "movielens":
        return _movielens(name, text, delimiter)
    chosen = delimiter or ("\t" if format == "tsv" else None)
    source = open_delimited(
        name, text, delimiter=chosen, headerless=False, quoted="::" not in first, format=format
    )
    if format in ("auto", "retailrocket"):
        return _named_by_content(source, text, format)
    return source


def _named_by_content(source: DelimitedSource, text: bytes, format: str) -> LogSource:
    """Gives the public formats their names: RetailRocket and header-less MovieLens."""
    is_retailrocket = {plain(name) for name in source.names} >= RETAILROCKET
    if format == "retailrocket" and not is_retailrocket:
        raise LogError(
            f"{source.name} is not RetailRocket's events.csv: found "
            f"{', '.join(source.names)[:120]}; needed timestamp, visitorid, event, itemid. "
            "Choose the format auto."
        )
    is_bare = not source.has_header and source.delimiter in ("\t", "::")
    if is_bare and _is_movielens(source.sample):
        return _movielens(source.name, text, source.delimiter)
    ending = "tsv" if source.delimiter == "\t" else "csv"
    source.format = "retailrocket" if is_retailrocket else ending
    return source


def _is_movielens(sample: Any) -> bool:
    """Whether columns without names hold what MovieLens has there: user, item, a rating of few
    values up to 10, and moments. Other logs without a header may have them in another order.
    """
    columns = sample.columns
    if len(columns) not in (3, 4) or not len(sample) or not _all_numbers(sample):
        return False
    if any(looks_like_time(column) for column in columns[:2]):
        return False
    if len(columns) == 3:
        return looks_like_time(columns[2]) or _holds_ratings(columns[2])
    return _holds_ratings(columns[2]) and looks_like_time(columns[3])


def _holds_ratings(column: Any) -> bool:
    values = pc.cast(pc.utf8_trim_whitespace(column), "float64")
    low, high = pc.min(values).as_py(), pc.max(values).as_py()
    return low is not None and low >= 0 and high <= _HIGHEST_RATING


def _movielens(name: str, text: bytes, delimiter: str | None) -> LogSource:
    source = open_delimited(
        name, text, delimiter=delimiter, headerless=True, quoted=False, format="movielens"
    )
    if len(source.names) not in (3, 4):
        raise LogError(
            f"{name} has {len(source.names)} columns; MovieLens files have user, item, rating and "
            "time. Choose the format auto."
        )
    names = list(_MOVIELENS_NAMES)
    if len(source.names) == 3:
        is_time = looks_like_time(source.sample.column(2))
        names = names[:2] + (["timestamp"] if is_time else ["rating"])
    if str(source.sample.column(0)[0]).lower().startswith("user"):
        raise LogError(f"{name} has a header; MovieLens files have none. Choose the format auto.")
    source.names = names
    source.sample = source.sample.rename_columns(names)
    return source


def _checked_recbole(source: DelimitedSource) -> LogSource:
    if not any(has_recbole_type(name) for name in source.names):
        raise LogError(
            f"{source.name} is no RecBole file: found {', '.join(source.names)[:120]}; needed a "
            "header such as user_id:token, item_id:token, timestamp:float. Choose the format auto."
        )
    return source


def _is_recbole(first: str) -> bool:
    return all(has_recbole_type(name) for name in first.split("\t"))


def _all_numbers(sample: Any) -> bool:
    return all(
        pc.all(pc.match_substring_regex(column, r"^\s*-?\d+(\.\d+)?\s*$")).as_py() is True
        for column in sample.columns
    )


def _text(log: LogBytes, latin: bool) -> bytes:
    """The log as UTF-8 without byte order mark.

    Raises:
        LogError: It is binary, or in another encoding.
    """
    head = log.data[:65536]
    if b"\0" in log.data or len(head.translate(None, _CONTROL)) < 0.98 * len(head):
        raise LogError(
            f"{log.name} holds binary data; text (CSV, TSV, JSON lines) or Parquet is needed. "
            "Check that this is the log, and not packed in a way unknown here."
        )
    data = log.data.removeprefix(codecs.BOM_UTF8)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if latin:
            return data.decode("latin-1").encode("utf-8")
        line = data.count(b"\n", 0, error.start) + 1
        raise LogError(
            f"{log.name} is not UTF-8: byte 0x{data[error.start]:02X} in line {line:,}. "
            "Save it as UTF-8 (iconv -f latin1 -t utf8, or 'CSV UTF-8' in Excel)."
        ) from None
    return data
