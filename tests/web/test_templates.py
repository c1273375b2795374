"""Templates are compiled when the program starts, once for all processes and languages."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest
from jinja2 import Environment

from geo_service.web import frame
from geo_service.web.language import LANGUAGES
from geo_service.web.source_words import SOURCES


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(frame, "COMPILING_PAUSE_S", 0)
    frame.environment.cache_clear()
    yield
    frame.environment.cache_clear()


def refuse(*_: object, **__: object) -> CodeType:
    raise AssertionError("compiled again")


def test_the_next_start_compiles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(frame.compile_templates(tmp_path))
    frame.environment.cache_clear()
    monkeypatch.setattr(Environment, "compile", refuse)
    asyncio.run(frame.compile_templates(tmp_path))
    assert frame.environment("en").get_template("start.html").name == "start.html"


def test_what_german_compiled_speaks_english() -> None:
    template = "{{ '" + SOURCES[0] + "'|said }} {{ _('Karte') }}"
    made = [frame.environment("de"), frame.environment("en")]
    code = made[0].compile(template)
    said = [each.template_class.from_code(each, code, each.globals).render() for each in made]
    assert said == [f"{SOURCES[0]} Karte", "Demo: invented, no official record Map"]


def test_a_folder_that_cannot_be_written_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("jinja2.bccache.Bucket.write_bytecode", full)
    asyncio.run(frame.compile_templates(tmp_path))
    assert not list((tmp_path / "templates").iterdir())


def test_where_no_folder_can_be_made_templates_are_compiled_all_the_same(tmp_path: Path) -> None:
    taken = tmp_path / "home"
    taken.write_text("a file where the folder should be")
    asyncio.run(frame.compile_templates(taken))
    assert frame.environment("de").get_template("start.html").name == "start.html"
    assert taken.read_text() == "a file where the folder should be"


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("Amt für <Wohnen>", '<span lang="de">Amt für &lt;Wohnen&gt;</span>'),
        (SOURCES[0], "Demo: invented, no official record"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_texts_of_records_name_their_language_where_the_page_has_another(text: str, english: str) -> None:
    german, other = (
        frame.environment(language).from_string("{{ text|said }}").render(text=text) for language in LANGUAGES
    )
    assert other == english
    assert "<span" not in german
