"""Tables in Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from metertui.engine.errors import DataError
from metertui.formats.tables.rows import ROWS_PER_BLOCK, Block, Row, as_cell


def read_rows(path: Path) -> Iterator[Block]:
    """Yield the names of the columns as row 0, and the rows from 1. Raises DataError, OSError."""
    import pyarrow as pa  # noqa: PLC0415  # it loads slowly, and most sessions do not need it
    from pyarrow import parquet  # noqa: PLC0415

    try:
        with parquet.ParquetFile(path) as file:
            names = [Row("", 0, list(file.schema_arrow.names))]
            number, count = 1, file.metadata.num_rows or 1
            for batch in file.iter_batches(ROWS_PER_BLOCK):
                columns = [[as_cell(value) for value in column.to_pylist()] for column in batch.columns]
                rows = [Row("", at, list(cells)) for at, cells in enumerate(zip(*columns, strict=True), number)]
                number += len(rows)
                yield (number - 1) / count, names + rows
                names = []
            if names:
                yield 1.0, names
    except pa.ArrowException as error:
        raise DataError(path, None, f"the Parquet file is damaged: {str(error).splitlines()[0]}") from error
