"""Which parcels lie together: along an edge, or across a narrow street.

Pure: arrays in and out, coordinates in EPSG:25832 (metres). Parcels are known by their position in the input.
Who owns them is never asked; the kind of owner, where the caller may see it, only by
`Joins.of_one_owner_kind`.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo_service.availability.across import faces_over_streets
from geo_service.availability.edges import Edges, Faces, covered_lengths, edges_of, facing
from geo_service.availability.inputs import Geometries
from geo_service.availability.waterfall import Areas, Flags, Indices

UNKNOWN_OWNER: Final = "unknown"
"""Owner kind that equals none, not even itself."""


@dataclass(frozen=True)
class JoinRules:
    """When two parcels lie together.

    Parameters
    ----------
    edge_m
        Least length in metres over which they must touch or face each other.
    touch_m
        Gap or overlap in metres up to which they touch: digitised borders never match exactly.
    across_m
        Greatest width in metres of a street across which they still lie together; 0: never across.
    """

    edge_m: float = 3.0
    touch_m: float = 0.05
    across_m: float = 0.0


@dataclass(frozen=True)
class Joins:
    """Pairs of parcels that lie together, each once; arrays of shape (pairs,).

    Parameters
    ----------
    size
        Number of parcels.
    first, second
        Their positions, the smaller one first.
    shared_m
        Metres over which they touch, or face each other across the street.
    across
        Whether a street lies between.
    """

    size: int
    first: Indices
    second: Indices
    shared_m: Areas
    across: Flags

    def take(self, keep: Flags) -> "Joins":
        """Return some of the pairs."""
        return Joins(self.size, self.first[keep], self.second[keep], self.shared_m[keep], self.across[keep])

    def of_one_owner_kind(self, owner_kind: npt.NDArray[Any]) -> "Joins":
        """Return the pairs with the same, known kind of owner; `owner_kind` of shape (size,)."""
        kind = pd.Series(owner_kind, dtype=object).fillna(UNKNOWN_OWNER).to_numpy()
        same = (kind[self.first] == kind[self.second]) & (kind[self.first] != UNKNOWN_OWNER)
        return self.take(same.astype(bool))

    def groups(self) -> Indices:
        """Return the group of each parcel, numbered from 0 by the first parcel in it; shape (size,)."""
        ones = np.ones(len(self.first), dtype=np.int8)
        graph = csr_array((ones, (self.first, self.second)), shape=(self.size, self.size))
        labels = connected_components(graph, directed=False)[1]
        _, start, inverse = np.unique(labels, return_index=True, return_inverse=True)
        rank = np.empty(len(start), dtype=np.int64)
        rank[np.argsort(start)] = np.arange(len(start))
        return rank[inverse]


def find_joins(land: Geometries, rules: JoinRules | None = None, streets: Geometries | None = None) -> Joins:
    """Find the parcels that lie together.

    Parameters
    ----------
    land
        Offered land of the parcels in question, EPSG:25832; empty ones lie with none; shape (n,).
    rules
        None: touching over at least 3 m.
    streets
        Street parcels (polygons), EPSG:25832; needed to look across streets.

    Notes
    -----
    Touching and facing are measured from both sides and averaged, so that the order of the parcels does not
    matter. Across a street counts what lies along it and where, square to the edge, there is street all the
    way to the other parcel.
    """
    rules = rules or JoinRules()
    edges = edges_of(land)
    touching = _pairs(edges, facing(edges, edges, rules.touch_m, rules.touch_m), len(land))
    joins = touching.take(touching.shared_m >= rules.edge_m)
    if rules.across_m <= 0 or streets is None or not len(streets):
        return joins
    opposite = _pairs(*faces_over_streets(edges, streets, rules.touch_m, rules.across_m), len(land))
    wide = opposite.take(opposite.shared_m >= rules.edge_m)
    new = wide.take(~np.isin(_code(wide), _code(joins)))
    return Joins(
        len(land),
        np.concatenate([joins.first, new.first]),
        np.concatenate([joins.second, new.second]),
        np.concatenate([joins.shared_m, new.shared_m]),
        np.concatenate([joins.across, np.ones(len(new.first), dtype=bool)]),
    )


def _code(joins: Joins) -> Indices:
    return joins.first * joins.size + joins.second


def _pairs(edges: Edges, faces: Faces, size: int) -> Joins:
    """Sum faces up by pair of parcels: the mean of what both sides see."""
    owner, other = edges.owner[faces.edge], edges.owner[faces.other]
    rows = np.flatnonzero(owner != other)
    seen, group = np.unique(np.stack([faces.edge[rows], other[rows]]), axis=1, return_inverse=True)
    length = covered_lengths(group.reshape(-1), faces.begin_m[rows], faces.end_m[rows], seen.shape[1])
    pair = np.sort(np.stack([edges.owner[seen[0]], seen[1]]), axis=0)
    code, place = np.unique(pair[0] * size + pair[1], return_inverse=True)
    shared = np.bincount(place, length, len(code)) / 2
    first, second = np.divmod(code, max(size, 1))
    return Joins(size, first, second, shared, np.zeros(len(code), dtype=bool))
