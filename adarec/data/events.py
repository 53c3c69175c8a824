"""The events of a log as numbers, with a record of how they were read."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from adarec.data.columns import Roles, recognise, string_ids
from adarec.data.delimited import MAX_BROKEN_SHARE
from adarec.data.formats import LogSource
from adarec.data.settings import IngestSettings
from adarec.data.timestamps import ParsedTimes, Problems, has_dates, is_date, parse_times
from adarec.errors import LogError

MAX_ID_LENGTH = 1000  # characters
_PLACEHOLDERS = frozenset(("null", "nan", "none", "n/a", "<na>", "\\n", "undefined"))


@dataclass(frozen=True)
class Events:
    """N events in file order.

    Attributes:
        users: int64 [N], index into user_ids.
        items: int64 [N], index into item_ids.
        times: float64 [N] seconds; the file order where there is no time column.
        ratings: float64 [N], or None.
        user_ids: raw ids, in order of appearance.
        item_ids: raw ids, in order of appearance.
    """

    users: np.ndarray
    items: np.ndarray
    times: np.ndarray
    ratings: np.ndarray | None
    user_ids: list[str]
    item_ids: list[str]

    def __len__(self) -> int:
        return len(self.users)

    def select(self, rows: np.ndarray) -> "Events":
        """The events of these rows (a mask, or positions)."""
        ratings = None if self.ratings is None else self.ratings[rows]
        return replace(
            self,
            users=self.users[rows],
            items=self.items[rows],
            times=self.times[rows],
            ratings=ratings,
        )


@dataclass(frozen=True)
class Reading:
    """How the events were read, for the report."""

    roles: Roles
    rows: int  # rows of the table, misshapen ones included
    time_unit: str | None
    dropped: list[dict[str, Any]]
    users_before: int  # distinct users before any row was dropped
    warnings: list[str]  # sentences to show


def read_events(source: LogSource, settings: IngestSettings) -> tuple[Events, Reading]:
    """All usable events of the log, in file order.

    Raises:
        LogError: Columns are not evident, ids are unusable, or over a tenth of the rows have a
            time or a rating that cannot be read. Fewer such rows are left out and counted.
    """
    roles = recognise(
        source.name, source.names, source.sample, settings.columns, has_header=source.has_header
    )
    rating = roles.rating if settings.min_rating is not None else None
    if settings.min_rating is not None and rating is None:
        raise LogError(
            f"{source.name}: a least rating of {settings.min_rating:g} was asked for, but no "
            "rating column was found. Choose that column, or leave the least rating empty."
        )
    used = [name for name in (roles.user, roles.item, roles.time, rating) if name]
    table, misshapen = source.read(used)
    if not len(table):
        raise LogError(
            f"{source.name} has a header but no rows; one interaction per row is needed. "
            "Check that the export is complete."
        )
    users, user_ids = _encoded(table[roles.user], "user", source.name)
    items, item_ids = _encoded(table[roles.item], "item", source.name)
    parsed = _times(table[roles.time], source.name) if roles.time else None
    _refuse_needless_filters(source.name, settings, parsed)
    times = np.arange(len(table), dtype=np.float64) if parsed is None else parsed.seconds
    ratings, unrated = _ratings(table[rating] if rating else None)
    events = Events(users, items, times, ratings, user_ids, item_ids)
    _refuse_many(source.name, "time", parsed.problems if parsed else {}, events)
    _refuse_many(source.name, "rating", unrated, events)
    events, lost = _without_holes(events, (users >= 0) & (items >= 0))
    dropped = _drop("wrong number of columns", misshapen, 0) + lost
    unit = parsed.unit if parsed else None
    warnings = _placeholders(users, user_ids, "user") + _placeholders(items, item_ids, "item")
    rows = len(table) + misshapen
    return events, Reading(roles, rows, unit, dropped, len(user_ids), warnings)


def _without_holes(events: Events, has_ids: np.ndarray) -> tuple[Events, list[dict[str, Any]]]:
    """Leaves out rows without an id, a usable time or a usable rating, and counts them."""
    dropped = []
    masks = {"no user or item id": has_ids, "no usable time": np.isfinite(events.times)}
    if events.ratings is not None:
        masks["no usable rating"] = np.isfinite(events.ratings)
    keep = np.ones(len(events), dtype=bool)
    for reason, usable in masks.items():
        gone = keep & ~usable
        before = np.unique(events.users[keep & (events.users >= 0)])
        keep &= usable
        after = np.unique(events.users[keep])
        dropped += _drop(reason, int(gone.sum()), len(before) - len(after))
    return (events if keep.all() else events.select(keep)), dropped


def _encoded(column: Any, role: str, file_name: str) -> tuple[np.ndarray, list[str]]:
    """Index of each row's id (-1 where there is none), and the distinct ids."""
    text = string_ids(column, role, file_name)
    encoded = text.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    ids = encoded.dictionary
    longest = pc.max(pc.utf8_length(ids)).as_py() or 0
    if longest > MAX_ID_LENGTH:
        raise LogError(
            f"{file_name}: one {role} id has {longest:,} characters; at most {MAX_ID_LENGTH:,} "
            "are taken. Check the delimiter and the quotes, or choose another column."
        )
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return codes.astype(np.int64), ids.to_pylist()


def _placeholders(codes: np.ndarray, ids: list[str], role: str) -> list[str]:
    """A sentence for each id that other programs write where there is none."""
    return [
        f"{np.count_nonzero(codes == code):,} rows have the {role} id {text!r}, kept as one "
        f"{role}. If it stands for a missing id, remove these rows."
        for code, text in enumerate(ids)
        if len(text) <= 9 and text.lower() in _PLACEHOLDERS
    ]


def _times(column: Any, file_name: str) -> ParsedTimes:
    try:
        return parse_times(column)
    except LogError as error:
        raise LogError(f"{file_name}: {error}") from error


def _refuse_needless_filters(
    file_name: str, settings: IngestSettings, parsed: ParsedTimes | None
) -> None:
    """Raises a LogError for a filter by time that could drop nothing, or everything."""
    if parsed is None:
        asked = {
            "since": settings.since,
            "until": settings.until,
            "deduplicate=exact": settings.deduplicate == "exact",
        }
        for name in (name for name, value in asked.items() if value):
            raise LogError(
                f"{file_name}: {name} was asked for, but there is no time column. Choose that "
                "column, or leave it out."
            )
        return
    for name, moment in (("since", settings.since), ("until", settings.until)):
        if moment is None or is_date(moment) == has_dates(parsed):
            continue
        found, needed = ("dates", "a date such as 2024-05-31")
        if not has_dates(parsed):
            found, needed = (
                f"numbers up to {float(np.nanmax(parsed.seconds)):.15g} (seconds)",
                "such a number",
            )
        raise LogError(
            f"{file_name}: {name} is {moment!r}, but the times are {found}; needed {needed}. "
            "Change it, or leave it out."
        )


def _ratings(column: Any | None) -> tuple[np.ndarray | None, Problems]:
    """Rating of each row, NaN where it has none, and what was wrong with those; None unasked."""
    if column is None:
        return None, {}
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    is_number = pc.fill_null(pc.match_substring_regex(text, r"^[+-]?(\d+\.?\d*|\.\d+)$"), False)
    values = pc.cast(pc.if_else(is_number, text, None), pa.float64())
    ratings = np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    wrong = ~np.isfinite(ratings)
    if not wrong.any():
        return ratings, {}
    first = int(wrong.argmax())
    example = text[first].as_py()
    shown = "" if example is None else str(example)[:40]
    return ratings, {"no usable rating": (int(wrong.sum()), first + 1, shown)}


def _refuse_many(file_name: str, role: str, problems: Problems, events: Events) -> None:
    """Raises a LogError where so many rows are broken that the column is probably a wrong one."""
    if sum(count for count, _, _ in problems.values()) <= MAX_BROKEN_SHARE * len(events):
        return
    # A row is named by its ids: its line in the file would not count lines that were left out.
    found = "; ".join(
        f"{count:,} of {len(events):,} rows with {reason}, such as {example!r} "
        f"({_ids_of(events, first - 1)})"
        for reason, (count, first, example) in problems.items()
    )
    needed, instead = {
        "time": (
            "seconds or milliseconds since 1970, or ISO dates",
            "choose another time column, or 'none' to use the order of the file",
        ),
        "rating": ("a number", "choose another rating column, or leave the least rating empty"),
    }[role]
    raise LogError(
        f"{file_name}: found {found}; needed {needed} in nine rows of ten. Correct these rows, "
        f"{instead}."
    )


def _ids_of(events: Events, row: int) -> str:
    """`user 'u7', item 'i3'`: what finds a row in the file."""
    ids = (("user", events.users, events.user_ids), ("item", events.items, events.item_ids))
    named = (
        f"{role} {known[codes[row]][:20]!r}" if codes[row] >= 0 else f"no {role}"
        for role, codes, known in ids
    )
    return ", ".join(named)


def _drop(reason: str, rows: int, users: int) -> list[dict[str, Any]]:
    return [{"reason": reason, "rows": rows, "users": users}] if rows else []
