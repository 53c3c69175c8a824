"""Parquet logs. Sizes are checked in the file's footer before anything is unpacked."""

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from adarec.data.delimited import MAX_ROWS, SAMPLE_ROWS
from adarec.errors import LogError


@dataclass
class ParquetSource:
    """An open Parquet file; columns keep their types."""

    name: str
    file: Any  # pyarrow ParquetFile
    names: list[str]
    sample: Any
    format: str = "parquet"
    delimiter: str = ""
    has_header: bool = True
    warnings: list[str] = field(default_factory=list)

    def read(self, columns: list[str]) -> tuple[Any, int]:
        """The columns as a pyarrow table; no row is ever left out.

        Raises:
            LogError: The file is damaged.
        """
        try:
            return _decoded(self.file.read(columns=columns)), 0
        except (pa.ArrowException, OSError) as error:
            raise _damaged(self.name, error) from error


def open_parquet(name: str, data: bytes) -> ParquetSource:
    """Opens the file and reads its first rows.

    Raises:
        LogError: The file is damaged or has too many rows.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        names = list(file.schema_arrow.names)
        rows = file.metadata.num_rows
        if rows > MAX_ROWS:
            raise LogError(
                f"{name} has {rows:,} rows; at most {MAX_ROWS:,} are read. Cut it into parts."
            )
        batch = next(file.iter_batches(batch_size=SAMPLE_ROWS), None)
        empty = file.schema_arrow.empty_table()
        sample = empty if batch is None else pa.Table.from_batches([batch])
        return ParquetSource(name, file, names, _decoded(sample))
    except (pa.ArrowException, OSError) as error:
        raise _damaged(name, error) from error


def _decoded(table: Any) -> Any:
    """`table` with dictionary-encoded columns as plain ones."""
    for index, column in enumerate(table.schema):
        if pa.types.is_dictionary(column.type):
            plain = table.column(index).cast(column.type.value_type)
            table = table.set_column(index, column.name, plain)
    return table


def _damaged(name: str, error: Exception) -> LogError:
    reason = " ".join(str(error).split())[:100]
    return LogError(f"{name} is no readable Parquet file ({reason}). Write or download it again.")
