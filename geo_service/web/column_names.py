"""What the tables and columns of the register are called in histories and forms, in German.

A column that is not here is told to nobody.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from geo_service.web.vocabulary import N_

ACTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"insert": N_("Angelegt"), "update": N_("Geändert"), "delete": N_("Gelöscht")}
)
TABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "parcels": N_("Flurstück"),
        "occupancies": N_("Belegung"),
        "premises": N_("Ladenlokal"),
        "vacancies": N_("Leerstand"),
        "sites": N_("Standort"),
        "plots": N_("Baufeld"),
        "phases": N_("Phase"),
        "milestones": N_("Meilenstein"),
        "restrictions": N_("Restriktion"),
        "land_use_areas": N_("Fläche des Flächennutzungsplans"),
        "development_plans": N_("Bebauungsplan"),
        "plan_areas": N_("Baugebiet"),
    }
)
COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "valid": N_("gilt"),
        "during": N_("Zeitraum"),
        "geom": N_("Lage oder Umriss"),
        "source": N_("Quelle"),
        "source_date": N_("Stand der Quelle"),
        "is_demo": N_("Demo"),
        "name": N_("Name"),
        "name_de": N_("Name (deutsch)"),
        "name_en": N_("Name (englisch)"),
        "note": N_("Notiz"),
        "kind": N_("Art"),
        "status": N_("Zustand"),
        "office": N_("Dienststelle"),
        "holder": N_("Inhaber"),
        "parcel_key": N_("Flurstückskennzeichen"),
        "gemarkung": N_("Gemarkung"),
        "flur": N_("Flur"),
        "numerator": N_("Zähler"),
        "denominator": N_("Nenner"),
        "municipality": N_("Gemeinde"),
        "location_text": N_("Lage"),
        "actual_use": N_("tatsächliche Nutzung"),
        "official_area_m2": N_("amtliche Fläche (m²)"),
        "area_m2": N_("Fläche (m²)"),
        "land_value_eur_per_m2": N_("Bodenrichtwert (€/m²)"),
        "owner_kind": N_("Art des Eigentums"),
        "publication_objection": N_("Widerspruch gegen die Veröffentlichung"),
        "publication_announced_on": N_("Veröffentlichung angekündigt am"),
        "premises_key": N_("Kennzeichen"),
        "street": N_("Straße"),
        "house_number": N_("Hausnummer"),
        "postcode": N_("Postleitzahl"),
        "floor": N_("Geschoss"),
        "permitted_uses": N_("zulässige Nutzungen"),
        "features": N_("Ausstattung"),
        "net_rent_eur_month": N_("Nettokaltmiete (€ im Monat)"),
        "landlord": N_("Vermieter*in"),
        "contact": N_("Kontakt"),
        "previous_use": N_("vorherige Nutzung"),
        "temporary_use_until": N_("Zwischennutzung bis"),
        "asking_rent_eur_month": N_("Angebotsmiete (€ im Monat)"),
        "slug": N_("Kurzname"),
        "summary_de": N_("Beschreibung (deutsch)"),
        "summary_en": N_("Beschreibung (englisch)"),
        "target_groups": N_("Zielgruppen"),
        "uses": N_("Nutzungen"),
        "phase": N_("Phase"),
        "stated_area_ha": N_("angegebene Fläche (ha)"),
        "location_note": N_("Hinweis zur Lage"),
        "geometry_accuracy_m": N_("Genauigkeit des Umrisses (m)"),
        "zone": N_("Baugebiet"),
        "available_from": N_("verfügbar ab"),
        "price_eur_per_m2": N_("Preis (€/m²)"),
        "due_on": N_("geplant am"),
        "due_text": N_("geplant (in Worten)"),
        "due_text_en": N_("geplant (englisch)"),
        "state": N_("Stand"),
        "reached_on": N_("erreicht am"),
        "valid_from": N_("gilt ab"),
        "valid_to": N_("gilt bis (letzter Tag)"),
        "since": N_("leer seit"),
        "until": N_("leer bis (letzter Tag)"),
        "district": N_("Stadtbezirk"),
        "quarter": N_("Quartier"),
        "restriction_key": N_("Kennzeichen"),
        "effect": N_("Wirkung"),
        "severity": N_("Schwere"),
        "title": N_("Bezeichnung"),
        "reduction_share": N_("Anteil der Minderung (0 bis 1)"),
        "legal_basis": N_("Rechtsgrundlage"),
        "area_key": N_("Kennzeichen"),
        "use": N_("Nutzung"),
        "plan_key": N_("Kennzeichen"),
        "legal_status": N_("Rechtsstand"),
        "in_force_on": N_("in Kraft seit oder ab"),
        "zone_code": N_("Schlüssel des Baugebiets (XPlanung)"),
        "grz": N_("Grundflächenzahl (GRZ)"),
        "gfz": N_("Geschossflächenzahl (GFZ)"),
        "max_storeys": N_("höchstens Vollgeschosse"),
    }
)
CODES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("vacancies", "status"): "vacancy_status",
        ("vacancies", "previous_use"): "premises_use",
        ("premises", "permitted_uses"): "premises_use",
        ("premises", "features"): "feature",
        ("plots", "status"): "plot_status",
        ("sites", "phase"): "phase",
        ("phases", "kind"): "phase",
        ("parcels", "owner_kind"): "owner_kind",
        ("restrictions", "kind"): "restriction",
        ("restrictions", "effect"): "effect",
        ("restrictions", "severity"): "severity",
        ("development_plans", "legal_status"): "plan_status",
    }
)
"""Columns that hold codes, and the vocabulary that tells what they are called."""
FIELD_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "permitted_uses": "premises_use",
        "features": "feature",
        "horizon": "horizon",
        "severity": "severity",
        "category": "category",
        "internal_category": "category",
        "ground": "ground",
        "potential_use": "potential_use",
        "target_group": "target_group",
        "internal_target_group": "target_group",
        "owner_kind": "owner_kind",
        "modes": "mode",
    }
)
"""Fields that hold codes of one vocabulary wherever they are."""
LONG: Final = frozenset({"note", "summary_de", "summary_en", "location_note"})
"""Columns that hold whole sentences."""
