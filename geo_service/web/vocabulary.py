"""What the words of the register are called on pages: codes to German, the English stands in the catalogue.

``N_`` marks a sentence for the catalogue without translating it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


def N_(message: str) -> str:  # noqa: N802 - the customary name that Babel looks for
    """Mark a German sentence for translation."""
    return message


LABELS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "horizon": {
            "now": N_("sofort"),
            "short": N_("kurzfristig"),
            "mid": N_("mittelfristig"),
            "long": N_("langfristig"),
            "undetermined": N_("Zeitpunkt unbekannt"),
        },
        "horizon_long": {
            "now": N_("sofort verfügbar"),
            "short": N_("kurzfristig: in höchstens 2 Jahren"),
            "mid": N_("mittelfristig: in 2 bis 5 Jahren"),
            "long": N_("langfristig: in mehr als 5 Jahren"),
            "undetermined": N_("unbestimmt: Zeitpunkt nicht bekannt"),
        },
        "category": {
            "gap": N_("Baulücke"),
            "brownfield": N_("Brachfläche"),
            "company_reserve": N_("betriebsgebundene Reserve"),
            "fnp_reserve": N_("FNP-Reserve"),
            "vacant": N_("unbebaut"),
            "in_use": N_("in Nutzung"),
            "unknown": N_("Kategorie unbekannt"),
        },
        "ground": {
            "brownfield": N_("schon genutztes Land (Brache)"),
            "settled": N_("Siedlungsfläche"),
            "green_field": N_("grüne Wiese"),
            "unknown": N_("Vornutzung unbekannt"),
        },
        "potential_use": {
            "none": N_("keine andere vorgesehen"),
            "industry": N_("Industrie"),
            "commerce": N_("Gewerbe"),
            "offices_and_retail": N_("Büro und Handel"),
            "mixed": N_("Mischnutzung"),
            "housing": N_("Wohnen"),
            "special": N_("Sondernutzung"),
            "unknown": N_("unbekannt"),
        },
        "target_group": {
            "none": N_("niemand gesucht"),
            "industry_and_logistics": N_("Industrie und Logistik"),
            "producing_firms": N_("produzierende Betriebe"),
            "crafts": N_("Handwerk und kleine Betriebe"),
            "urban_production": N_("urbane Produktion"),
            "services_and_retail": N_("Dienstleistung und Handel"),
            "housing_developers": N_("Wohnungsbau"),
            "by_purpose": N_("nach dem festgesetzten Zweck"),
            "unknown": N_("unbekannt"),
        },
        "severity": {
            "unrestricted": N_("ohne Restriktion"),
            "light": N_("leichte Restriktion"),
            "severe": N_("schwere Restriktion"),
        },
        "restriction": {
            "water": N_("Gewässer"),
            "flood_zone": N_("Überschwemmungsgebiet"),
            "conservation_area": N_("Schutzgebiet"),
            "rail_clearance": N_("Bahnabstand"),
            "line_clearance": N_("Leitungsabstand"),
            "road_widening": N_("Straßenausbau"),
            "protected_monument": N_("Denkmal"),
            "existing_building": N_("Gebäude bleibt stehen"),
            "not_buildable": N_("nicht bebaubar"),
            "estimated_share": N_("geschätzter Abzug"),
            "contamination": N_("Altlast"),
            "missing_development": N_("Erschließung fehlt"),
            "ordnance_clearance": N_("Kampfmittelprüfung"),
            "owner_unwilling": N_("nicht verkaufsbereit"),
            "not_on_offer": N_("belegt oder nicht angeboten"),
            "plan_not_in_force": N_("Bebauungsplan noch nicht in Kraft"),
            "other": N_("Sonstiges"),
            "reserved": N_("reserviert"),
            "sold": N_("verkauft"),
            "ground_lease": N_("Erbpacht"),
            "leased": N_("verpachtet"),
            "company_reserve": N_("betriebsgebundene Reserve"),
        },
        "effect": {
            "excludes": N_("Abzug"),
            "delays": N_("Verzögerung"),
            "reduces": N_("geschätzter Abzug"),
        },
        "phase": {
            "idea": N_("Idee"),
            "planning": N_("Planung"),
            "preparation": N_("Vorbereitung"),
            "construction": N_("Bau"),
            "marketing": N_("Vermarktung"),
            "complete": N_("fertig"),
            "unknown": N_("Stand unbekannt"),
        },
        "plot_status": {
            "available": N_("verfügbar"),
            "reserved": N_("reserviert"),
            "sold": N_("verkauft"),
            "planned": N_("geplant"),
        },
        "premises_use": {
            "retail": N_("Einzelhandel"),
            "gastronomy": N_("Gastronomie"),
            "craft": N_("Handwerk"),
            "office": N_("Büro"),
            "studio": N_("Atelier"),
            "service": N_("Dienstleistung"),
        },
        "feature": {
            "extraction": N_("Abluft"),
            "barrier_free": N_("barrierefrei"),
            "water": N_("Wasseranschluss"),
            "storage": N_("Lager"),
            "shop_window": N_("Schaufenster"),
        },
        "vacancy_status": {
            "vacant": N_("leer"),
            "threatened": N_("Leerstand droht"),
            "temporary_use": N_("Zwischennutzung"),
        },
        "zone": {
            "WS": N_("Kleinsiedlungsgebiet"),
            "WR": N_("reines Wohngebiet"),
            "WA": N_("allgemeines Wohngebiet"),
            "WB": N_("besonderes Wohngebiet"),
            "MD": N_("Dorfgebiet"),
            "MDW": N_("dörfliches Wohngebiet"),
            "MI": N_("Mischgebiet"),
            "MU": N_("urbanes Gebiet"),
            "MK": N_("Kerngebiet"),
            "GE": N_("Gewerbegebiet"),
            "GI": N_("Industriegebiet"),
            "SO": N_("Sondergebiet"),
        },
        "mode": {
            "long_distance": N_("Fernverkehr"),
            "rail": N_("Bahn"),
            "metro": N_("U-Bahn"),
            "tram": N_("Stadtbahn"),
            "bus": N_("Bus"),
            "ship": N_("Schiff"),
            "funicular": N_("Standseilbahn"),
            "cable": N_("Seilbahn"),
            "other": N_("Sonstige"),
        },
        "import": {
            "parcels": N_("Flurstücke"),
            "buildings": N_("Gebäude"),
            "restrictions": N_("Restriktionen"),
            "occupancies": N_("Belegungen"),
            "premises": N_("Ladenlokale"),
            "vacancies": N_("Leerstände"),
            "sites": N_("Standorte"),
            "districts": N_("Stadtbezirke"),
            "plans": N_("Bebauungspläne"),
            "gtfs": N_("Fahrplan"),
            "demo": N_("Demodaten"),
            "contest": N_("Anstoß"),
            "inquiries": N_("Anfragen"),
            "availability": N_("Berechnung der Verfügbarkeit"),
        },
        "inquiry_status": {
            "open": N_("offen"),
            "served": N_("bedient"),
            "unmet": N_("nicht bedient"),
            "withdrawn": N_("zurückgezogen"),
        },
        "inquiry_subject": {"land": N_("Grundstück"), "premises": N_("Ladenlokal")},
        "decision": {
            "pinned": N_("festgelegt"),
            "forbidden": N_("ausgeschlossen"),
            "locked": N_("vereinbart"),
        },
        "role": {
            "investor_support": N_("Firmenberatung"),
            "planner": N_("Planung"),
            "vacancy_manager": N_("Leerstandsmanagement"),
            "admin": N_("Verwaltung"),
        },
        "mode_group": {
            "rail": N_("Bahn"),
            "tram": N_("Stadtbahn"),
            "bus": N_("Bus"),
            "tram_bus_ship": N_("Stadtbahn, Bus, Schiff"),
            "cable": N_("Seilbahn"),
        },
        "owner_kind": {
            "municipal": N_("Stadt"),
            "state": N_("Land oder Bund"),
            "company": N_("Unternehmen"),
            "private": N_("privat"),
            "church": N_("Kirche"),
            "railway": N_("Bahnunternehmen"),
            "unknown": N_("unbekannt"),
        },
        "condition": {
            "area_min_m2": N_("Fläche ab"),
            "area_max_m2": N_("Fläche bis"),
            "horizon": N_("verfügbar"),
            "grade": N_("ÖV-Güteklasse"),
            "district": N_("Stadtbezirk"),
            "quarter": N_("Quartier"),
            "use": N_("Nutzung"),
            "category": N_("Kategorie"),
            "ground": N_("Vornutzung"),
            "piece_min_m2": N_("größtes nutzbares Stück ab"),
            "feature": N_("Ausstattung"),
            "status": N_("Zustand"),
            "ground_floor": N_("nur Erdgeschoss"),
        },
        "ranked_kind": {"plot": N_("Baufeld"), "parcel": N_("Flurstück"), "premises": N_("Ladenlokal")},
        "wish": {
            "area": N_("Fläche"),
            "use": N_("Nutzung"),
            "date": N_("Zeitpunkt"),
            "transit": N_("ÖV-Güteklasse"),
            "district": N_("Stadtbezirk"),
            "rent": N_("Miete"),
            "price": N_("Preis"),
        },
        "search_kind": {
            "parcel": N_("Flurstück"),
            "street": N_("Straße"),
            "site": N_("Standort"),
            "district": N_("Stadtbezirk"),
            "quarter": N_("Quartier"),
            "stop": N_("Haltestelle"),
            "premises": N_("Ladenlokal"),
        },
        "site_use": {},
        "basis": {
            "stated": N_("im Plan festgesetzt"),
            "orientation_value": N_("Orientierungswert, § 17 BauNVO"),
            "mixed": N_("teils Orientierungswert, § 17 BauNVO"),
            "unknown": N_("unbekannt"),
        },
        "plan_status": {
            "1000": N_("Aufstellungsbeschluss"),
            "2000": N_("Entwurf"),
            "2100": N_("frühzeitige Behördenbeteiligung"),
            "2200": N_("frühzeitige Öffentlichkeitsbeteiligung"),
            "2300": N_("Behördenbeteiligung"),
            "2400": N_("öffentliche Auslegung"),
            "3000": N_("Satzung beschlossen"),
            "4000": N_("in Kraft"),
            "4500": N_("teilweise untergegangen"),
            "5000": N_("untergegangen"),
        },
    }
)
"""German label by vocabulary and code. Source: domain description 1 and 2 (glossary, BauNVO, plan status)."""


def label(vocabulary: str, code: str | int | None) -> str:
    """Return the German label of a code; a code that is not known stands for itself, None is unknown."""
    if code is None or code == "":
        return N_("unbekannt")
    return LABELS[vocabulary].get(str(code), str(code))
