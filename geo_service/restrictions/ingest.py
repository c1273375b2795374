"""Importing restrictions: what takes area away, delays it or makes it dearer."""

from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Table, select

from geo_service.imports import queries, values
from geo_service.imports.columns import Column
from geo_service.imports.draft import Draft, Mask
from geo_service.imports.kind import LONGEST_LINE, LONGEST_NAME, LONGEST_TEXT, ImportKind
from geo_service.imports.places import PlaceRule
from geo_service.imports.spans import SpanRule, read_span, span_columns
from geo_service.restrictions.models import Effect, Restriction, RestrictionKind, Severity
from geo_service.wording import Sentence

RESTRICTIONS: Final[Table] = Restriction.metadata.tables["restrictions"]

KINDS: Final = values.vocabulary(
    RestrictionKind,
    {
        "water": ("Gewässer", "Wasserfläche"),
        "flood_zone": ("Überschwemmungsgebiet", "Hochwassergebiet", "ÜSG"),
        "conservation_area": (
            "Naturschutzgebiet",
            "Landschaftsschutzgebiet",
            "Schutzgebiet",
            "NSG",
            "LSG",
            "FFH",
        ),
        "rail_clearance": ("Bahnabstand", "Abstand zur Bahn", "Bahnanlage"),
        "line_clearance": ("Leitungsabstand", "Leitungsschutzstreifen", "Leitung", "Schutzstreifen"),
        "road_widening": ("Straßenverbreiterung", "Straßenausbau"),
        "protected_monument": ("Denkmal", "Denkmalschutz", "Bodendenkmal", "Baudenkmal"),
        "existing_building": ("Bestandsgebäude", "Gebäudebestand", "Bestand"),
        "not_buildable": ("nicht bebaubar", "nicht überbaubar"),
        "estimated_share": ("geschätzter Anteil", "Schätzung", "pauschaler Abzug"),
        "contamination": ("Altlast", "Altlasten", "Altlastenverdacht", "Bodenbelastung"),
        "missing_development": ("fehlende Erschließung", "Erschließung", "nicht erschlossen"),
        "ordnance_clearance": ("Kampfmittel", "Kampfmittelräumung", "Kampfmittelverdacht"),
        "owner_unwilling": (
            "Eigentümer nicht bereit",
            "fehlende Verkaufsbereitschaft",
            "nicht verkaufsbereit",
        ),
        "plan_not_in_force": (
            "Planungsrecht fehlt",
            "fehlendes Planungsrecht",
            "Bebauungsplan nicht rechtskräftig",
        ),
        "other": ("Sonstiges", "sonstige", "andere"),
    },
)
EFFECTS: Final = values.vocabulary(
    Effect,
    {
        "excludes": ("schließt aus", "Ausschluss", "ausschließend", "entfällt"),
        "delays": ("verzögert", "Verzögerung", "verzögernd", "zeitlich"),
        "reduces": ("mindert", "Minderung", "Abzug", "mindernd"),
    },
)
SEVERITIES: Final = values.vocabulary(
    Severity,
    {
        "unrestricted": ("keine", "ohne"),
        "light": ("leicht", "gering", "mittel"),
        "severe": ("schwer", "hoch", "schwerwiegend"),
    },
)

DELAYING: Final = (
    RestrictionKind.CONTAMINATION,
    RestrictionKind.MISSING_DEVELOPMENT,
    RestrictionKind.ORDNANCE_CLEARANCE,
    RestrictionKind.OWNER_UNWILLING,
    RestrictionKind.PLAN_NOT_IN_FORCE,
)
"""Kinds that delay when the file says no effect; estimated shares reduce, all others exclude."""
USUAL_EFFECT: Final = MappingProxyType(
    {
        kind.value: (
            Effect.DELAYS
            if kind in DELAYING
            else Effect.REDUCES
            if kind is RestrictionKind.ESTIMATED_SHARE
            else Effect.EXCLUDES
        ).value
        for kind in RestrictionKind
    }
)
LIGHT: Final = frozenset({RestrictionKind.MISSING_DEVELOPMENT.value, RestrictionKind.ESTIMATED_SHARE.value})
"""Kinds that need development only. Source: Siedlungsflächenmonitoring Ruhr, severity of restrictions."""

COLUMNS: Final = (
    Column(
        "restriction_key",
        values.text(LONGEST_NAME),
        ("Schlüssel", "Kennung", "Nummer", "nr", "id", "key", "gml_id", "objekt_id"),
        required=True,
    ),
    Column("kind", values.choice(KINDS), ("Art", "Typ", "Restriktion", "Art der Restriktion"), required=True),
    Column("effect", values.choice(EFFECTS), ("Wirkung", "Auswirkung")),
    Column("severity", values.choice(SEVERITIES), ("Schwere", "Schweregrad")),
    Column("title", values.text(LONGEST_LINE), ("Bezeichnung", "Titel", "Name")),
    Column("reduction_share", values.number(high=1, above=0), ("Anteil", "Minderungsanteil", "Abzug_Anteil")),
    *span_columns(("ab", "von", "seit", "Beginn"), ("bis", "Ende", "voraussichtlich bis")),
    Column(
        "office", values.text(LONGEST_NAME), ("Amt", "Dienststelle", "zuständig", "Zuständigkeit"), empty=""
    ),
    Column("legal_basis", values.text(LONGEST_LINE), ("Rechtsgrundlage", "Verordnung"), empty=""),
    Column("note", values.text(LONGEST_TEXT), ("Bemerkung", "Notiz", "Hinweis", "Anmerkung", "Bemerkungen")),
)


def check_restrictions(draft: Draft) -> None:
    """Fill in what the kind of restriction usually means, and check what belongs together."""
    kinds = draft.cells["kind"]
    usual_effect = kinds.map(USUAL_EFFECT, na_action="ignore")
    usual_severity = kinds.map(
        lambda kind: Severity.LIGHT.value if kind in LIGHT else Severity.SEVERE.value, na_action="ignore"
    )
    for column, usual in (("effect", usual_effect), ("severity", usual_severity), ("title", kinds)):
        if column in draft.cells:
            draft.cells[column] = draft.cells[column].fillna(usual)
        else:
            draft.only_when_new.add(column)
            draft.cells[column] = usual
    if "effect" not in draft.only_when_new and "reduction_share" not in draft.cells:
        draft.cells["reduction_share"] = pd.Series(np.nan, index=kinds.index)  # goes with its effect
    read_span(draft, SpanRule("valid"))
    draft.reject_twice(("restriction_key",), "restriction_key")
    _check_owner(draft)
    _check_share(draft)


def refer_restrictions(connection: Connection, draft: Draft) -> None:
    """Look up what stays of stored restrictions where the file says no effect: shares, and taking area."""
    if "effect" not in draft.only_when_new:
        return
    keys = draft.cells["restriction_key"]
    if "reduction_share" in draft.cells:
        _keep_shares(connection, draft, keys)
    if not _unwilling(draft).any():
        return
    stored = RESTRICTIONS.c.restriction_key
    takes = select(stored).where(
        stored.in_(keys[_unwilling(draft)].tolist()), RESTRICTIONS.c.effect != Effect.DELAYS.value
    )
    taking = keys.isin(connection.execute(takes).scalars().all()).to_numpy(dtype=bool)
    draft.reject(
        taking & _unwilling(draft) & ~draft.wrong,
        "effect",
        "owner-only-delays",
        Sentence(
            "Diese Restriktion zieht bisher Fläche ab, fehlende Verkaufsbereitschaft kann nur verzögern. "
            "Bitte der Datei eine Spalte „Wirkung“ geben und darin „verzögert“ angeben.",
            "This restriction has taken area so far, and an owner who does not sell can only delay. Please "
            "give the file a column effect that says delays.",
        ),
    )


def _keep_shares(connection: Connection, draft: Draft, keys: "pd.Series[Any]") -> None:
    """Let a share go with the stored effect: one that reduces keeps its own where the file names none."""
    stored, share = RESTRICTIONS.c.restriction_key, RESTRICTIONS.c.reduction_share
    known = select(stored, share).where(stored.in_(keys.dropna().tolist()))
    shares = {row.restriction_key: row.reduction_share for row in connection.execute(known)}
    there = keys.isin(list(shares))
    kept = keys.map(shares, na_action="ignore").astype("Float64")
    given = draft.cells["reduction_share"].astype("Float64")
    draft.cells["reduction_share"] = given.where(~there, given.fillna(kept).where(kept.notna()))


def _unwilling(draft: Draft) -> Mask:
    """Return the rows of unwilling owners."""
    return (draft.cells["kind"] == RestrictionKind.OWNER_UNWILLING.value).to_numpy(dtype=bool)


def _check_owner(draft: Draft) -> None:
    """Insist that an unwilling owner delays: areas are public, what an owner wants is not (decision 4)."""
    delays = (draft.cells["effect"] == Effect.DELAYS.value).to_numpy(dtype=bool)
    draft.reject(
        _unwilling(draft) & ~delays & ~draft.wrong,
        "effect",
        "owner-only-delays",
        Sentence(
            "Fehlende Verkaufsbereitschaft kann nur verzögern: Ein Flächenabzug stünde öffentlich im Weg vom "
            "Brutto zum Netto. Bitte als Wirkung „verzögert“ angeben oder die Wirkung leer lassen.",
            "An owner who does not sell can only delay: a deducted area would stand in the public waterfall. "
            "Please give the effect delays or leave it empty.",
        ),
    )


def _check_share(draft: Draft) -> None:
    """Insist on a share where a restriction reduces, and only there."""
    reduces = (draft.cells["effect"] == Effect.REDUCES.value).to_numpy(dtype=bool)
    if "reduction_share" not in draft.cells:
        given = np.zeros(len(draft), dtype=bool)
    else:
        given = draft.cells["reduction_share"].notna().to_numpy()
    draft.reject(
        reduces & ~given & ~draft.wrong,
        "reduction_share",
        "share-missing",
        Sentence(
            "Eine mindernde Restriktion braucht einen Anteil zwischen 0 und 1, z. B. 0,095.",
            "A restriction that reduces needs a share between 0 and 1, such as 0.095.",
        ),
    )
    draft.reject(
        given & ~reduces & ~draft.wrong,
        "reduction_share",
        "share-without-effect",
        Sentence(
            "Ein Anteil gehört nur zu mindernden Restriktionen. Bitte den Anteil entfernen oder die "
            "Wirkung ändern.",
            "A share belongs only to restrictions that reduce. Please remove it or change the effect.",
        ),
    )


RESTRICTION_IMPORT: Final = ImportKind(
    name="restrictions",
    table=RESTRICTIONS,
    key="restriction_key",
    columns=COLUMNS,
    match=("restriction_key",),
    source="Restriktionskataster",
    label=RESTRICTIONS.c.restriction_key,
    scope=lambda staging: (
        queries.same_source(RESTRICTIONS, staging) & queries.still_valid(RESTRICTIONS.c.valid)
    ),
    place=PlaceRule(),
    prepare=check_restrictions,
    refer=refer_restrictions,
)
