"""Facts for the rules: hand-drawn parcels whose answers can be checked by eye."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo_service.availability.capacity import PLAN_AREA_COLUMNS
from geo_service.availability.facts import (
    LAND_USE_COLUMNS,
    STREETS,
    Surroundings,
    begins_with,
    built_on,
    facts_of,
    main_uses,
)
from geo_service.availability.inputs import OCCUPANCY_COLUMNS, RESTRICTION_COLUMNS, Inputs, Options
from geo_service.availability.kernel import compute_availability
from tests.availability.drawing import DAY, PARCEL, array, box, delay, occupancy, restriction

WEST, EAST_LOT, SOUTH = box(-50, 0, 0, 50), box(100, 0, 150, 50), box(-50, -10, 150, 0)
"""Two lots beside the parcel, and the street that runs along all three."""
UNBUILT = "Wohnbaufläche / Unbebaut (Baulücke);5000"
HOUSE = "Wohnbaufläche / Offen;2500"
STREET = "Straßenverkehr;2000"


def words(*texts: str | None) -> Any:
    found = np.empty(len(texts), dtype=object)
    found[:] = texts
    return found


def frame(columns: tuple[str, ...], *rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns), dtype=object)


def around(**fields: Any) -> Surroundings:
    usual: dict[str, Any] = {
        "parcel_ids": np.array([2, 1, 3, 4]),
        "parcels": array(WEST, PARCEL, EAST_LOT, SOUTH),
        "actual_use": words(HOUSE, UNBUILT, HOUSE, STREET),
        "restrictions": frame(RESTRICTION_COLUMNS),
    }
    return Surroundings(**(usual | fields))


def facts(
    surroundings: Surroundings,
    restrictions: tuple[dict[str, Any], ...] = (),
    occupancies: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    """Return the facts of the 100 x 50 m parcel alone, as a caller who asks for one parcel gets them."""
    inputs = Inputs(
        np.array([1]),
        array(PARCEL),
        frame(RESTRICTION_COLUMNS, *restrictions),
        frame(OCCUPANCY_COLUMNS, *occupancies),
    )
    result = compute_availability(inputs, Options(DAY))
    row = facts_of(result, inputs, surroundings, main_uses(surroundings.actual_use)).iloc[0]
    return {str(name): value for name, value in row.items()}


def area(geometry: Any, area_id: int = 1, **fields: Any) -> dict[str, Any]:
    row = {"id": area_id, "zone_code": 1700, "zone": "GE", "legal_status": 4000, "geometry": geometry}
    return dict.fromkeys(PLAN_AREA_COLUMNS) | row | fields


@pytest.mark.parametrize(
    ("text", "main"),
    [
        ("Wald / Nadelholz;8743", "Wald / Nadelholz"),
        ("Wald / Nadelholz;8474|Weg / Wirtschaftsweg;9139", "Weg / Wirtschaftsweg"),
        ("Weg;400|Wald;500|Weg;200", "Weg"),
        ("Wald;500|Weg;500", "Wald"),
        ("Gewerbe", "Gewerbe"),
        ("Gewerbe|Wald;1", "Wald"),
        ("", None),
        (None, None),
    ],
)
def test_the_main_use_is_that_of_the_greatest_area(text: str | None, main: str | None) -> None:
    assert main_uses(words(text)).tolist() == [main]


def test_streets_are_told_by_their_use() -> None:
    uses = words(
        "Straßenverkehr / Verkehrsbegleitfläche Straße", "Strassenverkehr", "Platz / Parkplatz", "Weg", None
    )
    assert begins_with(uses, STREETS).tolist() == [True, True, True, False, False]


def test_built_by_restriction_register_or_cadastre_and_else_not_known() -> None:
    kept = frame(RESTRICTION_COLUMNS, restriction(box(-40, 10, -20, 30), kind="existing_building"))
    uses = main_uses(words(HOUSE, UNBUILT, HOUSE, STREET))
    assert built_on(around(restrictions=kept), uses).tolist() == [True, False, pd.NA, pd.NA]
    register = pd.Series([False, True, False, None], dtype="boolean")
    assert built_on(around(built=register), uses).tolist() == [False, True, False, pd.NA]
    assert built_on(around(built=register, restrictions=kept), uses).tolist() == [True, True, False, pd.NA]


def test_a_building_that_only_touches_does_not_stand_there() -> None:
    beside = frame(RESTRICTION_COLUMNS, restriction(box(-40, 10, 0.01, 30), kind="existing_building"))
    uses = main_uses(words(HOUSE, UNBUILT, HOUSE, STREET))
    assert built_on(around(restrictions=beside), uses).tolist() == [True, False, pd.NA, pd.NA]


def test_neighbours_count_but_not_the_street() -> None:
    west = frame(RESTRICTION_COLUMNS, restriction(box(-40, 10, -20, 30), kind="existing_building"))
    assert facts(around())["built_neighbours"] == 0  # nobody knows of a house
    assert facts(around(restrictions=west))["built_neighbours"] == 0.5
    both = frame(
        RESTRICTION_COLUMNS,
        restriction(box(-40, 10, -20, 30), kind="existing_building"),
        restriction(box(110, 10, 130, 30), id=2, kind="existing_building"),
    )
    assert facts(around(restrictions=both))["built_neighbours"] == 1
    alone = around(
        parcel_ids=np.array([1, 4]), parcels=array(PARCEL, SOUTH), actual_use=words(UNBUILT, STREET)
    )
    assert np.isnan(facts(alone)["built_neighbours"])
    built = around(actual_use=words(HOUSE, HOUSE, HOUSE, STREET), restrictions=west)
    assert np.isnan(facts(built)["built_neighbours"])  # not asked of a parcel that is not known to be unbuilt


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        ([], None),
        (["reserved"], "reserved"),
        (["reserved", "sold"], "sold"),
        (["leased", "company_reserve", "sold"], "company_reserve"),
    ],
)
def test_of_several_occupancies_the_strongest_is_told(kinds: list[str], told: str | None) -> None:
    rows = tuple(occupancy(None, id=number, kind=kind) for number, kind in enumerate(kinds, start=1))
    past = occupancy(date(2021, 1, 1), id=9, kind="company_reserve")
    elsewhere = occupancy(None, id=10, kind="company_reserve", parcel_id=77)
    assert facts(around(), occupancies=(*rows, past, elsewhere))["occupancy"] == told


def test_the_zone_of_the_greater_part_and_whether_half_is_building_area() -> None:
    large, small = area(box(0, 0, 60, 50)), area(box(60, 0, 100, 50), 2, zone_code=None, zone="MI")
    told = facts(around(plan_areas=frame(PLAN_AREA_COLUMNS, small, large)))
    assert (told["zone_code"], told["building_area"]) == (1700, True)
    told = facts(around(plan_areas=frame(PLAN_AREA_COLUMNS, small)))
    assert (told["zone_code"], told["building_area"]) == (1500, False)
    told = facts(around())
    assert (told["zone_code"], told["building_area"]) == (pd.NA, False)


def test_the_land_use_plan_counts_on_half_of_the_parcel() -> None:
    def use(x0: float, word: str, number: int) -> dict[str, Any]:
        return {"id": number, "use": word, "geometry": box(x0, 0, 100, 50)}

    half = frame(LAND_USE_COLUMNS, use(50, "commercial", 1))
    assert facts(around(land_use=half))["land_use_plan"] == "commercial"
    less = frame(LAND_USE_COLUMNS, use(51, "commercial", 1))
    assert facts(around(land_use=less))["land_use_plan"] is None
    parts = frame(LAND_USE_COLUMNS, use(40, "housing", 1), use(70, "housing", 2))
    assert facts(around(land_use=parts))["land_use_plan"] == "housing"
    later = frame(LAND_USE_COLUMNS, use(0, "mixed", 1), use(20, "special", 2))
    assert facts(around(land_use=later))["land_use_plan"] == "special"


def test_contamination_is_known_only_where_it_is_on_record() -> None:
    assert facts(around())["contaminated"] is pd.NA
    assert facts(around(), restrictions=(delay(),))["contaminated"]
    gone = restriction(box(0, 0, 10, 10), kind="contamination")
    assert facts(around(), restrictions=(gone,))["contaminated"]
