"""Sources that this program writes itself: those of the demo, and those of files that name none."""

from typing import Final

from geo_service.web.vocabulary import N_

SOURCES: Final = (
    N_("Demo: erfunden, kein amtlicher Nachweis"),
    N_("Demo-Straßen: Mittellinien der erfundenen Straßen, gerade Wege zu und zwischen Haltestellen"),
    N_("Demo: erfundener Halt"),
    N_(
        "Demo: plausibler, erfundener Verlauf zum Wunsch in „Neue Stärke“, Strategiepapier der "
        "Wirtschaftsförderung Dortmund"
    ),
    N_(
        "Vereinfachter Demo-Fahrplan. Haltestellen: VRR-Fahrplandaten (CC BY 4.0), DELFI e. V. / gtfs.de "
        "(CC BY 4.0)"
    ),
    N_("Liegenschaftskataster (ALKIS, vereinfachtes Schema)"),
    N_("Flächennutzungsplan"),
    N_("Restriktionskataster"),
    N_("Ladenlokalkataster"),
    N_("Leerstandsliste"),
    N_("Standortliste"),
    N_("Liste der Belegungen"),
    N_("Amtliche Stadtbezirke"),
)
"""Sources of records that are said in the language of the page; all others stand as they were written."""
