"""What a visitor asks of a list: read from the address, checked, with an error beside each wrong field."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, Final, TypeVar

from starlette.datastructures import QueryParams

from geo_service.auth.publication import HIDDEN_RESTRICTION_KINDS
from geo_service.availability.models import Category, Ground, Horizon
from geo_service.availability.service import askable
from geo_service.days import read_day
from geo_service.errors import BadParameter
from geo_service.restrictions.models import Effect, RestrictionKind, Severity
from geo_service.transit.methods import load_method
from geo_service.vacancies.models import Feature, PremisesUse, VacancyStatus
from geo_service.web.drawn import Drawn, read_drawn
from geo_service.web.sorting import LAND_SORTS, PREMISES_SORTS, RESTRICTION_SORTS, Sorts
from geo_service.web.vocabulary import N_

SHOWN_METHOD: Final = "are"
"""Transit method shown on pages."""
GRADES: Final = load_method(SHOWN_METHOD).grades
"""Transit classes of the shown method, best first."""
ZONES: Final = ("GE", "GI", "MI", "MU", "MK", "SO", "WA", "WR", "WB", "WS", "MD", "MDW")
"""BauNVO short forms, those of commerce first."""
ALL_HORIZONS: Final = tuple(horizon.value for horizon in Horizon)
KNOWN_HORIZONS: Final = tuple(each for each in ALL_HORIZONS if each != Horizon.UNDETERMINED.value)
CATEGORIES: Final = tuple(category.value for category in Category)
GROUNDS: Final = tuple(ground.value for ground in Ground)
"""In the order in which land is to be used: brownfield before green field."""
LARGEST_AREA_M2: Final = 1e9

BAD_DATE: Final = N_("Bitte einen Tag des Kalenders von 1900 bis 2200 eingeben, zum Beispiel 31.03.2028.")
BAD_NUMBER: Final = N_("Bitte eine Zahl ab 0 eingeben, zum Beispiel 4000 oder 4.000.")
BAD_RANGE: Final = N_("Der Höchstwert liegt unter dem Mindestwert.")
BAD_CHOICE: Final = N_("Diese Auswahl gibt es nicht.")


@dataclass(frozen=True, slots=True)
class LandFilter:
    """Conditions on parcels; empty: no condition.

    Parameters
    ----------
    area_min_m2, area_max_m2
        Bounds of the net area, m².
    horizon
        Wanted horizons; at first all but the unknown date. An address may name the latest one instead
        (``horizon_max=short``: now and short).
    by
        Day on which the land is needed: it must be available then at the latest.
    grade
        Least transit class: this one or a better one.
    district
        Keys of districts.
    use
        BauNVO short forms.
    category
        What the parcel is (Baulücke, Brachfläche, ...).
    ground
        Whether the land was used before.
    piece_min_m2
        Least size of the largest usable piece, m².
    within
        Area drawn on the map, into which the parcel reaches.
    as_of
        Day for which all of this is told; None: the day of what is stored.
    sort
        An order of `LAND_SORTS`: ``net`` (largest first), ``from`` (soonest first), ``grade`` (best first),
        ``ground`` (brownfield before green field); with ``-`` before it the other way round.
    """

    area_min_m2: float | None = None
    area_max_m2: float | None = None
    horizon: tuple[str, ...] = KNOWN_HORIZONS
    by: date | None = None
    grade: str | None = None
    district: tuple[str, ...] = ()
    use: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    ground: tuple[str, ...] = ()
    piece_min_m2: float | None = None
    within: Drawn | None = None
    as_of: date | None = None
    sort: str = LAND_SORTS.usual


@dataclass(frozen=True, slots=True)
class PremisesFilter:
    """Conditions on vacant premises; empty: no condition.

    Parameters
    ----------
    area_min_m2, area_max_m2
        Bounds of the lettable area, m².
    use
        Permitted uses, one of which is wanted.
    feature
        Features that must all be there.
    district, quarter
        Keys.
    status
        States of the vacancy.
    ground_floor
        Ground floor only.
    within
        Area drawn on the map, in which the premises lie.
    sort
        An order of `PREMISES_SORTS`: ``area`` (smallest first) or ``since`` (longest vacant first); with
        ``-`` before it the other way round.
    """

    area_min_m2: float | None = None
    area_max_m2: float | None = None
    use: tuple[str, ...] = ()
    feature: tuple[str, ...] = ()
    district: tuple[str, ...] = ()
    quarter: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    ground_floor: bool = False
    within: Drawn | None = None
    sort: str = PREMISES_SORTS.usual


@dataclass(frozen=True, slots=True)
class RestrictionFilter:
    """Conditions on restrictions; empty: no condition.

    Parameters
    ----------
    kind, effect, severity
        Wanted kinds, effects and severities.
    open_end
        Only those of which nobody knows when they end.
    within
        Area drawn on the map, into which the restriction reaches.
    as_of
        Day on which it holds; None: today.
    sort
        An order of `RESTRICTION_SORTS`: ``end`` (soonest ending first), ``area`` (largest first) or ``kind``
        (in the order of deduction); with ``-`` before it the other way round.
    """

    kind: tuple[str, ...] = ()
    effect: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    open_end: bool = False
    within: Drawn | None = None
    as_of: date | None = None
    sort: str = RESTRICTION_SORTS.usual


Filter = TypeVar("Filter", LandFilter, PremisesFilter, RestrictionFilter)


@dataclass(slots=True)
class Reader:
    """Reads parameters one by one and collects what is wrong with them.

    Parameters
    ----------
    values
        Parameters of the address.
    errors
        German sentence per parameter that cannot be used.
    """

    values: QueryParams
    errors: dict[str, str] = field(default_factory=dict)

    def number(self, name: str) -> float | None:
        """Return a positive number as people write it: 4000, 4.000, 4,5; None when absent or wrong."""
        text = self.values.get(name, "").strip()
        if not text:
            return None
        value = parse_number(text)
        if value is None or not 0 <= value <= LARGEST_AREA_M2:
            self.errors[name] = BAD_NUMBER
            return None
        return value

    def day(self, name: str) -> date | None:
        """Return a day as a date field or a person writes it (31.03.2028); None when absent or wrong."""
        text = self.values.get(name, "").strip()
        if not text:
            return None
        try:
            return askable(read_day(text))
        except (ValueError, BadParameter):
            self.errors[name] = BAD_DATE
            return None

    def several(self, name: str, known: Callable[[str], bool]) -> tuple[str, ...]:
        """Return the chosen values of a parameter that may be repeated."""
        chosen = tuple(dict.fromkeys(value for value in self.values.getlist(name) if value))
        if not all(known(value) for value in chosen):
            self.errors[name] = BAD_CHOICE
        return tuple(value for value in chosen if known(value))

    def one(self, name: str, known: tuple[str, ...]) -> str | None:
        """Return the chosen value of a parameter."""
        value = self.values.get(name, "")
        if value and value not in known:
            self.errors[name] = BAD_CHOICE
            return None
        return value or None

    def order(self, sorts: Sorts) -> str:
        """Return the order that is asked for; the usual one when absent or wrong."""
        return self.one("sort", tuple(sorts.words)) or sorts.usual

    def drawn(self, name: str) -> Drawn | None:
        """Return an area drawn on the map; None when absent or wrong."""
        found = read_drawn(self.values.get(name, ""))
        if isinstance(found, str):
            self.errors[name] = found
            return None
        return found

    def check_range(self, low: float | None, high: float | None, name: str) -> None:
        """Note an error when the upper bound lies below the lower one."""
        if low is not None and high is not None and high < low:
            self.errors[name] = BAD_RANGE


def sound(read: tuple[Filter, Mapping[str, str]]) -> Filter:
    """Return a filter that was read, if all of it could be: a file shows nothing beside its rows.

    Raises
    ------
    BadParameter
        Naming what could not be read.
    """
    conditions, errors = read
    if errors:
        names, reasons = ", ".join(errors), " ".join(dict.fromkeys(errors.values()))
        raise BadParameter(
            f"The filter cannot be read: {names}. Mend that, or leave it out.",
            parameter=names,
            detail_de=f"Der Filter lässt sich nicht lesen ({names}). {reasons}",
        )
    return conditions


def parse_number(text: str) -> float | None:
    """Read a number in German or English notation; None when it is none.

    A single separator followed by exactly three digits parts thousands: 4.000 and 4,000 are four thousand.
    """
    compact = text.replace(" ", "").replace("\u202f", "").replace("\xa0", "").removesuffix("m²")
    separators = [character for character in compact if character in ".,"]
    if len(set(separators)) == 2:  # noqa: PLR2004 - both kinds: the last one is the decimal sign
        decimal = separators[-1]
        thousands = "," if decimal == "." else "."
        compact = compact.replace(thousands, "").replace(decimal, ".")
    elif separators:
        parts_thousands = all(len(part) == 3 for part in compact.replace(",", ".").split(".")[1:])  # noqa: PLR2004
        compact = compact.replace(",", ".").replace(".", "") if parts_thousands else compact.replace(",", ".")
    if not compact.replace(".", "", 1).isdecimal() or not compact.isascii():
        return None
    return float(compact)


def read_land_filter(values: QueryParams) -> tuple[LandFilter, dict[str, str]]:
    """Read the conditions on parcels; wrong ones are left out and named."""
    reader = Reader(values)
    area = reader.number("area_min"), reader.number("area_max")
    reader.check_range(*area, "area_max")
    return LandFilter(
        area_min_m2=area[0],
        area_max_m2=None if "area_max" in reader.errors else area[1],
        horizon=reader.several("horizon", ALL_HORIZONS.__contains__)
        or up_to(reader.one("horizon_max", KNOWN_HORIZONS)),
        by=reader.day("by"),
        grade=reader.one("grade", GRADES),
        district=reader.several("district", is_key),
        use=reader.several("use", ZONES.__contains__),
        category=reader.several("category", CATEGORIES.__contains__),
        ground=reader.several("ground", GROUNDS.__contains__),
        piece_min_m2=reader.number("piece_min"),
        within=reader.drawn("within"),
        as_of=reader.day("as_of"),
        sort=reader.order(LAND_SORTS),
    ), reader.errors


def up_to(latest: str | None) -> tuple[str, ...]:
    """Return the horizons that are met by then at the latest; None: any known date."""
    return KNOWN_HORIZONS if latest is None else KNOWN_HORIZONS[: KNOWN_HORIZONS.index(latest) + 1]


def read_premises_filter(values: QueryParams) -> tuple[PremisesFilter, dict[str, str]]:
    """Read the conditions on vacant premises; wrong ones are left out and named."""
    reader = Reader(values)
    area = reader.number("area_min"), reader.number("area_max")
    reader.check_range(*area, "area_max")
    return PremisesFilter(
        area_min_m2=area[0],
        area_max_m2=None if "area_max" in reader.errors else area[1],
        use=reader.several("use", {use.value for use in PremisesUse}.__contains__),
        feature=reader.several("feature", {feature.value for feature in Feature}.__contains__),
        district=reader.several("district", is_key),
        quarter=reader.several("quarter", is_key),
        status=reader.several("status", {status.value for status in VacancyStatus}.__contains__),
        ground_floor=values.get("ground_floor") == "1",
        within=reader.drawn("within"),
        sort=reader.order(PREMISES_SORTS),
    ), reader.errors


def read_restriction_filter(values: QueryParams, *, public: bool) -> tuple[RestrictionFilter, dict[str, str]]:
    """Read the conditions on restrictions; wrong ones are left out and named.

    For the public there are no kinds but those that it may see.
    """
    reader = Reader(values)
    return RestrictionFilter(
        kind=reader.several("kind", restriction_kinds(public=public).__contains__),
        effect=reader.several("effect", {effect.value for effect in Effect}.__contains__),
        severity=reader.several("severity", {severity.value for severity in Severity}.__contains__),
        open_end=values.get("open_end") == "1",
        within=reader.drawn("within"),
        as_of=reader.day("as_of"),
        sort=reader.order(RESTRICTION_SORTS),
    ), reader.errors


def restriction_kinds(*, public: bool) -> tuple[str, ...]:
    """Return the kinds of restriction in the order of deduction, as far as the caller may see them."""
    hidden = HIDDEN_RESTRICTION_KINDS if public else ()
    return tuple(kind.value for kind in RestrictionKind if kind.value not in hidden)


def check_keys(errors: dict[str, str], name: str, chosen: Iterable[str], known: Iterable[Any]) -> None:
    """Note an error when a key was chosen that no row of ``known`` (with ``key``) has."""
    if not set(chosen) <= {row.key for row in known}:
        errors[name] = BAD_CHOICE


def is_key(text: str) -> bool:
    """Tell whether a text can be the key of a district or quarter."""
    return len(text) <= 100 and text.isprintable()  # noqa: PLR2004 - far longer than any key


def loosened(conditions: Filter) -> Mapping[str, Filter]:
    """Return the filter with one condition dropped at a time, by name of the condition."""
    plain = type(conditions)()
    result: dict[str, Filter] = {}
    for each in fields(conditions):
        default: Any = ALL_HORIZONS if each.name == "horizon" else getattr(plain, each.name)
        if each.name not in {"as_of", "sort"} and getattr(conditions, each.name) != default:
            result[each.name] = replace(conditions, **{each.name: default})
    return result
