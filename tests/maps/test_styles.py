import re

import pytest

from maps import styles


def luminance(color: str) -> float:
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


ALL = {**styles.HORIZONS, **{f"grade {key}": fill for key, fill in styles.GRADES.items()}}


@pytest.mark.parametrize("key", ALL)
def test_text_upon_a_fill_can_be_read(key: str) -> None:
    assert contrast(ALL[key].color, ALL[key].on_color) >= 4.5


def test_horizons_have_the_colours_of_okabe_and_ito_and_the_unknown_one_is_hatched() -> None:
    assert [fill.color for fill in styles.HORIZONS.values()] == [
        "#009E73",
        "#56B4E9",
        "#E69F00",
        "#D55E00",
        "#999999",
    ]
    assert [key for key, fill in styles.HORIZONS.items() if fill.hatched] == ["undetermined"]


def test_transit_classes_get_lighter() -> None:
    shades = [luminance(fill.color) for fill in styles.GRADES.values()]
    assert shades == sorted(shades)


def test_style_sheet_and_script_say_the_same_colours() -> None:
    sheet = styles.stylesheet()
    script = styles.as_script()
    for group in ("horizon", "grade"):
        for key, fill in script[group].items():
            assert re.search(rf"\.swatch--{group}-{key} {{ background-color: {fill['color']};", sheet)
            assert f".badge--{group}-{key} {{ background-color: {fill['color']};" in sheet
    for key, color in script["vacancies"].items():
        assert f".vacancy--{key}, .swatch--vacancy-{key} {{ border-color: {color};" in sheet
