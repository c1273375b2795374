"""Who walks where: every rule of data/walking by an example."""

import pytest

from geo_service.transit.foot_rules import detour, foot_rules


@pytest.mark.parametrize(
    ("tags", "walked"),
    [
        ("highway=residential", True),
        ("highway=footway", True),
        ("highway=steps", True),
        ("highway=primary", True),
        ("railway=platform", True),
        ("highway=motorway", False),
        ("highway=motorway_link", False),
        ("highway=trunk", False),
        ("highway=trunk sidewalk=right", True),
        ("highway=trunk sidewalk:left=yes", True),
        ("highway=trunk sidewalk=no", False),
        ("highway=cycleway", False),
        ("highway=cycleway foot=designated", True),
        ("highway=bridleway foot=yes", True),
        ("highway=residential foot=no", False),
        ("highway=secondary foot=use_sidepath sidewalk=both", False),
        ("highway=service access=private", False),
        ("highway=service access=private foot=yes", True),
        ("highway=service access=customers", True),
        ("highway=track access=agricultural", True),
        ("highway=footway access=no", False),
        ("highway=construction", False),
        ("highway=construction foot=yes", False),
        ("highway=unheard_of", False),
        ("highway=residential bridge=yes layer=1", True),
        ("waterway=river", False),
    ],
)
def test_ways(tags: str, walked: bool) -> None:
    assert foot_rules().walkable(dict(tag.split("=") for tag in tags.split())) is walked


@pytest.mark.parametrize(
    ("tags", "closed"),
    [
        ("barrier=bollard", False),
        ("barrier=gate", False),
        ("barrier=kissing_gate", False),
        ("barrier=gate access=private", True),
        ("barrier=gate locked=yes", True),
        ("barrier=gate locked=yes foot=yes", False),
        ("barrier=gate access=no foot=yes", False),
        ("barrier=wall", True),
        ("barrier=fence", True),
        ("barrier=fence foot=yes", False),
        ("barrier=lift_gate foot=no", True),
        ("highway=crossing", False),
        ("railway=level_crossing", False),
        ("entrance=main access=private", False),
    ],
)
def test_barriers(tags: str, closed: bool) -> None:
    assert foot_rules().closes(dict(tag.split("=") for tag in tags.split())) is closed


@pytest.mark.parametrize(
    ("street_class", "walked"),
    [
        ("residential", True),
        ("Residential", True),
        ("track_grade3", True),
        ("motorway_link", False),
        ("construction", False),
        ("Bundesautobahn", False),
        ("1301", False),
        ("1307", True),
        ("Gemeindestraße", True),
        ("Fuß- und Radweg", True),
        ("Wasserstraße", None),
        ("", None),
    ],
)
def test_classes_of_lines(street_class: str, walked: bool | None) -> None:
    assert foot_rules().class_walked(street_class) is walked


def test_no_word_is_both_walked_and_not() -> None:
    rules = foot_rules()
    assert not rules.walked & (rules.not_walked | rules.not_there)
    assert not rules.allowed & rules.forbidden
    assert not rules.lines_walked & rules.lines_not_walked
    assert "OpenStreetMap Wiki" in rules.source


def test_detour_factor_has_a_source_and_lies_where_it_says() -> None:
    assert 1.21 <= detour().factor <= 1.23
    assert "1.21 to 1.23" in detour().source
