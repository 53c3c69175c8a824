"""Which column is the user, the item, the time, the rating: by name, by content, or by hand."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from adarec.data.column_names import KNOWN_NAMES, ROLES, is_known_name, plain
from adarec.data.settings import NO_COLUMN, ColumnChoice
from adarec.data.timestamps import parse_times
from adarec.errors import LogError

_TIME_FROM = 631_152_000.0  # 1990; a smaller number may as well be an id, a count or a price


@dataclass(frozen=True)
class Roles:
    """The columns that were recognised, and why."""

    user: str
    item: str
    time: str | None
    rating: str | None
    reasons: dict[str, str]
    warnings: list[str]


def recognise(
    file_name: str, names: list[str], sample: Any, choice: ColumnChoice, *, has_header: bool
) -> Roles:
    """The role of each column.

    Args:
        file_name: For messages.
        names: All columns.
        sample: pyarrow table of the first rows.
        choice: What was chosen by hand; wins over everything.
        has_header: False when `names` are only numbers, so that content alone must not decide.

    Raises:
        LogError: A chosen column is missing or chosen twice, or user and item are not evident.
    """
    roles: dict[str, str] = {}
    reasons: dict[str, str] = {}
    warnings: list[str] = []
    for role in ROLES:
        chosen = getattr(choice, role)
        if chosen is not None and chosen != NO_COLUMN:
            roles[role] = _existing(file_name, names, chosen, role)
            reasons[role] = "chosen by hand"
    _by_name(names, roles, reasons, choice, has_header=has_header)
    if has_header:
        _by_content(names, sample, roles, reasons, warnings, choice)
    if "user" not in roles or "item" not in roles:
        _refuse(file_name, names, sample, roles, has_header)
    if len(set(roles.values())) < len(roles):
        raise LogError(
            f"{file_name}: one column was chosen twice ({_listed(list(roles.values()))}). "
            "Choose different columns for user, item, time and rating."
        )
    if "time" not in roles:
        warnings.append("No time column: the order of the file is taken as the order of events.")
    return Roles(
        roles["user"], roles["item"], roles.get("time"), roles.get("rating"), reasons, warnings
    )


def _by_name(
    names: list[str],
    roles: dict[str, str],
    reasons: dict[str, str],
    choice: ColumnChoice,
    *,
    has_header: bool,
) -> None:
    for role in ROLES:
        if role in roles or getattr(choice, role) == NO_COLUMN:
            continue
        by_plain: dict[str, str] = {}
        for name in names:
            if name not in roles.values():
                by_plain.setdefault(plain(name), name)
        known = next((name for name in KNOWN_NAMES[role] if name in by_plain), None)
        if known is not None:
            roles[role] = by_plain[known]
            name = by_plain[known]
            reasons[role] = f"its name, {name!r}" if has_header else "its place, as in MovieLens"


def _by_content(
    names: list[str],
    sample: Any,
    roles: dict[str, str],
    reasons: dict[str, str],
    warnings: list[str],
    choice: ColumnChoice,
) -> None:
    """Fills the gaps that names left, where the content leaves one reading only."""
    free = [name for name in names if name not in roles.values()]
    if "time" not in roles and choice.time != NO_COLUMN:
        times = [name for name in free if looks_like_time(sample[name])]
        if len(times) == 1:
            roles["time"] = times[0]
            reasons["time"] = "its content: dates or seconds"
            free.remove(times[0])
        elif times:
            warnings.append(
                f"More than one column may be the time: {_listed(times)}. Choose one by hand."
            )
    missing = [role for role in ("user", "item") if role not in roles]
    ids = [name for name in free if not is_known_name(name) and _looks_like_ids(sample[name])]
    if missing and len(ids) == len(missing):
        for role, name in zip(missing, ids, strict=True):
            roles[role] = name
            reasons[role] = "its content: repeating ids"
        guessed = " and ".join(
            f"{name!r} as the {role}" for role, name in zip(missing, ids, strict=True)
        )
        warnings.append(f"Took {guessed} by content and position: check that this is right.")


def looks_like_time(column: Any) -> bool:
    """Whether nearly all values are dates, or numbers that can be moments after 1990."""
    try:
        parsed = parse_times(column)
    except (LogError, pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    usable = parsed.seconds[np.isfinite(parsed.seconds)]
    if len(usable) < 0.9 * len(column) or not len(usable):
        return False
    return parsed.unit == "date" or float(np.median(usable)) > _TIME_FROM


def _looks_like_ids(column: Any) -> bool:
    """True for whole numbers or words without spaces; not for fractions, prose or constants."""
    if pa.types.is_floating(column.type) or pa.types.is_nested(column.type):
        return False
    values = [str(value) for value in column.to_pylist() if value is not None]
    if not values or len(set(values)) < 2:
        return False
    return all(re.fullmatch(r"\S{1,64}", v) and not re.fullmatch(r"\d+\.\d+", v) for v in values)


def _existing(file_name: str, names: list[str], chosen: str, role: str) -> str:
    if chosen in names:
        return chosen
    matches = [name for name in names if name.rsplit(":", 1)[0] == chosen]
    if len(matches) == 1:
        return matches[0]
    raise LogError(
        f"{file_name} has no column {chosen!r}; found {_listed(names)}. "
        f"Choose one of these for the {role}."
    )


def _refuse(
    file_name: str, names: list[str], sample: Any, roles: dict[str, str], has_header: bool
) -> None:
    missing = " and ".join(role for role in ("user", "item") if role not in roles)
    if not has_header:
        row = ", ".join(str(column[0])[:20] for column in sample.columns) if len(sample) else ""
        raise LogError(
            f"{file_name} has no header: its first line is {row!r}. Names such as "
            "user_id, item_id, timestamp are needed. Add that line, or choose columns by "
            "number (1, 2, 3), or the format movielens (user, item, rating, time)."
        )
    raise LogError(
        f"{file_name}: no column could be taken for the {missing}; found {_listed(names)}. "
        "Choose the columns by hand."
    )


def _listed(names: list[str]) -> str:
    shown = [name if len(name) <= 30 else name[:30] + "…" for name in names[:12]]
    return ", ".join(shown) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def string_ids(column: Any, role: str, file_name: str) -> Any:
    """The ids of a column as pyarrow strings [N], trimmed; null where there is none.

    Raises:
        LogError: The column holds lists, records, truth values or dates.
    """
    kind = column.type
    if pa.types.is_floating(kind):
        whole = pc.all(
            pc.or_kleene(pc.is_null(column, nan_is_null=True), pc.equal(pc.floor(column), column))
        ).as_py()
        cleaned = pc.if_else(pc.is_nan(column), None, column)
        column = cleaned.cast(pa.int64()) if whole else cleaned
    elif not (
        pa.types.is_integer(kind)
        or pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_null(kind)
    ):
        raise LogError(
            f"{file_name}: the {role} column holds {kind}; words or whole numbers are needed. "
            "Choose another column."
        )
    text = pc.utf8_trim_whitespace(column.cast(pa.large_string()))
    return pc.if_else(pc.equal(text, ""), None, text)
