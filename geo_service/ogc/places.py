"""Collections of places: sites, plots, premises, vacancies, stops."""

from sqlalchemy import FromClause, Text, cast, func

from geo_service.auth.publication import published_vacancy
from geo_service.ogc.columns import ORIGIN, drawn, listed, same, span
from geo_service.ogc.model import Collection, Tiles
from geo_service.schema import District, Plot, Premises, Quarter, Site, TransitFeed, TransitStop, Vacancy

sites = Site.__table__
plots = Plot.__table__
premises = Premises.__table__
vacancies = Vacancy.__table__
stops = TransitStop.__table__
feeds = TransitFeed.__table__
districts = District.__table__
quarters = Quarter.__table__

SITES = Collection(
    id="sites",
    title="Sites",
    title_de="Zukunftsstandorte",
    description="Areas being developed; where the place is not known, the geometry is null.",
    source=sites.outerjoin(districts, districts.c.id == sites.c.district_id),
    row_id=sites.c.id,
    key=sites.c.slug,
    geom=sites.c.geom,
    columns={
        **same(
            sites, "slug name summary_de summary_en phase target_groups uses stated_area_ha location_note"
        ),
        **same(sites, "geometry_accuracy_m"),
        **same(sites, ORIGIN),
        **span(sites.c.valid),
        "district": districts.c.name,
    },
    tiles=Tiles(sites, drawn("sites", same(sites, "slug name phase"))),
    valid=sites.c.valid,
    area_m2=func.ST_Area(sites.c.geom),
)

PLOTS = Collection(
    id="plots",
    title="Plots",
    title_de="Baufelder",
    description="Marketable parts of the sites.",
    source=plots.join(sites, sites.c.id == plots.c.site_id),
    row_id=plots.c.id,
    key=plots.c.id,
    geom=plots.c.geom,
    columns={
        **same(plots, "slug name status uses zone available_from price_eur_per_m2 area_m2"),
        **same(plots, "geometry_accuracy_m"),
        **same(plots, ORIGIN),
        **span(plots.c.valid),
        "site": sites.c.slug,
    },
    tiles=Tiles(
        plots.join(sites, sites.c.id == plots.c.site_id),
        drawn("plots", {**same(plots, "slug name status"), "site": sites.c.slug}),
    ),
    valid=plots.c.valid,
    area_m2=plots.c.area_m2,
)

_PREMISES_COLUMNS = {
    **same(premises, "premises_key name street house_number postcode floor area_m2 permitted_uses features"),
    **same(premises, "net_rent_eur_month landlord contact"),
    "district": districts.c.name,
    "quarter": quarters.c.name,
}


def _with_places(source: FromClause) -> FromClause:
    """Join district and quarter of premises."""
    return source.outerjoin(districts, districts.c.id == premises.c.district_id).outerjoin(
        quarters, quarters.c.id == premises.c.quarter_id
    )


PREMISES = Collection(
    id="premises",
    title="Premises",
    title_de="Ladenlokale",
    description="Lettable units, without landlords and rents.",
    source=_with_places(premises),
    row_id=premises.c.id,
    key=premises.c.premises_key,
    geom=premises.c.geom,
    columns={
        **_PREMISES_COLUMNS,
        **same(premises, "note"),
        **same(premises, ORIGIN),
        **span(premises.c.valid),
    },
    tiles=Tiles(
        premises,
        drawn("premises", {"premises_key": premises.c.premises_key, "name": premises.c.name}),
    ),
    valid=premises.c.valid,
)

_EMPTY_PREMISES = vacancies.join(premises, premises.c.id == vacancies.c.premises_id)

VACANCIES = Collection(
    id="vacancies",
    title="Vacancies",
    title_de="Leerstände",
    description="Spells in which premises stand empty; without datetime, those of today.",
    source=_with_places(_EMPTY_PREMISES),
    row_id=vacancies.c.id,
    key=vacancies.c.id,
    geom=premises.c.geom,
    columns={
        **_PREMISES_COLUMNS,
        **same(vacancies, "status previous_use temporary_use_until asking_rent_eur_month note"),
        **same(vacancies, ORIGIN),
        **span(vacancies.c.during, "since", "until"),
    },
    tiles=Tiles(
        _EMPTY_PREMISES,
        {
            "key": ("premises", "premises_key", premises.c.premises_key),
            **drawn("premises", {"name": premises.c.name}),
            **drawn(
                "vacancies",
                {"since": cast(func.lower(vacancies.c.during), Text), "status": vacancies.c.status},
            ),
        },
    ),
    valid=vacancies.c.during,
    public_rows=lambda _day: published_vacancy(vacancies.c.status),
)

STOPS = Collection(
    id="stops",
    title="Stops",
    title_de="Haltestellen",
    description="Stops of the current timetables, as passengers know them; without datetime all, else those "
    "whose timetable covers it.",
    source=stops.join(feeds, feeds.c.id == stops.c.feed_id),
    row_id=stops.c.id,
    key=stops.c.id,
    geom=stops.c.geom,
    columns={
        **same(stops, "stop_id name modes lines"),
        **same(feeds, ORIGIN),
        "feed": feeds.c.name,
    },
    tiles=Tiles(
        stops.join(feeds, feeds.c.id == stops.c.feed_id),
        drawn("stops", {"name": stops.c.name, "modes": listed(stops.c.modes)}),
    ),
    told_days=feeds.c.service,
    only=feeds.c.is_current.is_(True),
)
