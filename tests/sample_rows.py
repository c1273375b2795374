"""How the sample city is written down: labelled rows, hand-drawn shapes in EPSG:25832, planted secrets."""

from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import Connection, Table, insert

from geo_service.city import load_city

SECRET = "GEHEIM"
"""Part of every confidential text."""
SECRET_RENTS = (7741.13, 6613.37, 5519.71, 4423.19)
"""Confidential amounts: premises, winner, placement, inquiry."""
TODAY = load_city("dortmund").today()


class Rows:
    """Writes rows and remembers their ids by label."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.ids: dict[str, int] = {}

    def row(self, label: str, model: Any, /, **values: Any) -> int:
        table: Table = model.__table__
        for column, value in (("source", "Testdaten"), ("is_demo", True)):
            if column in table.columns:
                values.setdefault(column, value)
        statement = insert(table).values(values)
        if "id" in table.columns:
            self.ids[label] = self.connection.execute(statement.returning(table.c.id)).scalar_one()
            return self.ids[label]
        self.connection.execute(statement)
        return 0


def box(west: float, south: float, width: float, height: float) -> Any:
    polygon = shapely.MultiPolygon([shapely.box(west, south, west + width, south + height)])
    return from_shape(polygon, srid=25832)


def place(x: float, y: float) -> Any:
    return from_shape(shapely.Point(x, y), srid=25832)
