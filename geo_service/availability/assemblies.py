"""Available parcels as one site: groups that lie together, and the smallest of them that are large enough.

Answers the question where one could get 15,000 m2 together. Pure: arrays and frames in and out, coordinates
in EPSG:25832 (metres), areas in m2. Parcels are known by their position in the input.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array

from geo_service.availability.inputs import Geometries
from geo_service.availability.joins import Joins
from geo_service.availability.waterfall import Areas, Flags, Indices


@dataclass(frozen=True)
class Assembly:
    """Parcels that together are large enough.

    Parameters
    ----------
    parcels
        Their positions, rising. None of them can be left out.
    net_m2
        Joint net area.
    compactness
        Share of the joint convex hull that they fill, in (0, 1].
    across
        Whether a street lies between some of them.
    """

    parcels: tuple[int, ...]
    net_m2: float
    compactness: float
    across: bool


@dataclass(frozen=True)
class Wish:
    """How much land is wanted together.

    Parameters
    ----------
    at_least_m2
        Net area.
    at_most_parcels
        More than so many parcels are no sensible site.
    limit
        Greatest number of answers.
    apart
        Whether no parcel may be in two answers: places rather than variants of one.
    seeds
        Parcels to grow from, the largest of each group first; bounds the work.
    """

    at_least_m2: float
    at_most_parcels: int = 10
    limit: int = 20
    apart: bool = True
    seeds: int = 1_000


def summarise(land: Geometries, net_m2: Areas, joins: Joins) -> pd.DataFrame:
    """Sum up the groups of parcels that lie together.

    Parameters
    ----------
    land, net_m2
        Geometry (EPSG:25832) and net area of each parcel; shape (n,).
    joins
        Result of `find_joins`.

    Returns
    -------
    pandas.DataFrame
        By group (index as `Joins.groups`): ``parcels`` (number), ``net_m2``, ``compactness`` (share of the
        convex hull that the land fills), ``across`` (a street lies between some of them).
    """
    groups = joins.groups()
    size = int(groups.max(initial=-1)) + 1
    across = np.zeros(size, dtype=bool)
    across[groups[joins.first[joins.across]]] = True
    return pd.DataFrame(
        {
            "parcels": np.bincount(groups, minlength=size),
            "net_m2": np.bincount(groups, net_m2, size),
            "compactness": _compactness(land, np.arange(len(land)), groups, size),
            "across": across,
        }
    )


def _compactness(land: Geometries, parcels: Indices, groups: Indices, size: int) -> Areas:
    """Return the share of its convex hull that each group fills; NaN where it has no land."""
    parts, place = shapely.get_parts(land[parcels], return_index=True)
    owner = groups[place]
    order = np.argsort(owner, kind="stable")
    order = order[~shapely.is_empty(parts[order])]
    parts, owner = parts[order], owner[order]
    result = np.full(size, np.nan)
    present = np.unique(owner)
    if len(present):
        joint = shapely.multipolygons(parts, indices=np.searchsorted(present, owner))
        area = np.bincount(owner, shapely.area(parts), size)[present]
        result[present] = np.minimum(area / shapely.area(shapely.convex_hull(joint)), 1.0)
    return result


def enough_together(land: Geometries, net_m2: Areas, joins: Joins, wish: Wish) -> tuple[Assembly, ...]:
    """Find parcels that together have enough net land.

    Parameters
    ----------
    land, net_m2
        Geometry (EPSG:25832) and net area of each parcel; shape (n,).
    joins
        Which lie together: `find_joins`, perhaps `Joins.of_one_owner_kind`.
    wish
        How much is wanted.

    Returns
    -------
    tuple of Assembly
        Fewest parcels first, then least surplus, then most compact. Each is connected and minimal: without
        any one of its parcels it would be too small or fall apart.

    Notes
    -----
    From each seed the assembly grows by the neighbour that completes it with least surplus, else by the
    largest; then whatever is not needed is left out, smallest first. Not every assembly there is will be
    found, but where a group is large enough and the number of parcels is not bounded, one is.
    """
    groups = joins.groups()
    sums = np.bincount(groups, net_m2, len(groups))
    near = _adjacency(joins)
    found: set[tuple[int, ...]] = set()
    for seed in _seeds(groups, net_m2, sums[groups] >= wish.at_least_m2, wish.seeds):
        grown = _grow(int(seed), near, net_m2, wish.at_least_m2)
        if grown and len(needed := _pruned(grown, near, net_m2, wish.at_least_m2)) <= wish.at_most_parcels:
            found.add(tuple(sorted(needed)))
    ranked = sorted(_assemblies(sorted(found), land, net_m2, joins), key=_rank)
    taken: set[int] = set()
    chosen: list[Assembly] = []
    for assembly in ranked:
        if not (wish.apart and taken.intersection(assembly.parcels)) and len(chosen) < wish.limit:
            chosen.append(assembly)
            taken.update(assembly.parcels)
    return tuple(chosen)


def _rank(assembly: Assembly) -> tuple[float, ...]:
    surplus = round(assembly.net_m2, 4)
    return (len(assembly.parcels), surplus, -round(assembly.compactness, 9), *assembly.parcels)


def _adjacency(joins: Joins) -> csr_array:
    """Return the shared metres of each pair, both ways."""
    row = np.concatenate([joins.first, joins.second])
    column = np.concatenate([joins.second, joins.first])
    shared = np.concatenate([joins.shared_m, joins.shared_m])
    return csr_array((shared, (row, column)), shape=(joins.size, joins.size))


def _seeds(groups: Indices, net_m2: Areas, hopeful: Flags, most: int) -> Indices:
    """Return the parcels to grow from: the largest of each group, then the second, and so on."""
    parcels = np.flatnonzero(hopeful & (net_m2 > 0))
    order = parcels[np.lexsort((parcels, -net_m2[parcels]))]
    turn = pd.Series(groups[order]).groupby(groups[order]).cumcount().to_numpy()
    return order[np.argsort(turn, kind="stable")][:most]


def _grow(seed: int, near: csr_array, net_m2: Areas, at_least_m2: float) -> list[int]:
    """Add neighbours until there is enough; empty where there never is."""
    chosen, total = [seed], float(net_m2[seed])
    contact: dict[int, float] = {}
    added = seed
    while total < at_least_m2:
        for place in range(near.indptr[added], near.indptr[added + 1]):
            other = int(near.indices[place])
            if other not in chosen:
                contact[other] = contact.get(other, 0.0) + float(near.data[place])
        if not contact:
            return []
        enough = [other for other in contact if total + net_m2[other] >= at_least_m2]
        if enough:
            added = min(enough, key=lambda other: (net_m2[other], -contact[other], other))
        else:
            added = max(contact, key=lambda other: (net_m2[other], contact[other], -other))
        del contact[added]
        chosen.append(added)
        total += float(net_m2[added])
    return chosen


def _pruned(chosen: list[int], near: csr_array, net_m2: Areas, at_least_m2: float) -> list[int]:
    """Leave out what is not needed, the smallest first, until nothing can go."""
    kept = list(chosen)
    for parcel in sorted(chosen, key=lambda one: (net_m2[one], one)) * len(chosen):
        rest = [other for other in kept if other != parcel]
        if len(rest) < len(kept) and sum(net_m2[rest]) >= at_least_m2 and _connected(rest, near):
            kept = rest
    return kept


def _connected(parcels: list[int], near: csr_array) -> bool:
    reached, open_ends = {parcels[0]}, [parcels[0]]
    wanted = set(parcels)
    while open_ends:
        here = open_ends.pop()
        around = {int(other) for other in near.indices[near.indptr[here] : near.indptr[here + 1]]}
        open_ends += (around & wanted) - reached
        reached |= around & wanted
    return reached == wanted


def _assemblies(
    found: list[tuple[int, ...]], land: Geometries, net_m2: Areas, joins: Joins
) -> Iterable[Assembly]:
    """Measure the assemblies found."""
    parcels = np.array([parcel for each in found for parcel in each], dtype=np.int64)
    groups = np.repeat(np.arange(len(found)), [len(each) for each in found])
    compactness = _compactness(land, parcels, groups, len(found))
    over = joins.take(joins.across)
    streets = [set(pair) for pair in zip(over.first.tolist(), over.second.tolist(), strict=True)]
    for number, each in enumerate(found):
        across = any(pair <= set(each) for pair in streets)
        yield Assembly(each, float(net_m2[list(each)].sum()), float(compactness[number]), across)
