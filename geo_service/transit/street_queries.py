"""Statements about streets: the current network, its edges, and what replaces them."""

from typing import Any

from sqlalchemy import Executable, Select, delete, func, insert, select, true, update

from geo_service.geometry import STORAGE_SRID
from geo_service.imports.models import ImportRun
from geo_service.transit.models import StreetEdge, StreetNetwork


def current_network() -> Select[Any]:
    """Select the network in use (all columns of `StreetNetwork`), if there is one."""
    return select(StreetNetwork).where(StreetNetwork.is_current)


def current_network_name() -> Select[Any]:
    """Select where the network in use comes from, if there is one.

    Columns: source, licence, source_date, is_demo.
    """
    network = StreetNetwork
    columns: list[Any] = [network.source, network.licence, network.source_date, network.is_demo]
    return select(*columns).where(StreetNetwork.is_current)


def current_network_id() -> Select[Any]:
    """Select the id of the network in use, if there is one."""
    return select(StreetNetwork.id).where(StreetNetwork.is_current)


def stored_edges(network_id: int) -> Executable:
    """Select the edges of a network to compare imports.

    Columns: way_id, street_class, name, walkable, start_barrier, end_barrier, geom (WKB, EPSG:25832).
    """
    return (
        select(
            StreetEdge.way_id,
            StreetEdge.street_class,
            StreetEdge.name,
            StreetEdge.walkable,
            StreetEdge.start_barrier,
            StreetEdge.end_barrier,
            func.ST_AsBinary(StreetEdge.geom, "NDR").label("geom"),
        )
        .where(StreetEdge.network_id == network_id)
        .order_by(StreetEdge.id)
    )


def walkable_edges(place: bytes | None = None, reach_m: float = 0.0) -> Executable:
    """Select the streets that people walk along, of the network in use.

    Parameters
    ----------
    place
        Only those around a place (WKB, EPSG:25832); None: all.
    reach_m
        How far from it, metres.

    Columns: start_node, end_node, start_barrier, end_barrier, geom (WKB, EPSG:25832).
    """
    spot = func.ST_GeomFromWKB(place, STORAGE_SRID)
    near = true() if place is None else func.ST_DWithin(StreetEdge.geom, spot, reach_m)
    return (
        select(
            StreetEdge.start_node,
            StreetEdge.end_node,
            StreetEdge.start_barrier,
            StreetEdge.end_barrier,
            func.ST_AsBinary(StreetEdge.geom).label("geom"),
        )
        .join(StreetNetwork, StreetNetwork.id == StreetEdge.network_id)
        .where(StreetNetwork.is_current, StreetEdge.walkable, near)
        .order_by(StreetEdge.id)
    )


def end_networks() -> Executable:
    """End the network in use."""
    current = update(StreetNetwork).where(StreetNetwork.is_current)
    return current.values(is_current=False, ended_at=func.now())


def delete_edges() -> Executable:
    """Delete the edges of all networks: only those of the one in use are kept."""
    return delete(StreetEdge)


def add_network(values: dict[str, Any]) -> Executable:
    """Add a network and return its id."""
    return insert(StreetNetwork).values(**values).returning(StreetNetwork.id)


def record_run(values: dict[str, Any]) -> Executable:
    """Note a finished import."""
    return insert(ImportRun).values(**values)
