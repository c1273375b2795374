"""What a page shows: visible texts by language, links, and code that the header policy would refuse."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser

from tests.web.catalogue import sentences, translations

VOID = {"meta", "link", "input", "br", "img", "hr", "rect", "path"}
HIDDEN = {"script", "style"}
VALUE = re.compile(r"(%\(\w+\)s)")
SHORTEST = 3
SPOKEN = ("aria-label", "title", "alt", "placeholder", "data-none", "data-label")


@dataclass
class Page(HTMLParser):
    """Collects texts, links and faults of a page."""

    texts: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    foreign: int = 0
    path: list[tuple[str, bool]] = field(default_factory=list)
    language: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        if tag == "html":
            self.language = values.get("lang", "")
        named = values.get("translate") == "no" or tag == "code"  # names and codes for programs
        other = named or ("lang" in values and tag != "html" and values["lang"] != self.language)
        self.foreign += other
        if tag not in VOID:
            self.path.append((tag, other))
        elif other:
            self.foreign -= 1
        self.faults += [f"<{tag} {key}>" for key in values if key.startswith("on") or key == "style"]
        if tag == "style" or (tag == "script" and "src" not in values):
            self.faults.append(f"<{tag}>")
        self.links += [values[key] for key in ("href", "src", "action") if key in values]
        if "id" in values:
            self.ids.append(values["id"])
        if not self.foreign:
            self.texts += [values[key].strip() for key in SPOKEN if values.get(key, "").strip()]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.path:
            last, other = self.path.pop()
            self.foreign -= other
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        text = re.sub(r"\s+", " ", data).strip()
        if text and not self.foreign and not any(tag in HIDDEN for tag, _ in self.path):
            self.texts.append(text)


def read(text: str) -> Page:
    """Read a page."""
    page = Page()
    page.feed(text)
    return page


COMMON = {
    "en": "aber|als|auf|auch|bei|bis|dass|dem|den|der|des|die|eine|einen|einer|für|hier|ist|kein|keine|"
    "mit|nach|nicht|noch|nur|oder|sich|sind|und|unter|vom|von|vor|werden|wird|wurde|zu|zum|zur|über",
    "de": "and|any|are|because|been|but|can|cannot|does|for|from|has|have|how|is|it|its|no|not|of|only|or|"
    "that|the|their|there|these|they|this|to|which|with|you|your",
}
"""Words of the other language that are in almost each of its sentences, by the language of the page."""


@dataclass(frozen=True)
class Foreign:
    """What a page of one language must not say.

    Parameters
    ----------
    whole
        Sentences of one or two words: foreign when they are a whole text.
    parts
        Longer ones without and with values: foreign also as a part of a text.
    common
        Words that tell the other language.
    """

    whole: frozenset[str]
    parts: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]
    common: re.Pattern[str]


@lru_cache(maxsize=2)
def foreign_to(language: str) -> Foreign:
    """Return what the catalogue has in the other language."""
    english = translations()
    german = {each for found in sentences() for each in ((found,) if isinstance(found, str) else found)}
    same = {each for each in german if english.get(each) == each}
    said = german - same - set(english.values()) if language == "en" else set(english.values()) - german
    plain = {re.sub(r"\s+", " ", each) for each in said if len(each) > SHORTEST}
    values = {each for each in plain if VALUE.search(each)}
    long = {each for each in plain if len(VALUE.sub("", each).split()) > 2}
    patterns = (
        "".join((".{0,80}?" if VALUE.fullmatch(part) else re.escape(part)) for part in VALUE.split(each))
        for each in values
    )
    words = "|".join(f"{each}|{each.capitalize()}" for each in COMMON[language].split("|"))
    common = re.compile(rf"(?<![\w'’-])(?:{words})(?![\w'’-])")
    return Foreign(
        frozenset(plain - long - values),
        tuple(long - values),
        tuple(
            re.compile(pattern if each in long else rf"\A{pattern}\Z")
            for each, pattern in zip(values, patterns, strict=True)
        ),
        common,
    )


def foreign_sentences(page: Page) -> list[str]:
    """Return what a page says in the other language: sentences of the catalogue, and common words."""
    return foreign_texts(page.texts, page.language)


def foreign_texts(texts: Iterable[str], language: str) -> list[str]:
    """Return what is said in the other language."""
    foreign, found = foreign_to(language), []
    for text in texts:
        found += [f"{text!r}"] if text in foreign.whole or foreign.common.search(text) else []
        found += [f"{part!r} in {text!r}" for part in foreign.parts if part in text]
        found += [f"{each.pattern!r} in {text!r}" for each in foreign.patterns if each.search(text)]
    return found
