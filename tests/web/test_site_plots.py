"""What of a site is to be had, plot by plot, against a loop over every parcel and plot."""

import random
import re
from collections.abc import Iterator

import httpx
import pytest
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import text

from geo_service.auth.models import Role
from geo_service.availability.city_service import keys_of_scope
from geo_service.availability.service import today
from geo_service.db import Database
from geo_service.schema import Availability, Parcel, Plot, Site
from geo_service.web.queries.sites import PLOTS, SITE_PARCELS, SITE_WATERFALL
from tests.http_fixtures import SignedIn
from tests.sample_city import Sample
from tests.sample_land import COMPUTED_AT
from tests.sample_rows import TODAY, Rows
from tests.vacant import ASSESS_AS_VACANT

WEST, SOUTH = 396_000.0, 5_709_000.0
HALF_IS_SLIVERS = text("""
UPDATE usability SET offered_m2 = offered_m2 / 2, sliver_m2 = offered_m2 / 2
 WHERE parcel_id IN (SELECT id FROM parcels WHERE gemarkung = 'Gitter')""")
HORIZONS = ("now", "short", "mid", "long", "undetermined")


def rectangle(draw: random.Random, least: int, most: int) -> shapely.Polygon:
    x, y = draw.uniform(0, 120), draw.uniform(0, 120)
    return shapely.box(x, y, x + draw.randint(least, most), y + draw.randint(least, most))


def taken(number: int, net: int) -> list[dict[str, object]]:
    """Deductions of a parcel of 400 m²: all by one kind, or a part by another."""
    last = {"order": 2, "kind": "not_buildable", "effect": "excludes", "deduction_m2": (400 - net) / 4}
    first = {"order": 1, "kind": "flood_zone", "effect": "excludes", "deduction_m2": 400 - net}
    if number % 3:
        return [first] if net < 400 else []
    return [{**first, "deduction_m2": (400 - net) * 3 / 4}, {**last, "estimated_m2": 0.0}]


class Drawn:
    """A site of crooked plots, some beyond its outline, over a grid of parcels of 20 x 20 m."""

    def __init__(self, seed: int) -> None:
        draw = random.Random(seed)  # noqa: S311 - drawn geometry
        self.outline = rectangle(draw, 60, 120)
        self.plots = {f"p{number}": rectangle(draw, 15, 70) for number in range(4)}
        cells = [shapely.box(20 * i, 20 * j, 20 * i + 20, 20 * j + 20) for i in range(10) for j in range(10)]
        self.parcels = {
            f"0512490070{number:04d}______": (cell, draw.choice(HORIZONS), draw.choice([0, 138, 252]))
            for number, cell in enumerate(cells, 1)
        }

    def split(self) -> dict[tuple[str | None, str], tuple[int, float]]:
        """Parcels and offered area by plot, None: of no plot, and horizon; half is slivers."""
        found: dict[tuple[str | None, str], tuple[int, float]] = {}
        for cell, horizon, net in self.parcels.values():
            middle = cell.point_on_surface()
            inside = [name for name, plot in self.plots.items() if plot.intersects(middle)]
            if net == 0 or not (inside or self.outline.intersects(middle)):
                continue
            key = (min(inside, default=None), horizon)
            number, area = found.get(key, (0, 0.0))
            found[key] = (number + 1, area + net / 2)
        return found


def moved(shape: shapely.Polygon) -> object:
    there = shapely.affinity.translate(shape, WEST, SOUTH)
    return from_shape(shapely.MultiPolygon([there]), srid=25832)


@pytest.fixture(scope="module", params=[1, 2, 3])
def drawn(request: pytest.FixtureRequest, sample: Sample, database: Database) -> Iterator[Drawn]:
    made = Drawn(request.param)
    assert sample
    with database.begin(actor="test") as connection:
        rows = Rows(connection)
        words = {"summary_de": "", "summary_en": "", "geometry_accuracy_m": 1}
        site = rows.row("", Site, slug="gitter", name="Gitter", **words, geom=moved(made.outline))
        for slug, plot in made.plots.items():
            fields = {"name": f"Feld {slug}", "status": "available", "geometry_accuracy_m": 1}
            rows.row("", Plot, site_id=site, slug=slug, **fields, geom=moved(plot))
        for number, (key, (cell, horizon, net)) in enumerate(made.parcels.items(), 1):
            land = {"gemarkung_key": key[:6], "gemarkung": "Gitter", "flur": 7, "numerator": number}
            town = {"municipality_key": "05913000", "municipality": "Dortmund"}
            parcel = rows.row("", Parcel, parcel_key=key, **land, **town, geom=moved(cell))
            figures = {"gross_m2": 400, "net_m2": net, "estimated_m2": 0, "severity": "light"}
            rows.row(
                "", Availability, parcel_id=parcel, as_of=TODAY, preset="default", horizon=horizon, **figures,
                items=taken(number, net), chain=[], computed_at=COMPUTED_AT,
            )  # fmt: skip
        connection.execute(ASSESS_AS_VACANT)
        connection.execute(HALF_IS_SLIVERS)
        connection.execute(text("DELETE FROM availability_marks"))
    yield made
    with database.begin(actor="test") as connection:
        for statement in (
            "DELETE FROM availability WHERE parcel_id IN (SELECT id FROM parcels WHERE gemarkung = 'Gitter')",
            "DELETE FROM usability WHERE parcel_id IN (SELECT id FROM parcels WHERE gemarkung = 'Gitter')",
            "DELETE FROM parcels WHERE gemarkung = 'Gitter'",
            "DELETE FROM plots WHERE site_id = (SELECT id FROM sites WHERE slug = 'gitter')",
            "DELETE FROM sites WHERE slug = 'gitter'",
        ):
            connection.execute(text(statement))


def test_each_plot_has_the_land_that_the_loop_finds(drawn: Drawn, database: Database) -> None:
    with database.read() as connection:
        site = connection.execute(text("SELECT id FROM sites WHERE slug = 'gitter'")).scalar_one()
        rows = connection.execute(SITE_PARCELS, {"site_id": site, "public": False}).all()
    found: dict[tuple[str | None, str], tuple[int, float]] = {}
    for row in rows:
        number, area = found.get((row.plot, row.horizon), (0, 0.0))
        found[row.plot, row.horizon] = (number + 1, area + row.offered_m2)
    assert found == drawn.split()
    assert any(plot is None for plot, _ in found)


def test_the_waterfall_of_the_site_is_that_of_its_parcels_and_adds_up(
    drawn: Drawn, database: Database
) -> None:
    gross, net, by_kind = 0.0, 0.0, {"flood_zone": 0.0, "not_buildable": 0.0}
    for number, (cell, _, left) in enumerate(drawn.parcels.values(), 1):
        if any(each.intersects(cell.point_on_surface()) for each in (drawn.outline, *drawn.plots.values())):
            gross, net = gross + 400, net + left
            for step in taken(number, left):
                by_kind[str(step["kind"])] += float(str(step["deduction_m2"]))
    with database.read() as connection:
        site = connection.execute(text("SELECT id FROM sites WHERE slug = 'gitter'")).scalar_one()
        found = connection.execute(SITE_WATERFALL, {"site_id": site, "public": False}).one()
    assert (found.gross_m2, found.net_m2) == (pytest.approx(gross), pytest.approx(net))
    assert found.offered_m2 == pytest.approx(sum(area for _, area in drawn.split().values()))
    assert [(step["kind"], step["deduction_m2"]) for step in found.items] == [
        (kind, pytest.approx(area)) for kind, area in by_kind.items()
    ]
    assert gross - sum(by_kind.values()) == pytest.approx(net)


def test_a_what_if_asks_about_the_same_parcels(drawn: Drawn, database: Database) -> None:
    expected = {
        key
        for key, (cell, _, _) in drawn.parcels.items()
        if any(shape.intersects(cell.point_on_surface()) for shape in (drawn.outline, *drawn.plots.values()))
    }
    with database.read() as connection:
        assert set(keys_of_scope(connection, "site:gitter", today())) == expected


def test_the_page_tells_each_plot_its_land_and_all_of_it(drawn: Drawn, signed_in: SignedIn) -> None:
    page = signed_in(Role.PLANNER).get(
        "/standorte/gitter", headers={"accept": "text/html", "accept-language": "en"}
    )
    split = drawn.split()
    for slug in drawn.plots:
        area = sum(offered for (plot, _), (_, offered) in split.items() if plot == slug)
        row = page.text[page.text.index(f"Feld {slug}") :]
        assert (f">{area:,.0f}" if area else ">–") in row[: row.index("</tr>")]
    outside = sum(offered for (plot, _), (_, offered) in split.items() if plot is None)
    row = page.text[page.text.index("outside the plots") :]
    assert f"{outside:,.0f}" in row[: row.index("</tr>")]
    number = sum(parcels for parcels, _ in split.values())
    assert f"on {number} parcels" in page.text


def test_the_page_shows_the_waterfall_and_names_every_parcel(drawn: Drawn, signed_in: SignedIn) -> None:
    page = signed_in(Role.PLANNER).get(
        "/standorte/gitter", headers={"accept": "text/html", "accept-language": "de"}
    )
    chart = page.text[page.text.index('class="flow-chart waterfall"') :].split("</ol>")[0]
    steps = [step.split() for step in re.sub(r"<[^>]+>|&#8239;", " ", chart).split("m²")[:-1]]
    assert [step[0].split(">")[-1] for step in steps][1:] == ["Überschwemmungsgebiet", "nicht", "Netto"]
    listed = page.text[page.text.index('id="site-land"') :]
    number = sum(parcels for parcels, _ in drawn.split().values())
    assert listed.count('href="/flaechen/') == number
    assert listed.count("Gitter, Flur 7, Flurstück ") == number


def test_plots_stand_in_their_natural_order(drawn: Drawn, database: Database) -> None:
    assert drawn
    names = ["baufeld-1", "baufeld-2", "baufeld-10", "baufeld-11", "nord", "nord-3"]
    with database.begin(actor="test") as connection:
        rows = Rows(connection)
        words = {"summary_de": "", "summary_en": "", "geometry_accuracy_m": 1}
        site = rows.row("", Site, slug="reihe", name="Reihe", **words, geom=moved(drawn.outline))
        for name in sorted(names):
            fields = {"name": name, "status": "available", "geometry_accuracy_m": 1}
            rows.row("", Plot, site_id=site, slug=name, **fields, geom=moved(drawn.outline))
        found = [row.slug for row in connection.execute(PLOTS, {"site_id": site})]
        connection.execute(text("DELETE FROM plots WHERE site_id = :site"), {"site": site})
        connection.execute(text("DELETE FROM sites WHERE id = :site"), {"site": site})
    assert found == names


def test_the_public_sees_the_same_without_unpublished_land(drawn: Drawn, client: httpx.Client) -> None:
    assert drawn
    assert client.get("/standorte/gitter", headers={"accept": "text/html"}).status_code == 200


def test_taken_plots_are_counted_apart(drawn: Drawn, client: httpx.Client, database: Database) -> None:
    assert drawn
    of_site = "site_id = (SELECT id FROM sites WHERE slug = 'gitter')"
    status = "UPDATE plots SET status = '{}' WHERE slug = 'p0' AND " + of_site
    with database.begin(actor="test") as connection:
        connection.execute(text(status.format("sold")))
    page = client.get("/standorte/gitter?lang=de").text
    with database.begin(actor="test") as connection:
        connection.execute(text(status.format("available")))
    table = page[page.index("Baufelder des Standorts") : page.index("1 Baufeld ist vergeben")]
    assert "Feld p1" in table
    assert "Feld p0" not in table
    assert "Feld p0" in page[page.index("1 Baufeld ist vergeben") :]
    assert "davon verfügbar: 3, vergeben: 1" in page
