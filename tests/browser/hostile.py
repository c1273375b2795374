"""Records whose texts try to be code."""

from datetime import date, timedelta

from psycopg.types.range import Range
from sqlalchemy import Connection, text

from geo_service.schema import Availability, Parcel, Premises, Site, Vacancy
from tests.sample_rows import TODAY, Rows, box, place
from tests.vacant import ASSESS_AS_VACANT

ATTACK = (
    '"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>\'`${window.pwned=1}`'
    "{{7*7}}</textarea>\u202e\U0001f3d7\\"
)
PARCEL_KEY = "05124900300777______"
PREMISES_KEY = "L-HOSTILE"
SITE_SLUG = "hostile"


def write_hostile(connection: Connection) -> None:
    """Write a parcel, premises and a site with hostile names, the site's one 500 characters long."""
    rows = Rows(connection)
    district = connection.execute(text("SELECT min(id) FROM districts")).scalar_one()
    rows.row(
        "parcel",
        Parcel,
        parcel_key=PARCEL_KEY,
        gemarkung_key=PARCEL_KEY[:6],
        gemarkung=f"Gemarkung {ATTACK}",
        flur=3,
        numerator=777,
        municipality_key="05913000",
        municipality="Dortmund",
        location_text=f"Straße {ATTACK}",
        actual_use=ATTACK,
        district_id=district,
        geom=box(396_000, 5_707_000, 300, 200),
    )
    item = {"kind": ATTACK, "title": ATTACK, "office": ATTACK, "source": ATTACK, "deduction_m2": 100.0}
    link = {"what": "restriction", "id": 1, "kind": "contamination", "title": ATTACK, "office": ATTACK}
    rows.row(
        "",
        Availability,
        parcel_id=rows.ids["parcel"],
        as_of=TODAY,
        preset="default",
        gross_m2=60_000,
        net_m2=59_900,
        estimated_m2=0,
        largest_piece_m2=59_900,
        severity="light",
        horizon="mid",
        available_from=date(2030, 1, 1),
        items=[item],
        chain=[{**link, "free_from": "2030-01-01", "source": ATTACK}],
    )
    connection.execute(ASSESS_AS_VACANT)
    rows.row(
        "premises",
        Premises,
        premises_key=PREMISES_KEY,
        name=f"Laden {ATTACK}",
        street=f"Gasse {ATTACK}",
        house_number="1",
        area_m2=66,
        permitted_uses=["craft"],
        district_id=district,
        geom=place(396_500, 5_707_500),
    )
    rows.row(
        "vacancy",
        Vacancy,
        premises_id=rows.ids["premises"],
        during=Range(TODAY - timedelta(days=9), None),
        previous_use=ATTACK,
    )
    rows.row(
        "site",
        Site,
        slug=SITE_SLUG,
        name=(f"Standort {ATTACK}" * 10)[:500],
        summary_de=ATTACK,
        summary_en=ATTACK,
        facts=[{"de": ATTACK, "en": ATTACK, "source": ATTACK}],
        target_groups=[ATTACK],
        uses=[ATTACK],
        phase="planning",
        location_note=ATTACK,
        geometry_accuracy_m=50.0,
        geom=box(396_800, 5_706_500, 200, 200),
    )
