"""The rows of an export, in batches: memory does not grow with the collection."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import Connection

from geo_service.auth.fields import Kind
from geo_service.ogc.exports.queries import GEOMETRY, Rows, row_statement
from geo_service.ogc.queries import Statement
from geo_service.sheets import LIST_MARK

BATCH_ROWS: Final = 1_000
ARROW_TYPES: Final[Mapping[Kind, pa.DataType]] = {
    "text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(),
    "date": pa.date32(), "moment": pa.timestamp("ms", tz="UTC"), "texts": pa.list_(pa.string()),
    "object": pa.string(),
}  # fmt: skip


def batches(
    connection: Connection, rows: Rows, *, lists: bool, faults: list[Exception]
) -> pa.RecordBatchReader:
    """Return the rows as Arrow: the fields, and ``geometry`` as WKB, x before y.

    Parameters
    ----------
    connection
        Read-only connection that stays open until the last batch.
    rows
        What is exported.
    lists
        Whether the format has lists; else their texts are joined.
    faults
        Takes what went wrong while the rows were read: some readers forget it.

    Raises
    ------
    BadParameter
        When the filter cannot be used.
    """
    schema = pa.schema(
        [(name, ARROW_TYPES[_stored(kind, lists=lists)]) for name, kind in rows.kinds.items()]
        + [(GEOMETRY, pa.binary())]
    )
    return pa.RecordBatchReader.from_batches(schema, _batches(connection, rows, schema, faults))


def _stored(kind: Kind, *, lists: bool) -> Kind:
    return "text" if kind == "texts" and not lists else kind


def _batches(
    connection: Connection, rows: Rows, schema: pa.Schema, faults: list[Exception]
) -> Iterator[pa.RecordBatch]:
    try:
        for part in parts(connection, row_statement(rows), rows.values):
            columns = zip(*part, strict=True)
            arrays = [
                pa.array(_cells(values, field), field.type)
                for values, field in zip(columns, schema, strict=True)
            ]
            yield pa.record_batch(arrays, schema=schema)
    except Exception as error:
        faults.append(error)
        raise


def _cells(values: tuple[Any, ...], field: pa.Field) -> list[Any]:
    """Return the values of a column as Arrow takes them."""
    if pa.types.is_string(field.type):
        return [_text(value) for value in values]
    if pa.types.is_floating(field.type):
        return [None if value is None else float(value) for value in values]
    return list(values)


def _text(value: Any) -> str | None:  # noqa: ANN401 - of any kind
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return LIST_MARK.join(value)
    return json.dumps(value, ensure_ascii=False)


def parts(connection: Connection, statement: Statement, values: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield the rows of a statement in lists, by a cursor on the server."""
    streamed = connection.execution_options(stream_results=True, yield_per=BATCH_ROWS)
    for part in streamed.execute(statement, values).partitions():
        yield list(part)
