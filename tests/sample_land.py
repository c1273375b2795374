"""Land of the sample city.

Parcels are 100 x 50 m and lie in a row from (394000, 5707000) eastwards, 200 m apart (EPSG:25832).
"""

from datetime import UTC, date, datetime, timedelta

from psycopg.types.range import Range

from geo_service.schema import (
    Availability,
    AvailabilityRun,
    Building,
    Capacity,
    DevelopmentPlan,
    District,
    LandUseArea,
    Milestone,
    Occupancy,
    Parcel,
    ParcelOwner,
    Phase,
    PlanArea,
    Plot,
    Quarter,
    Restriction,
    Site,
    Usability,
)
from tests.sample_rows import SECRET, TODAY, Rows, box
from tests.vacant import ASSESS_AS_VACANT

PUBLIC_KEYS = (
    "051249003001230004__",
    "05124900300124______",
    "05124700100055______",
    "05124900300902______",
)
COMPUTED_AT = datetime(2026, 10, 31, 12, tzinfo=UTC)
"""When the stored availability was computed."""
OBJECTED_KEY = "05124900300900______"
ANNOUNCED_KEY = "05124900300901______"
ENDED_KEY = "05124900300903______"


def areas(rows: Rows) -> None:
    rows.row(
        "west",
        District,
        key="innenstadt-west",
        name="Innenstadt-West",
        geom=box(393_000, 5_706_000, 2_000, 2_000),
    )
    rows.row("hoerde", District, key="hoerde", name="Hörde", geom=box(395_000, 5_706_000, 2_000, 2_000))
    rows.row(
        "kreuzviertel",
        Quarter,
        key="kreuzviertel",
        name="Kreuzviertel",
        district_id=rows.ids["west"],
        geometry_accuracy_m=100.0,
        geom=box(393_500, 5_706_500, 500, 500),
    )


def run(rows: Rows) -> int:
    """Record what the stored availability was computed from."""
    return rows.row(
        "run",
        AvailabilityRun,
        as_of=TODAY,
        preset="default",
        known_on=TODAY,
        rules={"order": ["existing_building", "water"], "sliver_width_m": 3.0},
        program="drawn",
        snapshot="1:1:",
        actor="sample",
        parcels=7,
        recomputed=7,
        started_at=COMPUTED_AT,
        finished_at=COMPUTED_AT,
    )


def parcels(rows: Rows) -> None:
    run_id = run(rows)
    texts = {
        PUBLIC_KEYS[0]: "Speicherstraße 12",
        PUBLIC_KEYS[1]: "Speicherstraße 14",
        PUBLIC_KEYS[2]: "Hermannstraße 5",
        PUBLIC_KEYS[3]: "Westhusener Straße",
        ENDED_KEY: "Alte Gasse 1",
    }
    for index, key in enumerate((*PUBLIC_KEYS, OBJECTED_KEY, ANNOUNCED_KEY, ENDED_KEY)):
        gemarkung = "Hörde" if key.startswith("051247") else "Bodelschwingh"
        rows.row(
            key,
            Parcel,
            parcel_key=key,
            gemarkung_key=key[:6],
            gemarkung=gemarkung,
            flur=int(key[6:9]),
            numerator=int(key[9:14]),
            denominator=int(key[14:18]) if key[14] != "_" else None,
            municipality_key="05913000",
            municipality="Dortmund",
            official_area_m2=5_010,
            location_text=texts.get(key, f"Verborgene Gasse {index} {SECRET}"),
            actual_use="Industrie- und Gewerbefläche / Gewerbe, unbebaut",
            owner_kind="municipal",
            district_id=rows.ids["west"],
            publication_objection=key == OBJECTED_KEY,
            publication_announced_on={
                ANNOUNCED_KEY: TODAY - timedelta(days=10),
                PUBLIC_KEYS[3]: TODAY - timedelta(days=70),
            }.get(key),
            valid=Range(None, TODAY - timedelta(days=5)) if key == ENDED_KEY else Range(None, None),
            geom=box(394_000 + 200 * index, 5_707_000, 100, 50),
        )
        rows.row(
            "",
            Availability,
            parcel_id=rows.ids[key],
            as_of=TODAY,
            preset="default",
            gross_m2=5_000,
            net_m2=4_000,
            estimated_m2=0,
            largest_piece_m2=4_000,
            severity="light",
            horizon="short",
            available_from=date(2028, 3, 1),
            items=[{"note": SECRET}],
            chain=[
                {"kind": "contamination", "free_from": "2028-03-01", "holder": SECRET},
                {"kind": "plan_not_in_force", "usual_from": "2027-05-01", "usual_to": "2028-05-01"},
            ],
            computed_at=COMPUTED_AT,
            run_id=run_id,
        )
    usable(rows)


def usable(rows: Rows) -> None:
    """Assess the parcels: a gap, a brownfield without street, vacant ones, one of another computation."""
    for place, category, ground, frontage_m in (
        (0, ("gap", "gap_in_plan"), ("settled", "gap_is_settled"), 100.0),
        (1, ("brownfield", "disused"), ("brownfield", "is_brownfield"), 0.0),
        (2, ("vacant", "nothing_stands_there"), ("green_field", "farm_or_forest"), None),
        (3, ("gap", "gap_in_plan"), ("settled", "gap_is_settled"), 100.0),
    ):
        held = ("company_reserve", "held_by_a_company") if place == 0 else category
        sought = ("none", "nobody_is_sought") if place == 0 else ("producing_firms", "producing")
        rows.row(
            "",
            Usability,
            parcel_id=rows.ids[(*PUBLIC_KEYS[:3], OBJECTED_KEY)[place]],
            offered_m2=3_950,
            sliver_m2=50,
            piece_m2=3_900,
            circle_m=40 - place,
            rectangle_length_m=97.5,
            rectangle_width_m=40 - place,
            frontage_m=frontage_m,
            category=category[0],
            category_rule=category[1],
            ground=ground[0],
            ground_rule=ground[1],
            potential_use="commerce",
            potential_use_rule="zone_commerce",
            target_group="producing_firms",
            target_group_rule="producing",
            internal_category=held[0],
            internal_category_rule=held[1],
            internal_target_group=sought[0],
            internal_target_group_rule=sought[1],
            offered=True,
            internal_offered=True,
            computed_at=COMPUTED_AT - timedelta(days=1 if place == 3 else 0),
        )
    rows.connection.execute(ASSESS_AS_VACANT)


def land(rows: Rows) -> None:
    first = rows.ids[PUBLIC_KEYS[0]]
    rows.row("owner", ParcelOwner, parcel_id=first, name=f"{SECRET} Eigner", address=f"{SECRET}weg 1")
    rows.row(
        "lease",
        Occupancy,
        parcel_id=first,
        kind="leased",
        during=Range(date(2020, 1, 1), date(2028, 3, 1)),
        office="Liegenschaften",
        holder=f"{SECRET} Pächter",
        note=f"{SECRET} Pacht",
    )
    rows.row(
        "altlast",
        Restriction,
        restriction_key="alt-1",
        kind="contamination",
        effect="delays",
        severity="severe",
        title="Altlast Kokerei",
        office="Umweltamt",
        note=f"{SECRET} Gutachten",
        valid=Range(date(2020, 1, 1), date(2029, 1, 1)),
        geom=box(394_000, 5_707_000, 50, 50),
    )
    rows.row(
        "unwilling",
        Restriction,
        restriction_key="own-1",
        kind="owner_unwilling",
        effect="delays",
        severity="severe",
        title=f"{SECRET} will nicht verkaufen",
        geom=box(394_200, 5_707_000, 100, 50),
    )
    rows.row(
        "plan",
        DevelopmentPlan,
        plan_key="Hu 148",
        name="Speicherstraße Nord",
        legal_status=2400,
        office="Stadtplanungsamt",
        geom=box(393_900, 5_706_900, 800, 300),
    )
    rows.row(
        "area",
        PlanArea,
        plan_id=rows.ids["plan"],
        zone_code=1700,
        zone="GE",
        grz=0.8,
        gfz=2.4,
        geom=box(393_900, 5_706_900, 400, 300),
    )
    rows.row("fnp", LandUseArea, area_key="fnp-1", use="commercial", geom=box(394_000, 5_707_000, 900, 300))
    rows.row(
        "hall",
        Building,
        building_key="DENW00AL00000001",
        function="Gebäude für Wirtschaft oder Gewerbe",
        storeys=3,
        built_year=1961,
        geom=box(394_210, 5_707_010, 40, 20),
    )
    rows.row(
        "",
        Capacity,
        parcel_id=rows.ids[PUBLIC_KEYS[1]],
        as_of=TODAY,
        built=True,
        plan_share=1.0,
        plan_in_force=False,
        allowed_footprint_m2=4_000,
        allowed_footprint_basis="stated",
        allowed_floor_m2=12_000,
        allowed_floor_basis="stated",
        built_footprint_m2=800,
        built_floor_m2=2_400,
        left_footprint_m2=3_200,
        left_floor_m2=9_600,
        exceeds_plan=False,
        parts=[
            {
                "plan_key": "Hu 148",
                "zone": "GE",
                "governed_m2": 5_000,
                "grz": 0.8,
                "gfz": 2.4,
                "max_storeys": None,
                "footprint_m2": 4_000,
                "footprint_basis": "stated",
                "floor_m2": 12_000,
                "floor_basis": "stated",
                "in_force": False,
                "source": "Testdaten",
            }
        ],
        computed_at=COMPUTED_AT,
    )


def sites(rows: Rows) -> None:
    campus = rows.row(
        "energiecampus",
        Site,
        slug="energiecampus",
        name="Energiecampus",
        summary_de="Technologiegebiet in Huckarde.",
        summary_en="Technology area in Huckarde.",
        facts=[{"de": "etwa 4 ha", "en": "about 4 ha", "source": "[NS]"}],
        target_groups=["Energie"],
        uses=["GE"],
        phase="planning",
        stated_area_ha=4.0,
        geometry_accuracy_m=150.0,
        district_id=rows.ids["west"],
        geom=box(394_000, 5_706_500, 200, 200),
    )
    rows.row(
        "cleanport",
        Site,
        slug="cleanport",
        name="Cleanport",
        summary_de="Wasserstoff.",
        summary_en="Hydrogen.",
        location_note="Ort nicht bekannt",
    )
    rows.row(
        "plot",
        Plot,
        site_id=campus,
        slug="a1",
        name="Baufeld A1",
        status="available",
        uses=["GE"],
        zone="GE",
        available_from=date(2027, 1, 1),
        price_eur_per_m2=95,
        geometry_accuracy_m=150.0,
        geom=box(394_000, 5_706_500, 100, 100),
    )
    rows.row(
        "phase",
        Phase,
        site_id=campus,
        kind="planning",
        name_de="Planung",
        name_en="Planning",
        during=Range(date(2024, 1, 1), date(2027, 1, 1)),
    )
    rows.row("milestone", Milestone, site_id=campus, name_de="IGA 2027", name_en="IGA 2027", due_text="2027")
