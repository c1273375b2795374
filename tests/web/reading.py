"""What a page shows: visible texts by language, links, and code that the header policy would refuse."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img", "hr", "rect", "path"}
HIDDEN = {"script", "style"}
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


def foreign_sentences(page: Page, foreign: dict[str, str]) -> list[str]:
    """Return the sentences of the other language that a page shows.

    Parameters
    ----------
    page
        The page.
    foreign
        Sentences that must not be there: a word must be a whole text, several words may be a part of one.
    """
    found = []
    for sentence, wanted in foreign.items():
        pattern = re.escape(re.sub(r"\s+", " ", sentence))
        pattern = re.sub(r"%\\\(\w+\\\)s", ".{0,80}?", pattern)
        if sentence == wanted or len(sentence) < 4:
            continue
        several = len(re.sub(r"%\(\w+\)s", "", sentence).split()) > 2
        search = re.compile(pattern).search if several else re.compile(pattern).fullmatch
        found += [f"{sentence!r} in {text!r}" for text in page.texts if search(text)]
    return found
