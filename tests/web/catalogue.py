"""The sentences of pages and maps, as Babel extracts them."""

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
KEYWORDS = {"_": None, "gettext": None, "N_": None, "say": None, "ngettext": (1, 2)}
OPTIONS = {"**.html": {"trimmed": "true", "newstyle_gettext": "true", "extensions": "jinja2.ext.do"}}
FOLDERS = {"geo_service/web": "templates/**.html", "maps": "**.html"}


@lru_cache(maxsize=1)
def sentences() -> frozenset[str | tuple[str, ...]]:
    """Return every German sentence; a pair where there is a plural."""
    found = set()
    for folder, templates in FOLDERS.items():
        methods = [("**.py", "python"), (templates, "jinja2.ext:babel_extract")]
        for _, _, message, _, _ in extract_from_dir(
            str(ROOT / folder), method_map=methods, options_map=OPTIONS, keywords=KEYWORDS
        ):
            found.add(message)
    return frozenset(found)


def translations() -> dict[str, str]:
    """Return German sentences and their English, plurals apart."""
    result: dict[str, str] = {}
    path = files("geo_service.web") / "translations" / "en.po"
    with path.open("rb") as stream:
        catalog = read_po(stream, locale="en")
    for message in catalog:
        if not message.id:
            continue
        if isinstance(message.id, str):
            result[message.id] = str(message.string)
        else:
            result.update(zip(message.id, message.string or (), strict=True))
    return result
