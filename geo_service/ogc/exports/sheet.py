"""A collection as an Excel workbook."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from geo_service.ogc.exports.queries import Rows, sheet_statement
from geo_service.ogc.exports.rows import parts
from geo_service.sheets import workbook

if TYPE_CHECKING:
    from geo_service.ogc.exports.formats import About

MOST_ROWS: Final = 1_048_575
"""A sheet holds that many below its heading."""


def write_sheet(connection: Connection, rows: Rows, about: "About", path: Path) -> None:
    """Write a workbook: the rows, and a sheet about them."""
    columns = [*rows.kinds.items(), ("lon", "degrees"), ("lat", "degrees")]
    with workbook(path, rows.view.collection, columns, about.texts()) as table:
        for part in parts(connection, sheet_statement(rows), rows.values):
            for row in part:
                table.add(row)
