"""Whether anything changed that collections and tiles are made of: numbers that triggers count.

What was made under a number is right as long as the number stays: it is read before what is made from it.
Signing in, imports that change nothing and inquiries leave it alone. How parcels look on tiles of a city is
counted for each cell of a grid besides: what is kept of the other cells stays in use after an edit.
"""

from datetime import date
from typing import Any, Final

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from geo_service.db import Base

COUNTED_TABLES: Final = (
    "availability",
    "availability_marks",
    "buildings",
    "capacities",
    "development_plans",
    "districts",
    "land_use_areas",
    "parcels",
    "plots",
    "premises",
    "quarters",
    "restrictions",
    "sites",
    "street_networks",
    "transit_access",
    "transit_feeds",
    "transit_reach",
    "transit_reach_runs",
    "transit_runs",
    "transit_stops",
    "usability",
    "vacancies",
)
"""Tables that carry the counting trigger: all that statements of collections and tiles read."""


class DataChange(Base):
    """Changes counted by one writing connection: writers do not wait for each other."""

    __tablename__ = "data_changes"
    __table_args__ = (
        {"comment": "Whether anything changed that collections and tiles are made of: the sum tells"},
    )

    slot: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="Of the writing connection"
    )
    changes: Mapped[int] = mapped_column(BigInteger, comment="Grows with every change")


ALL_CELLS: Final = -1
"""Stands for all cells of the grid, where one of parcels is meant else."""


class TileChange(Base):
    """Changes of what the parcels of a cell look like, counted by one writing connection."""

    __tablename__ = "tile_changes"
    __table_args__ = (
        {"comment": "Where parcels look otherwise on tiles than before: the sum for a cell tells"},
    )

    cell: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="Of the grid (tile_cell); -1: all"
    )
    slot: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="Of the writing connection"
    )
    changes: Mapped[int] = mapped_column(BigInteger, comment="Grows with every change")


class TileCell(Base):
    """What the pieces of a cell were drawn from."""

    __tablename__ = "tile_cells"
    __table_args__ = (
        {"comment": "Of which changes the pieces of a cell know: of all of them, or they are not used"},
    )

    cell: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="Of the grid (tile_cell); -1: all"
    )
    changes: Mapped[int] = mapped_column(BigInteger, comment="Sum of its changes when it was drawn")
    day: Mapped[date] = mapped_column(comment="Day whose parcels were drawn")


class TilePiece(Base):
    """Parcels of a cell that look the same on tiles of a city, as one shape."""

    __tablename__ = "tile_pieces"
    __table_args__ = (
        Index("ix_tile_pieces_geom_grid", "geom_grid", postgresql_using="gist"),
        {"comment": "Parcels of a cell that look the same on tiles, as one; what crosses its edge, alone"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    cell: Mapped[int] = mapped_column(index=True, comment="Of the grid (tile_cell)")
    from_zoom: Mapped[int] = mapped_column(comment="Lowest zoom on which it is drawn")
    published: Mapped[bool] = mapped_column(comment="Whether the public may see it")
    horizon: Mapped[str | None] = mapped_column(comment="Of all its parcels, as what follows")
    offered: Mapped[bool | None]
    category: Mapped[str | None]
    severity: Mapped[str | None]
    grade: Mapped[str | None]
    is_demo: Mapped[bool]
    geom_grid: Mapped[Any] = mapped_column(
        Geometry("GEOMETRY", srid=-1, spatial_index=False),
        nullable=False,
        comment="Shapes as on_tile_grid makes them",
    )
