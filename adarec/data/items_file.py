"""Titles of items: any table with an id and a title column; RecBole .item, MovieLens u.item."""

from typing import Any

import pyarrow.compute as pc

from adarec.data.column_names import KNOWN_NAMES, plain
from adarec.data.columns import string_ids
from adarec.data.formats import LogSource, open_log
from adarec.data.unpacking import LogBytes
from adarec.errors import LogError

_TITLE_NAMES = (
    "title name itemname itemtitle movietitle producttitle productname tracktitle trackname "
    "songtitle artistname booktitle description"
).split()
_MAX_TITLE = 300  # characters; a page shows no more


def read_titles(log: LogBytes) -> dict[str, str]:
    """Title of each raw item id; the first one where an id has several.

    Raises:
        LogError: There is no column for the id or for the title.
    """
    source = open_log(log, format="auto", latin=True)
    id_column, title_column = _columns(source)
    table, _ = source.read([id_column, title_column])
    ids = string_ids(table[id_column], "item", source.name)
    titles = string_ids(table[title_column], "title", source.name)
    known = pc.and_(pc.is_valid(ids), pc.is_valid(titles))
    shown = pc.utf8_slice_codeunits(titles.filter(known), 0, _MAX_TITLE)
    result: dict[str, str] = {}
    for item_id, title in zip(ids.filter(known).to_pylist(), shown.to_pylist(), strict=True):
        result.setdefault(item_id, title)
    return result


def _columns(source: LogSource) -> tuple[str, str]:
    names: list[str] = source.names
    if not source.has_header:
        return names[0], names[1]  # u.item and movies.dat: id, title, …
    by_plain: dict[str, Any] = {}
    for name in names:
        by_plain.setdefault(plain(name), name)
    id_column = next((by_plain[n] for n in [*KNOWN_NAMES["item"], "id"] if n in by_plain), None)
    title_column = next((by_plain[n] for n in _TITLE_NAMES if n in by_plain), None)
    if id_column is None or title_column is None:
        raise LogError(
            f"{source.name}: an items file needs a column item_id and a column title; found "
            f"{', '.join(names)[:120]}. Rename these columns."
        )
    return id_column, title_column
