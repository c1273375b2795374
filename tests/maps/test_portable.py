"""The portable file: inside is everything it needs, outside nothing, and nothing confidential."""

import re
from datetime import date

import pytest
from sqlalchemy import Connection
from sqlalchemy import text as sql

from geo_service.city import load_city
from geo_service.web.speaker import PageSpeaker
from maps import portable, portable_file, styles
from tests.sample_city import Sample, write_sample
from tests.sample_land import ANNOUNCED_KEY, OBJECTED_KEY, PUBLIC_KEYS
from tests.sample_rows import SECRET

DE = PageSpeaker("de")


@pytest.fixture
def sample_rows(connection: Connection) -> Sample:
    return write_sample(connection)


@pytest.fixture
def text(connection: Connection, sample_rows: Sample) -> str:
    assert sample_rows.ids
    return portable.portable_html(connection, load_city("dortmund"), DE, date(2026, 11, 22))


def test_it_needs_nothing_from_outside(text: str) -> None:
    outside = re.findall(
        r"""(?:src|href)=["']?(?!#|data:)([^"' >]+)""", re.sub(r"(?s)<script>.*?</script>", "", text)
    )
    assert outside == []
    assert "url(images" not in text
    assert "sourceMappingURL" not in text
    assert "default-src 'none'" in text


def test_it_holds_public_records_only(text: str) -> None:
    assert SECRET not in text
    assert OBJECTED_KEY not in text
    assert ANNOUNCED_KEY not in text
    assert any(key in text for key in PUBLIC_KEYS)


def test_scripts_cannot_be_ended_by_their_content(text: str) -> None:
    assert text.count("<script>") == text.count("</script>")


def test_what_does_not_fit_is_counted(
    connection: Connection, sample_rows: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sample_rows.ids
    whole = portable.read_contents(connection, DE)
    assert whole.left_out == 0
    assert len(whole.parcels) == whole.parcels_found >= 2
    monkeypatch.setattr(portable_file, "ROOM", whole.embedded - 2)
    cut = portable.read_contents(connection, DE)
    assert cut.left_out == 1
    assert cut.embedded == whole.embedded - 1
    text = portable.portable_html(connection, load_city("dortmund"), DE, date(2026, 11, 22))
    assert "Nicht enthalten: 1 kleinere Flächen" in text


def test_largest_parcels_come_first(connection: Connection, sample_rows: Sample) -> None:
    assert sample_rows.ids
    kept = portable.read_contents(connection, DE)
    answers = [dict(feature.item.lines)["Wie viel"] for feature in kept.parcels if feature.item]
    areas = [int(re.sub(r"\D", "", answer.split("m²")[0])) for answer in answers]
    assert areas == sorted(areas, reverse=True)


def test_english_file_says_so(connection: Connection, sample_rows: Sample) -> None:
    assert sample_rows.ids
    text = portable.portable_html(connection, load_city("dortmund"), PageSpeaker("en"), date(2026, 11, 22))
    assert '<html lang="en">' in text
    assert "This file opens without a network" in text


@pytest.mark.parametrize(
    ("street_class", "kind", "name"),
    [("residential", "side", "Straßen"), ("primary", "main", "Hauptstraßen")],
)
def test_streets_lie_below_the_parcels_and_side_streets_are_called_so(
    connection: Connection, sample_rows: Sample, street_class: str, kind: str, name: str
) -> None:
    assert sample_rows.ids
    connection.execute(
        sql("UPDATE street_networks SET is_current = false, ended_at = now() WHERE is_current")
    )
    network = sql(
        "INSERT INTO street_networks (content_hash, source, licence, report) "
        "VALUES ('portable', 'Test', '', '{}') RETURNING id"
    )
    edge = sql(
        "INSERT INTO street_edges (network_id, way_id, street_class, name, walkable, start_node, end_node, "
        "geom) VALUES (:network, '1', :kind, 'Weg', true, 1, 2, ST_SetSRID(ST_MakeLine("
        "ST_MakePoint(393000, 5707000), ST_MakePoint(393900, 5707000)), 25832))"
    )
    made = connection.execute(network).scalar_one()
    connection.execute(edge, {"network": made, "kind": street_class})
    text = portable.portable_html(connection, load_city("dortmund"), DE, date(2026, 11, 22))
    assert text.index('"key": "streets"') < text.index('"key": "parcels"'), "drawn first, so below"
    assert f'"kind": "{kind}"' in text
    assert re.search(rf'value="streets" checked>[^<]*<span[^>]*></span> {name}<', text)


def test_side_streets_are_thinner_and_lighter_than_main_ones() -> None:
    side, main = styles.LINES["side_streets"], styles.LINES["streets"]
    assert side.width_px < main.width_px / 2
    assert int(side.color[1:], 16) > int(main.color[1:], 16)
