"""What a person sees before a log is saved: layout, columns with the reason, first rows."""

import codecs
from dataclasses import dataclass, field, replace
from pathlib import Path

from adarec.data.columns import Roles, recognise
from adarec.data.delimited import SAMPLE_ROWS
from adarec.data.formats import LogSource, open_log
from adarec.data.settings import ColumnChoice
from adarec.data.timestamps import AmbiguousDates, has_dates, parse_times
from adarec.data.unpacking import LogBytes, read_log_bytes
from adarec.errors import LogError

_START_BYTES = 1 << 21
_SHOWN = 200  # characters of a field
_NO_DATES = (
    "The times are no dates: they are taken as seconds since some start, or as numbers of events."
)
_LATER_ROWS_TELL = (
    "The first rows do not tell whether dates begin with the day or the month. All rows are read "
    "when the scene is saved."
)


@dataclass(frozen=True)
class LogPreview:
    """A log as it would be read.

    Attributes:
        file, packing, format, delimiter, has_header: The layout.
        columns: All columns, in order.
        roles: role -> column for user, item, time, rating; None where there is none.
        reasons: role -> why that column.
        rows: The first rows, one dict of strings each.
        time_unit: s, ms, µs, ns or date; None without a time column.
        warnings: Sentences to show.
        problem: Why it cannot be ingested with this choice, or None.
    """

    file: str
    packing: str
    format: str
    delimiter: str
    has_header: bool
    columns: list[str]
    roles: dict[str, str | None]
    reasons: dict[str, str]
    rows: list[dict[str, str | None]]
    time_unit: str | None
    warnings: list[str] = field(default_factory=list)
    problem: str | None = None


def preview_log(
    path: Path | str,
    *,
    format: str = "auto",
    columns: ColumnChoice | None = None,
    rows: int = 20,
    delimiter: str | None = None,
) -> LogPreview:
    """How the log at `path` would be read.

    Columns that are not evident are no error here: `problem` says what is missing, so that a
    page can show the rows and offer the choice.

    Raises:
        LogError: The file cannot be read as a table at all.
    """
    whole = read_log_bytes(Path(path))
    log = _start_of(whole)
    source = open_log(log, format=format, delimiter=delimiter)
    problem = None
    roles: Roles | None = None
    unit = None
    notes: list[str] = []
    try:
        roles = recognise(
            source.name,
            source.names,
            source.sample,
            columns or ColumnChoice(),
            has_header=source.has_header,
        )
        if roles.time:
            parsed = parse_times(source.sample[roles.time])
            unit = parsed.unit
            notes += [] if has_dates(parsed) else [_NO_DATES]
    except AmbiguousDates as error:
        if log is whole and len(source.sample) < SAMPLE_ROWS:
            problem = str(error)
        else:
            unit, notes = "date", [_LATER_ROWS_TELL]
    except LogError as error:
        problem = str(error)
    return LogPreview(
        file=source.name,
        packing=log.packing,
        format=source.format,
        delimiter=source.delimiter,
        has_header=source.has_header,
        columns=list(source.names),
        roles={r: getattr(roles, r, None) for r in ("user", "item", "time", "rating")},
        reasons=dict(roles.reasons) if roles else {},
        rows=_first_rows(source, rows),
        time_unit=unit,
        warnings=[*source.warnings, *(roles.warnings if roles else []), *notes],
        problem=problem,
    )


def _start_of(log: LogBytes) -> LogBytes:
    """The first lines of a long text: JSON lines would otherwise be parsed to the end."""
    start = log.data[:1024].removeprefix(codecs.BOM_UTF8).lstrip()
    if len(log.data) <= _START_BYTES or start.startswith((b"PAR1", b"[")):
        return log
    end = log.data.find(b"\n", _START_BYTES)
    return log if end < 0 else replace(log, data=log.data[: end + 1])


def _first_rows(source: LogSource, count: int) -> list[dict[str, str | None]]:
    rows: list[dict[str, str | None]] = []
    for row in source.sample.slice(0, count).to_pylist():
        rows.append({k: None if v is None else str(v)[:_SHOWN] for k, v in row.items()})
    return rows
