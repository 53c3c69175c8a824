"""Item ids in one line of text, as a command takes them: one record of CSV."""

import csv
import io
from collections.abc import Iterable


def split_ids(text: str) -> list[str]:
    """The ids of `a,b`; one that holds a comma stands in quotes: `"a,b",c`."""
    records = csv.reader([text.replace("\n", " ")], skipinitialspace=True)
    return [part.strip() for record in records for part in record]


def join_ids(ids: Iterable[str]) -> str:
    """The text that `split_ids` takes apart."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(ids)
    return text.getvalue()
