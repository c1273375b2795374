"""Why a row is refused and how to mend it, in German and English; and what a person should know besides."""

from collections.abc import Sequence
from datetime import date
from math import isfinite
from typing import Final

from geo_service.wording import Sentence, day, number, word

EMPTY: Final = Sentence("Die Angabe fehlt. Bitte eintragen.", "The value is missing. Please fill it in.")
CONTROL_CHARACTER: Final = Sentence(
    "Der Text enthält ein unsichtbares Steuerzeichen. Bitte den Text neu eingeben.",
    "The text contains an invisible control character. Please type it anew.",
)
NO_NUMBER: Final = Sentence(
    "Das ist keine Zahl. Bitte wie 1234,5 schreiben.", "This is no number. Please write it like 1234.5."
)
NO_DAY: Final = Sentence(
    "Das ist kein vollständiges Datum. Bitte wie 31.03.2026 oder 2026-03-31 schreiben.",
    "This is no complete date. Please write it like 31.03.2026 or 2026-03-31.",
)
YES_OR_NO: Final = Sentence(
    "Das ist weder ja noch nein. Bitte ja oder nein schreiben.",
    "This is neither yes nor no. Please write yes or no.",
)
EXTRA_CELLS: Final = Sentence(
    "Die Zeile hat mehr Felder als die Kopfzeile. Enthält ein Text das Trennzeichen, muss er in "
    "Anführungszeichen stehen.",
    "The row has more cells than the heading. A text that contains the separator must be quoted.",
)
END_BEFORE_START: Final = Sentence(
    "Das Ende liegt vor dem Beginn. Bitte beide Daten prüfen.",
    "The end lies before the start. Please check both dates.",
)
TWO_ENDS: Final = Sentence(
    "Der letzte Tag und der erste freie Tag widersprechen sich. Bitte einen von beiden angeben.",
    "The last day and the first free day contradict each other. Please give one of them.",
)
NO_GEOMETRY: Final = Sentence(
    "Die Geometrie fehlt oder ist leer. Bitte die Fläche zeichnen oder die Zeile entfernen.",
    "The geometry is missing or empty. Please draw the area or remove the row.",
)
TOO_SMALL: Final = Sentence(
    "Die Fläche misst weniger als 0,01 m²: sie ist schmal wie ein Strich. Bitte die Geometrie prüfen.",
    "The area measures less than 0.01 m²: it is as narrow as a line. Please check the geometry.",
)
MOST_CORNERS: Final = 50_000
"""Corners of one record: the time that its land takes may grow with their square."""
NO_PLACE: Final = Sentence(
    "Der Ort fehlt. Bitte x und y, Länge und Breite oder ein bekanntes Flurstückskennzeichen angeben.",
    "The place is missing. Please give x and y, longitude and latitude, or the key of a known parcel.",
)
HALF_A_PLACE: Final = Sentence(
    "Von den beiden Koordinaten ist nur eine lesbar. Bitte beide angeben.",
    "Only one of the two coordinates can be read. Please give both.",
)
BROKEN_GEOMETRY: Final = Sentence(
    "Die Geometrie ist beschädigt und nicht lesbar. Bitte neu zeichnen.",
    "The geometry is damaged and cannot be read. Please draw it anew.",
)


def too_long(length: int, longest: int) -> Sentence:
    """Say that a text is too long."""
    return Sentence(
        f"Der Text hat {length} Zeichen, erlaubt sind {longest}. Bitte kürzen.",
        f"The text has {length} characters, at most {longest} are possible. Please shorten it.",
    )


def out_of_range(low: float | None, high: float | None, above: float | None) -> Sentence:
    """Say which numbers are possible."""
    parts = [
        ("mindestens", "at least", low),
        ("größer als", "greater than", above),
        ("höchstens", "at most", high),
    ]
    german = " und ".join(
        f"{de} {number(value, _digits(value)).de}" for de, _, value in parts if value is not None
    )
    english = " and ".join(
        f"{en} {number(value, _digits(value)).en}" for _, en, value in parts if value is not None
    )
    return Sentence(f"Die Zahl muss {german} sein.", f"The number must be {english}.")


def _digits(value: float) -> int:
    return 0 if float(value).is_integer() else 2


def ambiguous_number(written: str) -> Sentence:
    """Say that a point may part thousands or decimals."""
    return Sentence(
        f"{written} kann zweierlei bedeuten. Bitte {written.replace('.', '')} oder "
        f"{written.replace('.', ',')}0 schreiben.",
        f"{written} may mean two numbers. Please write {written.replace('.', '')} or {written}0.",
    )


def excel_day(meant: date) -> Sentence:
    """Say that a day number of a spreadsheet stands where a date should."""
    return Sentence(
        f"Das ist eine Tageszahl der Tabellenkalkulation, vermutlich der {day(meant).de}. Bitte die "
        "Spalte als Datum formatieren.",
        f"This is a day number of the spreadsheet, probably {day(meant).en}. Please format the "
        "column as date.",
    )


def not_in_calendar(written: str) -> Sentence:
    """Say that a date does not exist."""
    return Sentence(
        f"Den Tag {written} gibt es im Kalender nicht. Bitte das Datum prüfen.",
        f"There is no day {written} in the calendar. Please check the date.",
    )


def year_out_of_range(earliest: int, latest: int) -> Sentence:
    """Say which years are possible."""
    return Sentence(
        f"Das Jahr muss zwischen {earliest} und {latest - 1} liegen.",
        f"The year must lie between {earliest} and {latest - 1}.",
    )


def unknown_word(known: Sequence[str]) -> Sentence:
    """Say which words a column takes."""
    words = ", ".join(f"{word(each).de} ({each})" if word(each).de != each else each for each in known)
    listed = ", ".join(known)
    return Sentence(
        f"Dieser Wert ist nicht bekannt. Möglich sind: {words}.",
        f"This value is not known. Possible are: {listed} (or the German words for them).",
    )


def twice_in_file(first_row: int) -> Sentence:
    """Say that a key occurred before."""
    return Sentence(
        f"Derselbe Schlüssel steht schon in Zeile {first_row}. Bitte eine der Zeilen entfernen.",
        f"Row {first_row} has the same key already. Please remove one of the rows.",
    )


def overlaps_row(first_row: int) -> Sentence:
    """Say that two spans of a file overlap."""
    return Sentence(
        f"Der Zeitraum überschneidet sich mit Zeile {first_row}. Bitte Beginn oder Ende berichtigen.",
        f"The span overlaps with that of row {first_row}. Please correct the start or the end.",
    )


def overlaps_register(start: date | None, last: date | None) -> Sentence:
    """Say that a span overlaps with one that is stored."""
    return Sentence(
        f"Der Zeitraum überschneidet sich mit einem gespeicherten (von {_or_open(start).de} bis "
        f"{_or_open(last).de}). Bitte Beginn oder Ende berichtigen, oder den gespeicherten zuvor beenden.",
        f"The span overlaps with a stored one (from {_or_open(start).en} to {_or_open(last).en}). Please "
        "correct the start or the end, or end the stored one first.",
    )


def _or_open(value: date | None) -> Sentence:
    return Sentence("offen", "open") if value is None else day(value)


def stored_twice(many: int) -> Sentence:
    """Say that a row fits several stored records."""
    return Sentence(
        f"Im Register stehen {many} Einträge mit diesem Schlüssel und Beginn. Bitte dort zuerst bereinigen.",
        f"The register holds {many} records with this key and start. Please tidy up there first.",
    )


def unknown_reference(what: Sentence) -> Sentence:
    """Say that a key names nothing in the register."""
    return Sentence(
        f"Zu diesem Schlüssel gibt es im Register nichts ({what.de}). Bitte den Schlüssel prüfen oder erst "
        "die zugehörige Datei importieren.",
        f"The register knows nothing by this key ({what.en}). Please check the key, or import the file that "
        "holds it first.",
    )


def wrong_geometry_type(found: str, wanted: Sentence) -> Sentence:
    """Say which kind of geometry is needed."""
    return Sentence(
        f"Die Geometrie ist vom Typ {found}, gebraucht wird {wanted.de}.",
        f"The geometry is a {found}, {wanted.en} is needed.",
    )


def not_repairable(why: Sentence, before_m2: float, after_m2: float) -> Sentence:
    """Say that an area is invalid and cannot be mended without changing it."""
    return Sentence(
        f"Die Fläche ist ungültig ({why.de}); eine Reparatur änderte sie von {number(before_m2, 1).de} auf "
        f"{number(after_m2, 1).de} m². Bitte die Grenze berichtigen.",
        f"The area is invalid ({why.en}); a repair would change it from {number(before_m2, 1).en} to "
        f"{number(after_m2, 1).en} m². Please correct its outline.",
    )


def outside_city(city: str, distance_m: float) -> Sentence:
    """Say how far a row lies outside the city."""
    away = number(distance_m / 1000, 1, "km")
    return Sentence(
        f"Liegt {away.de} außerhalb von {city}. Ist das gewollt: --allow-outside.",
        f"Lies {away.en} outside {city}. If that is meant: --allow-outside.",
    )


def mostly_outside(city: str) -> Sentence:
    """Say that an area touches the city but does not lie in it."""
    return Sentence(
        f"Liegt zu mehr als der Hälfte außerhalb von {city}. Ist das gewollt: --allow-outside.",
        f"Lies outside {city} by more than half. If that is meant: --allow-outside.",
    )


def implausibly_large(measured_m2: float, largest_km2: float) -> Sentence:
    """Say that an area is larger than any parcel of the city can be."""
    size, most = number(measured_m2 / 1e6, 1, "km²"), number(largest_km2, 0, "km²")
    return Sentence(
        f"Misst {size.de}; mehr als {most.de} hat hier kein Flurstück. Bitte die Geometrie prüfen (Grenze: "
        "largest_parcel_km2 im Profil der Stadt).",
        f"Measures {size.en}; no parcel here has more than {most.en}. Please check the geometry (bound: "
        "largest_parcel_km2 in the city's profile).",
    )


def areas_contradict(measured_m2: float, official_m2: float) -> Sentence:
    """Say that measured and official area cannot both be right."""
    measured, official = number(measured_m2, 1, "m²"), number(official_m2, 1, "m²")
    return Sentence(
        f"Gemessen sind {measured.de}, amtlich {official.de}: mehr als hundertmal verschieden. Bitte "
        "Geometrie und amtliche Fläche prüfen.",
        f"Measured are {measured.en}, official {official.en}: more than a hundredfold apart. Please check "
        "the geometry and the official area.",
    )


def not_in_germany(x: float, y: float) -> Sentence:
    """Say that coordinates cannot be right."""
    if not (isfinite(x) and isfinite(y)):
        return Sentence(
            "Die Koordinaten lassen sich nicht nach EPSG:25832 umrechnen: sie liegen weit außerhalb von "
            "Deutschland. Bitte prüfen.",
            "The coordinates cannot be converted to EPSG:25832: they lie far outside Germany. Please check "
            "them.",
        )
    return Sentence(
        f"Die Koordinaten ({x:.0f}, {y:.0f} in EPSG:25832) liegen nicht in Deutschland. Bitte prüfen.",
        f"The coordinates ({x:.0f}, {y:.0f} in EPSG:25832) do not lie in Germany. Please check them.",
    )


def too_many_corners(corners: int) -> Sentence:
    """Say that an outline has more corners than can be computed in good time, and how to mend it."""
    de, en = f"{corners:,}".replace(",", "."), f"{corners:,}"
    most_de, most_en = f"{MOST_CORNERS:,}".replace(",", "."), f"{MOST_CORNERS:,}"
    return Sentence(
        f"Die Fläche hat {de} Eckpunkte, höchstens {most_de} können berechnet werden. Bitte in mehrere "
        "Datensätze teilen (etwa mit QGIS „Unterteilen“) oder auf 0,1 m vereinfachen.",
        f"The area has {en} corners, and at most {most_en} can be computed. Please split it into several "
        "records (for example with Subdivide in QGIS), or simplify it to 0.1 m.",
    )
