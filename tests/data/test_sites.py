import pytest
import shapely
from pyproj import Transformer

from data.demo.city import DemoCity
from geo_service.city import CityProfile

FUTURE_SITES = [
    "Energiecampus",
    "Speicherstraße (Hafenquartier)",
    "Campus Westhausen",
    "PHOENIX West",
    "Smart Rhino",
    "Digitalhafen, DINT-Port, Spot A",
    "Kanalstraße (ehemals Envio)",
    "B1st",
    "Intralogistik-Zentrum",
    "Cleanport (H2-Ruhr)",
    "Exzellenz-Center Westfalen",
    "UN1DO",
    "Strobelallee",
]
WITHOUT_PLACE = {"b1st", "cleanport", "un1do"}
TO_STORAGE = Transformer.from_crs(4326, 25832, always_xy=True)


def test_every_future_site_is_there(demo: DemoCity) -> None:
    assert list(demo.sites["name"]) == FUTURE_SITES
    assert demo.sites["slug"].is_unique


def test_a_place_is_drawn_only_where_one_is_known(demo: DemoCity) -> None:
    drawn = demo.sites.geometry.notna()
    assert set(demo.sites["slug"][~drawn]) == WITHOUT_PLACE
    assert demo.sites["geometry_accuracy_m"].notna().eq(drawn).all()
    assert (demo.sites["geometry_accuracy_m"].dropna() >= 100).all()
    assert (demo.sites["location_note"] != "").all()


@pytest.mark.parametrize(
    ("slug", "lon", "lat", "most_m"),
    [
        ("energiecampus", 7.4160, 51.5400, 100),
        ("speicherstrasse", 7.4425, 51.5275, 250),
        ("campus-westhausen", 7.3752, 51.5509, 150),
        ("kanalstrasse", 7.4340, 51.5328, 150),
        ("intralogistik-zentrum", 7.4060, 51.4932, 250),
        ("strobelallee", 7.4581, 51.4941, 150),
    ],
)
def test_sites_lie_where_the_design_says(
    demo: DemoCity, slug: str, lon: float, lat: float, most_m: float
) -> None:
    place = shapely.Point(*TO_STORAGE.transform(lon, lat))
    assert demo.sites.set_index("slug").geometry[slug].distance(place) <= most_m


def test_the_blast_furnace_stands_on_phoenix_west(demo: DemoCity) -> None:
    furnace = shapely.Point(394845, 5705080)
    assert demo.sites.set_index("slug").geometry["phoenix-west"].contains(furnace)
    monuments = demo.restrictions[demo.restrictions["kind"] == "protected_monument"]
    assert monuments.geometry.contains(furnace).any()


def test_smart_rhino_lies_between_its_two_stops(demo: DemoCity) -> None:
    west, _, east, _ = demo.sites.set_index("slug").geometry["smart-rhino"].bounds
    assert TO_STORAGE.transform(7.4186, 51.5128)[0] < west
    assert east < TO_STORAGE.transform(7.4498, 51.5129)[0]


def test_stated_and_drawn_area_of_the_energiecampus_agree(demo: DemoCity) -> None:
    site = demo.sites.set_index("slug").loc["energiecampus"]
    assert site["stated_area_ha"] == 4.0
    assert site["geom"].area / 1e4 == pytest.approx(4.0, abs=0.4)


def test_facts_name_their_source_in_both_languages(demo: DemoCity) -> None:
    for site in demo.sites.itertuples():
        assert site.facts, site.slug
        for fact in site.facts:
            assert fact["source"] in {"NS", "HB", "GR", "ST"}
            assert all(fact[name] for name in ("de", "en", "source_name_de", "source_name_en"))
        assert all((site.summary_de, site.summary_en))
        assert "[NS]" in site.source or "[HB]" in site.source
    assert not demo.sites["is_demo"].any()


def test_undated_phases_stay_undated(demo: DemoCity) -> None:
    assert all(span.lower is None and span.upper is None for span in demo.phases["during"])
    assert demo.milestones["due_on"].isna().all()
    assert (demo.milestones["due_text"] != "").all()
    assert sorted(demo.milestones["state"].unique()) == ["missed", "planned", "reached"]
    words = demo.milestones[demo.milestones["due_text"].str.contains("[a-z]")]
    assert (words["due_text_en"] != "").all()


def test_plots_lie_in_their_site_apart_from_each_other_and_say_demo(demo: DemoCity) -> None:
    sites = demo.sites.set_index("slug").geometry
    for slug, plots in demo.plots.groupby("site_slug"):
        shapes = plots.geometry.to_numpy()
        outside = shapely.area(shapely.difference(shapes, sites[slug]))
        assert (outside < 100).all()  # a sliver beside a plot is joined to it
        assert shapely.union_all(shapes).area == pytest.approx(shapely.area(shapes).sum())
    assert demo.plots["is_demo"].all()
    assert demo.plots["name"].str.endswith("(Demo)").all()
    assert set(demo.plots["status"]) == {"available", "reserved", "sold", "planned"}


def test_a_plot_that_can_be_had_does_not_wait_for_a_plan(demo: DemoCity) -> None:
    plans = demo.development_plans[demo.development_plans["legal_status"] < 4000]
    pending = shapely.union_all(plans.geometry.to_numpy())
    available = demo.plots[demo.plots["status"] == "available"]
    assert len(available) >= 10
    assert (available.geometry.intersection(pending).area < 1).all()
    assert available["available_from"].notna().all()
    assert available["price_eur_per_m2"].notna().all()


def test_plots_are_made_of_whole_parcels(demo: DemoCity) -> None:
    parcels = demo.parcels.geometry.to_numpy()
    tree = shapely.STRtree(parcels)
    for plot in demo.plots.geometry:
        inside = tree.query(plot, predicate="covers")
        assert shapely.area(parcels[inside]).sum() == pytest.approx(plot.area, rel=1e-6)


def test_sites_lie_in_the_city(demo: DemoCity, city: CityProfile) -> None:
    drawn = demo.sites.geometry.dropna()
    assert drawn.within(city.boundary).all()
    assert demo.sites["district_key"].notna().eq(demo.sites.geometry.notna()).all()
