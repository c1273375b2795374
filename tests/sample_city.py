"""A small city drawn by hand, committed for tests of answers; every confidential column holds a secret."""

from dataclasses import dataclass
from datetime import date, timedelta

from psycopg.types.range import Range
from sqlalchemy import Connection, text

from geo_service.schema import (
    ContestRound,
    Inquiry,
    MatchDecision,
    Placement,
    Premises,
    TransitAccess,
    TransitDeparture,
    TransitFeed,
    TransitStop,
    Vacancy,
    Winner,
    metadata,
)
from tests.sample_land import ANNOUNCED_KEY, OBJECTED_KEY, PUBLIC_KEYS, areas, land, parcels, sites
from tests.sample_rows import SECRET, SECRET_RENTS, TODAY, Rows, place
from tests.transit.kept import hold


@dataclass(frozen=True)
class Sample:
    """Ids of the sample rows, by name."""

    ids: dict[str, int]


def write_sample(connection: Connection) -> Sample:
    """Write the rows and return their ids."""
    rows = Rows(connection)
    areas(rows)
    parcels(rows)
    land(rows)
    sites(rows)
    premises(rows)
    transit(rows)
    people(rows)
    connection.execute(text("DELETE FROM availability_marks"))  # the results were computed last
    hold(connection)
    return Sample(rows.ids)


def remove_rows(connection: Connection) -> None:
    """Empty all tables."""
    names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


def premises(rows: Rows) -> None:
    for index, (street, number) in enumerate(
        (("Kreuzstraße", "7"), ("Kampstraße", "21 a"), ("Kaiserstraße", "3"))
    ):
        rows.row(
            f"premises-{index}",
            Premises,
            premises_key=f"L-{index}",
            name=f"Laden {street}",
            street=street,
            house_number=number,
            postcode="44137",
            area_m2=80 + index,
            permitted_uses=["retail"],
            features=["water"],
            net_rent_eur_month=SECRET_RENTS[0],
            landlord=f"{SECRET} Vermieter",
            contact=f"{SECRET} Kontakt",
            note=f"{SECRET} Notiz",
            district_id=rows.ids["west"],
            quarter_id=rows.ids["kreuzviertel"],
            geom=place(393_600 + 100 * index, 5_706_600),
        )
    first, second, third = (rows.ids[f"premises-{index}"] for index in range(3))
    rows.row(
        "vacant",
        Vacancy,
        premises_id=first,
        during=Range(TODAY - timedelta(days=200), None),
        previous_use="Buchhandlung",
        asking_rent_eur_month=900,
        note=f"{SECRET} Leerstand",
    )
    rows.row(
        "past",
        Vacancy,
        premises_id=second,
        during=Range(date(2020, 1, 1), date(2021, 1, 1)),
        previous_use="Café",
    )
    rows.row(
        "threatened",
        Vacancy,
        premises_id=third,
        during=Range(TODAY - timedelta(days=20), None),
        status="threatened",
        previous_use=f"{SECRET} Mieter",
    )


def transit(rows: Rows) -> None:
    for name, current in (("vrr", True), ("alt", False)):
        feed = rows.row(
            f"feed-{name}",
            TransitFeed,
            name=name,
            content_hash=f"hash-{name}",
            publisher="VRR",
            service=Range(date(2026, 1, 1), date(2026, 12, 31)),
            weekday=date(2026, 3, 3),
            is_current=current,
            report={},
        )
        rows.row(
            f"stop-{name}",
            TransitStop,
            feed_id=feed,
            stop_id=f"de:05913:{name}",
            name=f"Hafen {name}",
            member_ids=["1"],
            modes=["tram"],
            lines=["U47"],
            geom=place(394_050, 5_707_300),
        )
    stop = rows.ids["stop-vrr"]
    rows.row(
        "departure",
        TransitDeparture,
        feed_id=rows.ids["feed-vrr"],
        stop_pk=stop,
        platform_id="1",
        mode="tram",
        route_type=900,
        line="U47",
        direction=0,
        next_stop_id="de:05913:2",
        days=b"\xff" + b"\0" * 45,
        departure_s=[21600, 22200],
    )
    for key in (*PUBLIC_KEYS, OBJECTED_KEY, ANNOUNCED_KEY):
        rows.row(
            "",
            TransitAccess,
            subject_kind="parcel",
            subject_id=rows.ids[key],
            method="are",
            grade="B",
            category="III",
            stop_pk=stop,
            distance_m=250.0,
            tram_stop_pk=stop,
            tram_distance_m=250.0,
        )


def people(rows: Rows) -> None:
    contest = rows.row(
        "round",
        ContestRound,
        slug="anstoss-2023-10",
        name="Anstoß Oktober 2023",
        held_on=date(2023, 10, 1),
        budget_eur=60_000,
    )
    wishes = {
        "round_id": contest,
        "use": "retail",
        "area_min_m2": 50,
        "area_max_m2": 120,
        "rent_max_eur_month": SECRET_RENTS[1],
        "wanted_from": TODAY,
    }
    for index in range(2):
        rows.row(
            f"winner-{index}",
            Winner,
            name=f"{SECRET} Konzept {index}",
            concept=f"{SECRET} Idee",
            contact=f"{SECRET} Gründer",
            **wishes,
        )
    rows.row(
        "decision",
        MatchDecision,
        winner_id=rows.ids["winner-1"],
        premises_id=rows.ids["premises-0"],
        kind="forbidden",
        reason=f"{SECRET} Veto",
        actor="test",
    )
    rows.row(
        "placement",
        Placement,
        winner_id=rows.ids["winner-0"],
        premises_id=rows.ids["premises-1"],
        during=Range(TODAY, TODAY + timedelta(days=365)),
        net_rent_eur_month=SECRET_RENTS[2],
        grant_eur=15_000,
        reason=f"{SECRET} Grund",
        actor="test",
    )
    rows.row(
        "inquiry",
        Inquiry,
        reference="A-1",
        received_on=TODAY,
        requester=f"{SECRET} Firma",
        contact=f"{SECRET} Anruf",
        subject="land",
        use="GE",
        area_min_m2=4_000,
        area_max_m2=6_000,
        price_max_eur_per_m2=SECRET_RENTS[3],
        outcome=f"{SECRET} Ausgang",
        note=f"{SECRET} Gespräch",
    )
