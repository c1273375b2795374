"""What every page carries: language, caller, city, age of the data, demo label; and how it is rendered."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from geo_service.auth import ANYBODY, Caller, Role
from geo_service.auth.fields import ADVISERS, may_see
from geo_service.auth.publication import sees_unpublished
from geo_service.city import CityProfile, load_city
from geo_service.db import get_database
from geo_service.web.assets import static_address
from geo_service.web.column_names import TABLES
from geo_service.web.filters import GRADES, ZONES
from geo_service.web.formats import Formats
from geo_service.web.language import (
    COOKIE,
    COOKIE_SECONDS,
    DEFAULT,
    LANGUAGES,
    Language,
    Words,
    chosen_by_address,
    language_of,
    words,
)
from geo_service.web.picks import COOKIE as PICKS
from geo_service.web.picks import from_cookie
from geo_service.web.queries.frame import DEMO, FRESHNESS
from geo_service.web.source_words import SOURCES
from geo_service.web.speaker import PageSpeaker
from geo_service.web.vocabulary import N_

FRESHNESS_SECONDS: Final = 10.0
"""How long a process shows the same freshness line before it asks again."""
COMPILING_PAUSE_S: Final = 0.02
"""Between two templates that are compiled when the program starts."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """When each source was last renewed, and whether invented records are in.

    Parameters
    ----------
    sources
        Kind of import and moment.
    demo
        Whether any record is invented.
    """

    sources: tuple[tuple[str, datetime], ...]
    demo: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the navigation."""

    href: str
    text: str
    roles: frozenset[Role] = frozenset()


NAVIGATION: Final[Sequence[Entry]] = (
    Entry("/maps/overview", N_("Karte")),
    Entry("/flaechen", N_("Flächen")),
    Entry("/standorte", N_("Standorte")),
    Entry("/leerstand", N_("Leerstände")),
    Entry("/oev", N_("ÖV")),
    Entry("/anfragen", N_("Anfragen"), frozenset({Role.INVESTOR_SUPPORT})),
    Entry("/berichte", N_("Berichte"), ADVISERS),
    Entry("/daten", N_("Daten"), ADVISERS),
    Entry("/anstoss", N_("Anstoß"), frozenset({Role.VACANCY_MANAGER})),
)
"""Main navigation; entries with roles are shown to these only."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The surroundings of one page.

    Parameters
    ----------
    request
        The request that is answered.
    caller
        Who asks.
    city
        The city profile.
    freshness
        Age of the data and the demo label; None: not known.
    """

    request: Request
    caller: Caller
    city: CityProfile
    freshness: Freshness | None

    @property
    def language(self) -> Language:
        """Language of the page."""
        return language_of(self.request)

    @property
    def words(self) -> Words:
        """Sentences of the page's language."""
        return words(self.language)

    @property
    def formats(self) -> Formats:
        """Numbers and dates of the page's language."""
        return Formats(self.language, self.city.timezone)

    @property
    def today(self) -> date:
        """The day it is in the city."""
        return self.city.today()

    @property
    def path(self) -> str:
        """Path of the page."""
        return self.request.url.path

    @property
    def speaker(self) -> PageSpeaker:
        """Says sentences in the page's language."""
        return PageSpeaker(self.language, self.city.timezone)

    @property
    def basemap(self) -> tuple[str, str] | None:
        """Address and attribution of the base map; None: own layers only."""
        settings = self.request.app.state.settings
        return (settings.basemap_url, settings.basemap_attribution) if settings.basemap_url else None

    def has_role(self, *roles: Role) -> bool:
        """Tell whether the caller has one of the roles (or may do everything)."""
        return self.caller.may(roles)

    @property
    def adviser(self) -> bool:
        """Whether the caller works on land or premises in the agency."""
        return self.caller.may(ADVISERS)

    @property
    def lets(self) -> bool:
        """Whether the caller manages shop premises and their vacancies."""
        return self.has_role(Role.VACANCY_MANAGER)

    @property
    def develops(self) -> bool:
        """Whether the caller works on sites."""
        return self.has_role(Role.PLANNER, Role.INVESTOR_SUPPORT)

    @property
    def plans(self) -> bool:
        """Whether the caller keeps restrictions."""
        return self.has_role(Role.PLANNER)

    @property
    def saved(self) -> str | None:
        """German name of the kind of record that was just saved; None: nothing is known of it."""
        return TABLES.get(self.request.query_params.get("saved", ""))

    @property
    def public(self) -> bool:
        """Whether the caller sees only what is published."""
        return not sees_unpublished(self.caller)

    def may_see(self, record: str, field: str) -> bool:
        """Tell whether the caller may see a field of the table of fields."""
        return may_see(record, field, self.caller)

    @property
    def picks(self) -> list[str]:
        """What the visitor noted, as the cookie tells it."""
        return from_cookie(self.request.cookies.get(PICKS, ""))

    def navigation(self) -> list[Entry]:
        """Return the entries that the caller may use."""
        return [entry for entry in NAVIGATION if not entry.roles or self.has_role(*entry.roles)]

    def here(self, **changes: str | Sequence[str] | None) -> str:
        """Return this page's address with some parameters changed; None drops one, a list repeats one."""
        kept = [(key, value) for key, value in self.request.query_params.multi_items() if key not in changes]
        for key, value in changes.items():
            kept += [(key, each) for each in ([value] if isinstance(value, str) else value or [])]
        return self.path + (f"?{urlencode(kept)}" if kept else "")

    def page(self, template: str, *, http_status: int = 200, **context: Any) -> HTMLResponse:
        """Render a template of this language.

        Parameters
        ----------
        template
            Name below ``templates``.
        http_status
            Status of the answer.
        **context
            Values of the template.
        """
        text = (
            environment(self.language)
            .get_template(template)
            .render(frame=self, fmt=self.formats, label=self.speaker.label, texts_of=self._texts, **context)
        )
        response = HTMLResponse(text, status_code=http_status)
        response.headers["Content-Language"] = self.language
        response.headers["Vary"] = "Accept-Language, Cookie"
        response.headers["Cache-Control"] = "no-cache"
        chosen = chosen_by_address(self.request)
        if chosen:
            response.set_cookie(COOKIE, chosen, max_age=COOKIE_SECONDS, httponly=True, samesite="lax")
        return response

    def choices(self, vocabulary: str, codes: Iterable[str]) -> list[tuple[str, str]]:
        """Return codes with their labels for a choice in a form."""
        return [(code, self.speaker.label(vocabulary, code)) for code in codes]

    def grade_choices(self) -> list[tuple[str, str]]:
        """Return the transit classes as least wanted ones."""
        better = [self.speaker.say("%(grade)s oder besser", grade=grade) for grade in GRADES[1:]]
        return list(zip(GRADES, [GRADES[0], *better], strict=True))

    def zone_choices(self) -> list[tuple[str, str]]:
        """Return the BauNVO short forms with their meaning."""
        return [(zone, f"{zone} · {self.speaker.label('zone', zone)}") for zone in ZONES]

    def _texts(self, values: Iterable[str], vocabulary: str) -> list[str]:
        return [self.speaker.label(vocabulary, value) for value in values]


async def frame_of(request: Request, session: AsyncSession, caller: Caller) -> Frame:
    """Build the frame of a page."""
    city = load_city(request.app.state.settings.city)
    return Frame(request, caller, city, await _freshness(request, session))


async def bare_frame(request: Request, *, ask: bool) -> Frame:
    """Build the frame of a page that must work without a database.

    Parameters
    ----------
    request
        The request that is answered.
    ask
        Whether to ask the database how fresh the data are; else, and when it is away, the last known answer
        stands.
    """
    caller: Caller = getattr(request.state, "caller", ANYBODY)
    held = _held(request)
    freshness = held[1] if held else None
    if ask:
        with suppress(SQLAlchemyError):
            async with get_database(request).read_session() as session:
                freshness = await _freshness(request, session)
    return Frame(request, caller, load_city(request.app.state.settings.city), freshness)


def _held(request: Request) -> tuple[float, Freshness] | None:
    """Return what this process last knew of the freshness, and when."""
    held: tuple[float, Freshness] | None = getattr(request.app.state, "web_freshness", None)
    return held


async def _freshness(request: Request, session: AsyncSession) -> Freshness:
    """Return the freshness of the data, asked anew every few seconds."""
    held = _held(request)
    if held and time.monotonic() - held[0] < FRESHNESS_SECONDS:
        return held[1]
    sources = tuple((row.kind, row.applied_at) for row in await session.execute(FRESHNESS))
    found = Freshness(sources, bool(await session.scalar(DEMO)))
    request.app.state.web_freshness = (time.monotonic(), found)
    return found


@lru_cache(maxsize=2)
def environment(language: Language) -> Environment:
    """Return the template environment of a language."""
    made = Environment(
        loader=FileSystemLoader(Path(str(files("geo_service.web"))) / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    spoken = words(language)
    made.globals |= {"_": (tell := _telling(spoken)), "gettext": tell, "ngettext": _counting(spoken)}
    made.globals["static"] = static_address
    made.globals["lines_of"] = lines_of
    made.filters["attributes"] = _attributes

    unknown = spoken.gettext("unbekannt")

    @pass_context  # so it is said when a page is shown: compiled templates are those of both languages
    def quoted(_context: Context, text: str) -> str:
        """Mark a text of a record, which is German, where the page is not."""
        foreign = language != DEFAULT and text not in {"", unknown}
        return Markup('<span lang="de">{}</span>').format(text) if foreign else text

    @pass_context
    def said(context: Context, text: str) -> str:
        return spoken.gettext(text) if text in SOURCES else quoted(context, text)

    made.filters |= {"said": said, "quoted": quoted}
    return made


def _telling(spoken: Words) -> Callable[..., Markup]:
    """Return what says a sentence in templates: as Jinja's own, in a third of the time."""

    def tell(message: str, **values: Any) -> Markup:
        text = Markup(spoken.gettext(message))  # noqa: S704 - sentences of the program
        return text % values

    return tell


def _counting(spoken: Words) -> Callable[..., Markup]:
    """Return what says a sentence for one or several in templates; ``num`` is the number unless given."""

    def tell(singular: str, plural: str, number: int, **values: Any) -> Markup:
        text = Markup(spoken.ngettext(singular, plural, number))  # noqa: S704 - sentences of the program
        return text % {"num": number, **values}

    return tell


async def compile_templates(home: Path) -> None:
    """Compile all templates, one after the other beside the event loop: whoever asks meanwhile goes first.

    Parameters
    ----------
    home
        Where they are kept for the other language, the other processes, and the next start.
    """
    folder = home / "templates"
    kept: _Compiled | None = None
    with suppress(OSError):  # where nothing can be kept, they are compiled at each start
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = _Compiled(str(folder))
    for made in map(environment, LANGUAGES):
        made.bytecode_cache = kept
        for name in made.list_templates():
            await asyncio.to_thread(made.get_template, name)
            await asyncio.sleep(COMPILING_PAUSE_S)


class _Compiled(FileSystemBytecodeCache):
    """Compiled templates; a full disk is no reason not to show them."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def lines_of(group: Mapping[str, Any]) -> list[str]:
    """Return the names of the lines in the evidence of a mode group, each once."""
    found = [line.get("line", "") if isinstance(line, dict) else str(line) for line in group.get("lines", [])]
    return list(dict.fromkeys(name for name in found if name))


def _attributes(values: Mapping[str, str | None]) -> Markup:
    """Write HTML attributes; None drops one."""
    return Markup(" ").join(
        Markup('{}="{}"').format(key, value) for key, value in values.items() if value is not None
    )
